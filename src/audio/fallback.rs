//! A second opinion: symphonia, for files that nanomp3 gets nothing out of.

use std::io::Cursor;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::MpaDecoder;
use symphonia::default::formats::MpaReader;

use super::decode::{DecodeStats, PcmBlock, PcmSink};
use super::guard::contain_panic;

/// Decodes `data` with symphonia into `sink`; frames that fail are skipped.
/// The statistics count no frame if there is no MPEG audio in it.
pub(super) fn decode(data: &[u8], sink: &mut impl PcmSink) -> DecodeStats {
    let mut stats = DecodeStats {
        by_fallback: true,
        ..DecodeStats::default()
    };
    if contain_panic(|| run(data, sink, &mut stats)).is_err() {
        stats.panics += 1;
    }
    stats
}

/// `None` when there is no stream; the progress is in `stats`.
fn run(data: &[u8], sink: &mut impl PcmSink, stats: &mut DecodeStats) -> Option<()> {
    let source = Box::new(Cursor::new(data));
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let mut reader = MpaReader::try_new(stream, FormatOptions::default()).ok()?;
    let parameters = match reader.tracks().first()?.codec_params.as_ref()? {
        CodecParameters::Audio(parameters) => parameters.clone(),
        _ => return None,
    };
    let mut decoder = MpaDecoder::try_new(&parameters, &AudioDecoderOptions::default()).ok()?;
    let mut pcm: Vec<f32> = Vec::new();
    let mut last_format = (0, 0);
    while let Ok(Some(packet)) = reader.next_packet() {
        match decoder.decode(&packet) {
            Ok(decoded) => {
                let channels = decoded.spec().channels().count();
                let sample_rate = decoded.spec().rate();
                decoded.copy_to_vec_interleaved(&mut pcm);
                if pcm.is_empty() {
                    continue;
                }
                let block = PcmBlock {
                    interleaved: &pcm,
                    channels,
                    sample_rate,
                };
                stats.count_block(&mut last_format, block);
                if sink.push(block).is_break() {
                    stats.stopped_early = true;
                    break;
                }
            }
            Err(Error::DecodeError(_) | Error::IoError(_)) => stats.frames_damaged += 1,
            Err(_) => break,
        }
    }
    Some(())
}
