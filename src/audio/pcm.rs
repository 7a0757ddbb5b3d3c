//! Decoded audio on its way from a decoder to whoever takes it.

use std::ops::ControlFlow;

/// A run of decoded samples with one format.
#[derive(Debug, Clone, Copy)]
pub struct PcmBlock<'a> {
    /// Interleaved samples, nominally within -1 to 1, but unchecked: damaged
    /// streams decode to anything, NaN included.
    pub interleaved: &'a [f32],
    /// At least 1; MPEG audio has no more than 2.
    pub channels: usize,
    /// In Hz.
    pub sample_rate: u32,
}

impl PcmBlock<'_> {
    /// Samples per channel.
    pub fn frames(&self) -> usize {
        self.interleaved.len() / self.channels.max(1)
    }
}

/// Takes decoded audio as it comes. `Break` ends the decoding.
pub trait PcmSink {
    /// Takes one block.
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()>;

    /// Takes note of `frames` samples per channel that cannot be decoded, but have their
    /// place in time: silence.
    fn conceal(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()>;

    /// Takes note of `frames` samples per channel that were not decoded because
    /// nobody wants them.
    fn pass_over(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()>;
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
    /// Frames whose header is damaged and was taken from the one before.
    pub headers_repaired: u64,
    /// Bytes of all frames that were found.
    pub bytes_of_frames: u64,
    /// Bytes between the first frame and the last that belong to none.
    pub bytes_skipped: u64,
    /// Places where such bytes are.
    pub gaps: u32,
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

    /// The library that decoded the file.
    pub fn decoder(&self) -> &'static str {
        if self.by_fallback {
            "symphonia"
        } else {
            "nanomp3"
        }
    }

    /// Counts a block of audio and notes its format; `last` is that of the one
    /// before.
    pub(super) fn count_frame(&mut self, last: &mut (usize, u32), format: (usize, u32)) {
        if self.frames == 0 {
            (self.channels, self.sample_rate) = format;
        } else if *last != format {
            self.format_changes += 1;
        }
        *last = format;
        self.frames += 1;
    }
}
