//! Downmix to mono, and resampling of what may change its rate on the way.

use std::ops::{ControlFlow, Range};
use std::{array, iter};

use super::decode::Segment;
use super::pcm::{PcmBlock, PcmSink};
use super::resample::{RATES, Resamplers, Selection, StreamResampler, output_len};

/// What becomes of several channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Downmix {
    /// Their mean.
    #[default]
    Mean,
    /// One of them, from 0.
    Channel(usize),
}

/// Energies of a stereo stream: sums of squares.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StereoEnergy {
    /// Of the mean of both channels.
    mean: f64,
    channels: [f64; 2],
}

/// Where the mean of two channels has this much less energy than the louder of them,
/// they cancel each other, in dB. A sound in one channel alone loses 6 dB by the mean,
/// two that have nothing in common 3 dB; 15 dB are lost only by channels that are each
/// other's negative to a sixth.
const CANCELLATION_DB: f64 = 15.0;

impl StereoEnergy {
    /// The louder channel if both cancel in the mean; a dead channel cancels nothing.
    pub(super) fn cancelling(&self) -> Option<usize> {
        let [left, right] = self.channels;
        let louder = left.max(right);
        let loss = 10.0 * (louder / self.mean.max(f64::MIN_POSITIVE)).log10();
        (louder > 0.0 && loss > CANCELLATION_DB).then_some(usize::from(right > left))
    }
}

/// What is wanted of a file whose segments are known.
#[derive(Debug)]
pub(super) struct Plan {
    selections: Vec<Option<Selection>>,
    /// For each segment, the ranges of its input that are needed, in ascending order.
    pub(super) input: Vec<Vec<Range<u64>>>,
}

/// Samples at 16 kHz that `segments` become.
pub(super) fn total_len(segments: &[Segment]) -> u64 {
    let len = |segment: &Segment| output_len(segment.samples, segment.sample_rate);
    segments.iter().map(len).sum()
}

impl Plan {
    /// What must be decoded to know the samples in `parts` at 16 kHz, which are in
    /// ascending order.
    pub(super) fn new(
        resamplers: &mut Resamplers,
        segments: &[Segment],
        parts: &[Range<u64>],
    ) -> Self {
        let mut start = 0;
        let mut plan = Self {
            selections: Vec::new(),
            input: Vec::new(),
        };
        for segment in segments {
            let end = start + output_len(segment.samples, segment.sample_rate);
            let inside: Vec<Range<u64>> = parts
                .iter()
                .map(|part| part.start.max(start)..part.end.min(end))
                .filter(|part| part.start < part.end)
                .map(|part| part.start - start..part.end - start)
                .collect();
            let (rate, samples) = (segment.sample_rate, segment.samples);
            let selection = resamplers.select(rate, samples, &inside);
            plan.input.push(match &selection {
                Some(selection) => selection.input().collect(),
                None => inside,
            });
            plan.selections.push(selection);
            start = end;
        }
        plan
    }
}

/// A sink that mixes down, resamples and hands what comes out to `take`, with its
/// position in the whole: mono at 16 kHz, finite, within -1 to 1.
pub(super) struct MonoSink<'r, F> {
    resamplers: &'r mut Resamplers,
    downmix: Downmix,
    plan: Option<&'r Plan>,
    /// Asked now and then; `true` ends the decoding.
    stop: &'r dyn Fn() -> bool,
    take: F,
    stream: Option<StreamResampler>,
    /// Segments that have begun.
    segments: usize,
    /// Where the current segment begins.
    start: u64,
    pub(super) stereo: StereoEnergy,
}

impl<'r, F: FnMut(u64, &[f32])> MonoSink<'r, F> {
    pub(super) fn new(
        resamplers: &'r mut Resamplers,
        downmix: Downmix,
        plan: Option<&'r Plan>,
        stop: &'r dyn Fn() -> bool,
        take: F,
    ) -> Self {
        Self {
            resamplers,
            downmix,
            plan,
            stop,
            take,
            stream: None,
            segments: 0,
            start: 0,
            stereo: StereoEnergy::default(),
        }
    }

    /// Ends the stream and says how many samples it has at 16 kHz.
    pub(super) fn finish(&mut self) -> u64 {
        if let Some(mut stream) = self.stream.take() {
            let start = self.start;
            let take = &mut self.take;
            stream.finish(self.resamplers, &mut |at, samples| {
                take(start + at, samples)
            });
            self.start += stream.output();
        }
        self.start
    }

    /// The stream of this rate; a new segment begins where the rate changes.
    fn stream(&mut self, sample_rate: u32) -> &mut StreamResampler {
        let goes_on = (self.stream.as_ref()).is_some_and(|s| s.sample_rate() == sample_rate);
        if !goes_on {
            self.finish();
            let selections = self.plan.map(|plan| &plan.selections);
            let selection = selections.and_then(|all| all.get(self.segments).cloned().flatten());
            self.segments += 1;
            self.stream = None;
            return self.stream.insert(StreamResampler::new(
                self.resamplers,
                sample_rate,
                selection,
            ));
        }
        self.stream.as_mut().expect("it goes on")
    }
}

impl<F: FnMut(u64, &[f32])> PcmSink for MonoSink<'_, F> {
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        if !RATES.contains(&block.sample_rate) || block.channels == 0 {
            return ControlFlow::Continue(());
        }
        let downmix = self.downmix;
        let mut stereo = StereoEnergy::default();
        let mono = self.stream(block.sample_rate).room(block.frames());
        let stereo_pairs = block.interleaved.as_chunks::<2>().0;
        match (downmix, block.channels) {
            (_, 1) => mono.extend(block.interleaved.iter().copied().map(sanitise)),
            (Downmix::Mean, 2) => {
                stereo = mix_down(stereo_pairs, mono);
            }
            (Downmix::Channel(wanted), channels) => {
                let frames = block.interleaved.chunks_exact(channels);
                mono.extend(frames.map(|frame| sanitise(frame[wanted.min(channels - 1)])));
            }
            (Downmix::Mean, channels) => {
                let frames = block.interleaved.chunks_exact(channels);
                let mean = |frame: &[f32]| frame.iter().copied().map(sanitise).sum::<f32>();
                mono.extend(frames.map(|frame| mean(frame) / channels as f32));
            }
        }
        self.stereo.mean += stereo.mean;
        self.stereo.channels[0] += stereo.channels[0];
        self.stereo.channels[1] += stereo.channels[1];
        let start = self.start;
        if let Some(stream) = &mut self.stream {
            let take = &mut self.take;
            stream.drain(self.resamplers, &mut |at, samples| {
                take(start + at, samples)
            });
        }
        if (self.stop)() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn conceal(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()> {
        let silence = [0.0; 1152];
        let mut left = frames;
        while left > 0 {
            let block = left.min(silence.len());
            self.push(PcmBlock {
                interleaved: &silence[..block],
                channels: 1,
                sample_rate,
            })?;
            left -= block;
        }
        ControlFlow::Continue(())
    }

    fn pass_over(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()> {
        if RATES.contains(&sample_rate) {
            self.stream(sample_rate);
            let start = self.start;
            if let Some(stream) = &mut self.stream {
                let take = &mut self.take;
                let mut take = |at, samples: &[f32]| take(start + at, samples);
                stream.pass_over(self.resamplers, frames, &mut take);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Pairs that are mixed at once: the processor adds as many numbers in one go.
const LANES: usize = 8;

/// Appends the mean of both channels to `mono`.
fn mix_down(pairs: &[[f32; 2]], mono: &mut Vec<f32>) -> StereoEnergy {
    // Sums of a block in single precision: its 1,152 terms lose nothing that matters.
    let mut sums = [[0.0_f32; LANES]; 3];
    let mut mix = |pairs: &[[f32; 2]; LANES]| {
        let left: [f32; LANES] = array::from_fn(|lane| sanitise(pairs[lane][0]));
        let right: [f32; LANES] = array::from_fn(|lane| sanitise(pairs[lane][1]));
        let mean: [f32; LANES] = array::from_fn(|lane| 0.5 * (left[lane] + right[lane]));
        for (sums, values) in iter::zip(&mut sums, [&mean, &left, &right]) {
            for (sum, value) in iter::zip(sums, values) {
                *sum += value * value;
            }
        }
        mean
    };
    let (whole, rest) = pairs.as_chunks::<LANES>();
    for pairs in whole {
        mono.extend_from_slice(&mix(pairs));
    }
    let mut padded = [[0.0; 2]; LANES];
    padded[..rest.len()].copy_from_slice(rest);
    mono.extend_from_slice(&mix(&padded)[..rest.len()]);
    let [mean, left, right] = sums.map(|lanes| f64::from(lanes.iter().sum::<f32>()));
    StereoEnergy {
        mean,
        channels: [left, right],
    }
}

/// Damaged streams decode to samples of any size, and to NaN: silence for what
/// is not a number, full scale for what is beyond it.
fn sanitise(sample: f32) -> f32 {
    // Without a branch, so that several are done at once.
    let keep = u32::from(sample.abs() <= f32::MAX).wrapping_neg();
    f32::from_bits(sample.clamp(-1.0, 1.0).to_bits() & keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_sample_can_be_becomes_silence_or_full_scale() {
        let cases = [
            (f32::NAN, 0.0),
            (f32::INFINITY, 0.0),
            (f32::NEG_INFINITY, 0.0),
            (f32::MAX, 1.0),
            (-1.5, -1.0),
            (0.25, 0.25),
            (-f32::MIN_POSITIVE / 2.0, -f32::MIN_POSITIVE / 2.0),
        ];
        for (sample, expected) in cases {
            assert_eq!(sanitise(sample), expected, "{sample}");
        }
    }

    #[test]
    fn mixing_down_takes_every_pair_once_however_many_there_are() {
        for count in [0, 1, 7, 8, 9, 1_152] {
            let pairs: Vec<[f32; 2]> = (0..count)
                .map(|i| [(i % 5) as f32 / 8.0, -((i % 3) as f32) / 4.0])
                .collect();
            let mut mono = vec![0.5];
            let energy = mix_down(&pairs, &mut mono);
            let means: Vec<f32> = pairs.iter().map(|[l, r]| 0.5 * (l + r)).collect();
            assert_eq!(mono[1..], means);
            // These numbers and their sums are exact in single precision.
            let squares = |values: &mut dyn Iterator<Item = f32>| -> f64 {
                values.map(|value| f64::from(value).powi(2)).sum()
            };
            assert_eq!(energy.mean, squares(&mut means.into_iter()));
            assert_eq!(energy.channels[0], squares(&mut pairs.iter().map(|p| p[0])));
            assert_eq!(energy.channels[1], squares(&mut pairs.iter().map(|p| p[1])));
        }
    }
}
