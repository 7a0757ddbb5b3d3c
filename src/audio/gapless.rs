//! Trimming what the encoder put before and behind the audio.

use std::ops::ControlFlow;

use nanomp3::VbrTag;

use super::decode::{PcmBlock, PcmSink};

/// Samples that the decoder itself delays its output by (528 of the hybrid
/// filter bank and 1), as in the LAME tag specification.
const DECODER_DELAY: u64 = 529;

/// What the LAME tag says about the ends of the stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gapless {
    /// Samples per channel to drop at the start.
    start: u64,
    /// Position (per channel, from the first frame) behind the last sample.
    end: u64,
    /// Frames that the stream has if the tag tells the truth.
    frames: u64,
    /// Samples per channel of one frame.
    pub(super) samples_per_frame: u64,
}

impl Gapless {
    pub(super) fn new(frame: &[u8], tag: &VbrTag) -> Option<Self> {
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

    /// Where the audio starts and ends in frame `index`, which has `len` samples
    /// per channel: 0 and `len` between the stream's ends.
    fn bounds(&self, index: u64, len: u64) -> (u64, u64) {
        let position = index * self.samples_per_frame;
        let start = self.start.saturating_sub(position).min(len);
        let end = self.end.saturating_sub(position).clamp(start, len);
        (start, end)
    }

    /// How many of the samples of frame `index` are kept in a stream of
    /// `frames` frames, per channel.
    pub(super) fn kept(&self, index: u64, frames: u64) -> u64 {
        let len = self.samples_per_frame;
        let (start, end) = self.bounds(index, len);
        // The padding goes only if the tag tells the truth.
        (if frames == self.frames { end } else { len }) - start
    }
}

/// Passes blocks on, less the encoder's delay and padding.
pub(super) struct Trimmer<'s, S> {
    gapless: Option<Gapless>,
    frames_seen: u64,
    /// The padding, kept until it is clear that the stream ends with it.
    held: Vec<f32>,
    held_format: (usize, u32),
    sink: &'s mut S,
}

impl<'s, S: PcmSink> Trimmer<'s, S> {
    pub(super) fn new(gapless: Option<Gapless>, sink: &'s mut S) -> Self {
        Self {
            gapless,
            frames_seen: 0,
            held: Vec::new(),
            held_format: (0, 0),
            sink,
        }
    }

    /// Counts a frame that gave no samples.
    pub(super) fn skip_frame(&mut self) {
        self.frames_seen += 1;
    }

    pub(super) fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        let Some(gapless) = self.gapless else {
            return self.sink.push(block);
        };
        let index = self.frames_seen;
        self.frames_seen += 1;
        if self.frames_seen > gapless.frames {
            // More frames than announced: what was held is no padding.
            self.release()?;
            return self.sink.push(block);
        }
        let len = (block.interleaved.len() / block.channels) as u64;
        let (start, end) = gapless.bounds(index, len);
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

    pub(super) fn finish(mut self) -> ControlFlow<()> {
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
}
