//! All that is not decoded by nanomp3, by symphonia: other formats, and MPEG audio
//! that nanomp3 finds no frame in.

use std::fs::File;
use std::io::Cursor;
use std::path::PathBuf;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::codecs::MpaDecoder;
use symphonia::default::formats::MpaReader;

use super::pcm::{DecodeStats, PcmBlock, PcmSink};
use crate::panics;

/// Where the bytes are; a file is opened anew each time.
#[derive(Debug, Clone)]
pub(super) enum Input<'d> {
    Memory(&'d [u8]),
    File(PathBuf),
}

impl<'d> Input<'d> {
    fn stream(&self) -> Option<MediaSourceStream<'d>> {
        let source: Box<dyn MediaSource + 'd> = match self {
            Self::Memory(bytes) => Box::new(Cursor::new(*bytes)),
            Self::File(path) => Box::new(File::open(path).ok()?),
        };
        Some(MediaSourceStream::new(
            source,
            MediaSourceStreamOptions::default(),
        ))
    }
}

/// What is taken for audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// MPEG audio, whatever stands in front of it.
    Mpeg,
    /// Any format that symphonia is built with, by its content.
    Any,
}

/// Decodes a file with symphonia into `sink`; packets that fail are skipped. The
/// statistics count no frame if there is no audio in it that symphonia can decode.
pub(super) fn decode(input: &Input<'_>, kind: Kind, sink: &mut impl PcmSink) -> DecodeStats {
    let mut stats = DecodeStats {
        by_fallback: true,
        ..DecodeStats::default()
    };
    if panics::contain(|| run(input, kind, sink, &mut stats)).is_err() {
        stats.panics += 1;
    }
    stats
}

/// Streams one after the other that are decoded of one file.
const MAX_RESETS: u32 = 1_000;

/// The track with the audio, and a decoder for it.
fn decoder_of(reader: &dyn FormatReader, kind: Kind) -> Option<(u32, Box<dyn AudioDecoder>)> {
    let track = reader
        .default_track(TrackType::Audio)
        .or_else(|| reader.first_track(TrackType::Audio))?;
    let CodecParameters::Audio(parameters) = track.codec_params.as_ref()? else {
        return None;
    };
    let options = AudioDecoderOptions::default();
    let decoder: Box<dyn AudioDecoder> = match kind {
        Kind::Mpeg => Box::new(MpaDecoder::try_new(parameters, &options).ok()?),
        Kind::Any => symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &options)
            .ok()?,
    };
    Some((track.id, decoder))
}

/// `None` when there is no stream; the progress is in `stats`.
fn run(
    input: &Input<'_>,
    kind: Kind,
    sink: &mut impl PcmSink,
    stats: &mut DecodeStats,
) -> Option<()> {
    let stream = input.stream()?;
    let options = FormatOptions::default();
    let mut reader: Box<dyn FormatReader + '_> = match kind {
        Kind::Mpeg => Box::new(MpaReader::try_new(stream, options).ok()?),
        Kind::Any => symphonia::default::get_probe()
            .probe(&Hint::new(), stream, options, MetadataOptions::default())
            .ok()?,
    };
    let (mut track, mut decoder) = decoder_of(reader.as_ref(), kind)?;
    let mut resets = 0;
    let mut pcm: Vec<f32> = Vec::new();
    let mut last_format = (0, 0);
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // One stream ends, another begins in the same file.
            Err(Error::ResetRequired) if resets < MAX_RESETS => {
                resets += 1;
                (track, decoder) = decoder_of(reader.as_ref(), kind)?;
                continue;
            }
            Err(_) => break,
        };
        if packet.track_id != track {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(decoded) => {
                let channels = decoded.spec().channels().count();
                let sample_rate = decoded.spec().rate();
                decoded.copy_to_vec_interleaved(&mut pcm);
                if pcm.is_empty() || channels == 0 {
                    continue;
                }
                stats.count_frame(&mut last_format, (channels, sample_rate));
                let block = PcmBlock {
                    interleaved: &pcm,
                    channels,
                    sample_rate,
                };
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
