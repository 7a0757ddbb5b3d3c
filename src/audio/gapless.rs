//! What the encoder put before and behind the audio.

use nanomp3::VbrTag;

use super::header::Header;

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
    samples_per_frame: u64,
}

impl Gapless {
    /// `header` is that of the frame that holds the tag.
    pub(super) fn new(header: Header, tag: &VbrTag) -> Option<Self> {
        let (delay, padding) = tag.encoder_delay_padding?;
        let frames = u64::from(tag.frames?);
        let samples_per_frame = header.samples() as u64;
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

    /// The samples of frame `index`, which has `len` per channel, that are audio, in a
    /// stream of `frames` frames. The padding goes only if the tag tells the truth:
    /// cut and joined files have another number of frames.
    pub(super) fn kept(&self, index: u64, len: u64, frames: u64) -> std::ops::Range<u64> {
        let position = index * self.samples_per_frame;
        let start = self.start.saturating_sub(position).min(len);
        let end = if frames == self.frames {
            self.end.saturating_sub(position).clamp(start, len)
        } else {
            len
        };
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(frames_announced: u64, frames_there: u64) -> Vec<u64> {
        let gapless = Gapless {
            start: 5,
            end: frames_announced * 4 - 6,
            frames: frames_announced,
            samples_per_frame: 4,
        };
        (0..frames_there)
            .flat_map(|index| {
                let range = gapless.kept(index, 4, frames_there);
                range.map(move |sample| index * 4 + sample)
            })
            .collect()
    }

    #[test]
    fn both_ends_are_trimmed_across_frames() {
        assert_eq!(kept(5, 5), (5..14).collect::<Vec<_>>());
    }

    #[test]
    fn a_cut_stream_keeps_its_end() {
        assert_eq!(kept(5, 4), (5..16).collect::<Vec<_>>());
    }

    #[test]
    fn a_tag_that_announces_too_few_frames_costs_no_audio() {
        assert_eq!(kept(5, 8), (5..32).collect::<Vec<_>>());
    }
}
