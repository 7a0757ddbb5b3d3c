//! Decoding MPEG audio frame by frame with nanomp3.
//!
//! The decoder is driven one frame at a time, because clips are rarely tidy:
//! those of the Free Music Archive are cut from the middle of a stream, so
//! that their first frames miss their bit reservoir; damaged frames, changes
//! of sample rate and of channel count must not end the file.

use std::ops::ControlFlow;

use nanomp3::{Decoder, MAX_SAMPLES_PER_FRAME, VbrTag};

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
    /// Frames that gave samples.
    pub frames: u64,
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

/// Samples that the decoder itself delays its output by (528 of the hybrid
/// filter bank and 1), as in the LAME tag specification.
const DECODER_DELAY: u64 = 529;

/// Decodes all MPEG audio in `data` (any layer, any version) into `sink`.
///
/// Leading ID3v2 tags and trailing ID3v1 and APEv2 tags are skipped, as is
/// anything between frames that is not a frame. Encoder delay and padding are
/// trimmed as the LAME tag says, the latter only if the stream has exactly the
/// number of frames that the tag announces: cut and joined files have not.
pub fn decode(data: &[u8], sink: &mut impl PcmSink) -> DecodeStats {
    let mut rest = nanomp3::strip_trailing_tags(skip_id3v2(data));
    let mut gapless = None;
    let mut stats = DecodeStats::default();
    if let Some((start, tag_end, tag)) = find_tag_frame(rest) {
        gapless = Gapless::new(&rest[start..], &tag);
        stats.frames_announced = tag.frames;
        rest = &rest[tag_end..];
    }
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
            Err(nanomp3::DecodeError::NoFrame) => {}
            Err(error) => {
                match error {
                    nanomp3::DecodeError::ReservoirUnavailable(_) => {
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

/// What the LAME tag says about the ends of the stream.
#[derive(Debug, Clone, Copy)]
struct Gapless {
    /// Samples per channel to drop at the start.
    start: u64,
    /// Position (per channel, from the first frame) behind the last sample.
    end: u64,
    /// Frames that the stream has if the tag tells the truth.
    frames: u64,
    /// Samples per channel of one frame.
    samples_per_frame: u64,
}

impl Gapless {
    fn new(frame: &[u8], tag: &VbrTag) -> Option<Self> {
        let (delay, padding) = tag.encoder_delay_padding?;
        let frames = u64::from(tag.frames?);
        // Bit 3 of the second header byte tells MPEG-1 (two granules of 576
        // samples) from MPEG-2 and 2.5 (one).
        let is_mpeg1 = frame.get(1)? & 0b1000 != 0;
        let samples_per_frame = if is_mpeg1 { 1152 } else { 576 };
        let total = frames * samples_per_frame;
        let end = total.checked_sub(u64::from(padding).saturating_sub(DECODER_DELAY))?;
        let start = u64::from(delay) + DECODER_DELAY;
        (start < end).then_some(Self {
            start,
            end,
            frames,
            samples_per_frame,
        })
    }
}

/// Passes blocks on, less the encoder's delay and padding.
struct Trimmer<'s, S> {
    gapless: Option<Gapless>,
    frames_seen: u64,
    /// The padding, kept until it is clear that the stream ends with it.
    held: Vec<f32>,
    held_format: (usize, u32),
    sink: &'s mut S,
}

impl<'s, S: PcmSink> Trimmer<'s, S> {
    fn new(gapless: Option<Gapless>, sink: &'s mut S) -> Self {
        Self {
            gapless,
            frames_seen: 0,
            held: Vec::new(),
            held_format: (0, 0),
            sink,
        }
    }

    /// Counts a frame that gave no samples.
    fn skip_frame(&mut self) {
        self.frames_seen += 1;
    }

    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        let Some(gapless) = self.gapless else {
            return self.sink.push(block);
        };
        let position = self.frames_seen * gapless.samples_per_frame;
        self.frames_seen += 1;
        if self.frames_seen > gapless.frames {
            // More frames than announced: what was held is no padding.
            self.release()?;
            return self.sink.push(block);
        }
        let len = (block.interleaved.len() / block.channels) as u64;
        let start = gapless.start.saturating_sub(position).min(len);
        let end = gapless.end.saturating_sub(position).clamp(start, len);
        let (kept, held) = block.interleaved.split_at(end as usize * block.channels);
        let kept = &kept[start as usize * block.channels..];
        let format = (block.channels, block.sample_rate);
        if self.held_format != format {
            self.release()?;
            self.held_format = format;
        }
        self.held.extend_from_slice(held);
        if kept.is_empty() {
            return ControlFlow::Continue(());
        }
        self.sink.push(PcmBlock {
            interleaved: kept,
            ..block
        })
    }

    fn release(&mut self) -> ControlFlow<()> {
        if self.held.is_empty() {
            return ControlFlow::Continue(());
        }
        let held = std::mem::take(&mut self.held);
        self.sink.push(PcmBlock {
            interleaved: &held,
            channels: self.held_format.0,
            sample_rate: self.held_format.1,
        })
    }

    fn finish(mut self) -> ControlFlow<()> {
        match self.gapless {
            Some(gapless) if self.frames_seen == gapless.frames => ControlFlow::Continue(()),
            _ => self.release(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Collect(Vec<f32>);

    impl PcmSink for Collect {
        fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
            self.0.extend_from_slice(block.interleaved);
            ControlFlow::Continue(())
        }
    }

    fn trimmed(frames_announced: u64, frames_there: u64) -> Vec<f32> {
        let gapless = Gapless {
            start: 5,
            end: frames_announced * 4 - 6,
            frames: frames_announced,
            samples_per_frame: 4,
        };
        let mut sink = Collect::default();
        let mut trimmer = Trimmer::new(Some(gapless), &mut sink);
        for frame in 0..frames_there {
            let samples: Vec<f32> = (0..4).map(|i| (frame * 4 + i) as f32).collect();
            let block = PcmBlock {
                interleaved: &samples,
                channels: 1,
                sample_rate: 44_100,
            };
            assert!(trimmer.push(block).is_continue());
        }
        assert!(trimmer.finish().is_continue());
        sink.0
    }

    fn count(range: std::ops::Range<u16>) -> Vec<f32> {
        range.map(f32::from).collect()
    }

    #[test]
    fn both_ends_are_trimmed_across_frames() {
        assert_eq!(trimmed(5, 5), count(5..14));
    }

    #[test]
    fn a_cut_stream_keeps_its_end() {
        assert_eq!(trimmed(5, 4), count(5..16));
    }

    #[test]
    fn a_tag_that_announces_too_few_frames_costs_no_audio() {
        assert_eq!(trimmed(5, 8), count(5..32));
    }

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
