//! Decoding MPEG audio frame by frame with nanomp3.
//!
//! The decoder is driven one frame at a time, because clips are rarely tidy:
//! those of the Free Music Archive are cut from the middle of a stream, so
//! that their first frames miss their bit reservoir; damaged frames, changes
//! of sample rate and of channel count must not end the file.

use std::ops::ControlFlow;

use nanomp3::{DecodeError, Decoder, MAX_SAMPLES_PER_FRAME, VbrTag};

use super::gapless::{Gapless, Trimmer};
use super::guard::contain_panic;

/// A run of decoded samples with one format.
#[derive(Debug, Clone, Copy)]
pub struct PcmBlock<'a> {
    /// Interleaved samples, nominally within -1 to 1, but unchecked: damaged
    /// streams decode to anything, NaN included.
    pub interleaved: &'a [f32],
    /// 1 or 2.
    pub channels: usize,
    /// In Hz; one of the nine rates of MPEG-1, 2 and 2.5.
    pub sample_rate: u32,
}

/// Takes decoded audio as it comes.
pub trait PcmSink {
    /// Takes one block; `Break` ends the decoding.
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()>;
}

/// What happened while decoding a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DecodeStats {
    /// Frames that gave samples, or would have.
    pub frames: u64,
    /// How many of these were not decoded because nothing of them was needed.
    pub frames_passed_over: u64,
    /// Frames without samples because they refer to data of earlier frames
    /// that are not in the file: normal at the start of a cut stream.
    pub frames_without_reservoir: u64,
    /// Frames that are damaged and gave no samples.
    pub frames_damaged: u64,
    /// Times the decoder panicked and was restarted behind the frame.
    pub panics: u32,
    /// Changes of sample rate or channel count.
    pub format_changes: u32,
    /// Sample rate of the first frame in Hz, 0 before any.
    pub sample_rate: u32,
    /// Channels of the first frame, 0 before any.
    pub channels: usize,
    /// Frames that the Xing/Info tag announces, if there is one.
    pub frames_announced: Option<u32>,
    /// The sink had enough before the end of the stream.
    pub stopped_early: bool,
    /// Decoded by the fallback decoder.
    pub by_fallback: bool,
}

impl DecodeStats {
    /// Frames that were found in the stream, decoded or not.
    pub fn frames_found(&self) -> u64 {
        self.frames + self.frames_without_reservoir + self.frames_damaged
    }

    pub(super) fn count_block(&mut self, last: &mut (usize, u32), block: PcmBlock<'_>) {
        let format = (block.channels, block.sample_rate);
        if self.frames == 0 {
            (self.channels, self.sample_rate) = format;
        } else if *last != format {
            self.format_changes += 1;
        }
        *last = format;
        self.frames += 1;
    }
}

/// Restarts after a panic that are granted to one file.
const MAX_PANICS: u32 = 64;

/// Decodes all MPEG audio in `data` (any layer, any version) into `sink`.
///
/// Leading ID3v2 tags and trailing ID3v1 and APEv2 tags are skipped, as is
/// anything between frames that is not a frame. Encoder delay and padding are
/// trimmed as the LAME tag says, the latter only if the stream has exactly the
/// number of frames that the tag announces: cut and joined files have not.
pub fn decode(data: &[u8], sink: &mut impl PcmSink) -> DecodeStats {
    let Stream {
        frames: mut rest,
        gapless,
        frames_announced,
    } = Stream::of(data);
    let mut stats = DecodeStats {
        frames_announced,
        ..DecodeStats::default()
    };
    let mut trimmer = Trimmer::new(gapless, sink);
    let mut last_format = (0, 0);
    let mut decoder = Box::new(Decoder::new());
    let mut pcm = [0_f32; MAX_SAMPLES_PER_FRAME];

    while !rest.is_empty() {
        let Ok((consumed, result)) = contain_panic(|| decoder.decode(rest, &mut pcm)) else {
            stats.panics += 1;
            stats.frames_damaged += 1;
            if stats.panics == MAX_PANICS {
                break;
            }
            *decoder = Decoder::new();
            rest = &rest[next_frame_end(rest)..];
            continue;
        };
        rest = &rest[consumed..];
        match result {
            Ok(info) => {
                let channels = usize::from(info.channels.num());
                let block = PcmBlock {
                    interleaved: &pcm[..info.samples_produced * channels],
                    channels,
                    sample_rate: info.sample_rate,
                };
                stats.count_block(&mut last_format, block);
                if trimmer.push(block).is_break() {
                    stats.stopped_early = true;
                    return stats;
                }
            }
            Err(DecodeError::NoFrame) => {}
            Err(error) => {
                match error {
                    DecodeError::ReservoirUnavailable(_) => {
                        stats.frames_without_reservoir += 1;
                    }
                    _ => stats.frames_damaged += 1,
                }
                trimmer.skip_frame();
            }
        }
        if consumed == 0 {
            break;
        }
    }
    stats.stopped_early = trimmer.finish().is_break();
    stats
}

/// A file without what stands around its frames.
pub(super) struct Stream<'d> {
    /// From the first frame of audio on; perhaps with junk between frames.
    pub(super) frames: &'d [u8],
    pub(super) gapless: Option<Gapless>,
    pub(super) frames_announced: Option<u32>,
}

impl<'d> Stream<'d> {
    pub(super) fn of(data: &'d [u8]) -> Self {
        let frames = nanomp3::strip_trailing_tags(skip_id3v2(data));
        match find_tag_frame(frames) {
            None => Self {
                frames,
                gapless: None,
                frames_announced: None,
            },
            Some((start, tag_end, tag)) => Self {
                frames: &frames[tag_end..],
                gapless: Gapless::new(&frames[start..], &tag),
                frames_announced: tag.frames,
            },
        }
    }
}

/// `data` behind its ID3v2 tags. A tag that claims to reach beyond the end of
/// the file lies: only its header is skipped and the search for frames starts
/// inside.
fn skip_id3v2(mut data: &[u8]) -> &[u8] {
    const HEADER_LEN: usize = 10;
    loop {
        match nanomp3::id3v2_len(data) {
            0 => return data,
            len if len < data.len() => data = &data[len..],
            _ => return data.get(HEADER_LEN..).unwrap_or_default(),
        }
    }
}

/// The first frame's start and end, if it is a Xing/Info tag, and the tag.
fn find_tag_frame(data: &[u8]) -> Option<(usize, usize, VbrTag)> {
    contain_panic(|| {
        let frame = nanomp3::frames(data).next()?;
        let tag = VbrTag::parse(frame.data).or_else(|| parse_tag_ignoring_crc(frame.data))?;
        Some((frame.offset, frame.offset + frame.data.len(), tag))
    })
    .ok()?
}

/// LAME writes its tag where it would stand in a frame without checksum even
/// if the header announces one; so read the frame as if it had none.
fn parse_tag_ignoring_crc(frame: &[u8]) -> Option<VbrTag> {
    const NO_CRC_BIT: u8 = 1;
    let mut frame = frame.to_vec();
    *frame.get_mut(1)? |= NO_CRC_BIT;
    VbrTag::parse(&frame)
}

/// Bytes up to the end of the next frame in `data`, at least 1: where to go on
/// after the decoder gave up on that frame.
fn next_frame_end(data: &[u8]) -> usize {
    let end = contain_panic(|| {
        let frame = nanomp3::frames(data).next()?;
        Some(frame.offset + frame.data.len())
    });
    end.ok().flatten().unwrap_or(1).clamp(1, data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id3v2_tag_that_lies_about_its_size_is_searched() {
        let mut data = b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec();
        data.extend_from_slice(b"audio");
        assert_eq!(skip_id3v2(&data), b"audio");
        assert_eq!(
            skip_id3v2(b"ID3\x04\0\0\0\0\0\x02xxID3\x04\0\0\0\0\0\x01yaudio"),
            b"audio"
        );
    }
}
