//! Resampling to 16 kHz, streaming.

use std::collections::HashMap;
use std::ops::Range;

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use super::SAMPLE_RATE;

/// Input samples per FFT block: a multiple of what the ratio of every MPEG rate
/// to 16 kHz asks for (441 for 44.1 kHz), and even, because rubato's filter is
/// centred on half a block and its delay is exact only if that is an integer.
const CHUNK: usize = 1764;

/// Sample rates that can be resampled, in Hz: FFT blocks of others would be too long.
pub(super) const RATES: Range<u32> = 1_000..400_000;

/// A resampler for each sample rate that was met: their FFT plans are kept.
#[derive(Default)]
pub(super) struct Resamplers {
    by_rate: HashMap<u32, Fft<f32>>,
    block: Vec<f32>,
}

/// Which blocks of a stream are resampled.
///
/// The filter spans two blocks: what comes out of one depends on it and the one
/// before.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    wanted: Vec<bool>,
    /// Input samples per block.
    block: usize,
}

impl Selection {
    fn resamples(&self, block: usize) -> bool {
        let wanted = |block: usize| self.wanted.get(block).is_some_and(|wanted| *wanted);
        wanted(block) || wanted(block + 1)
    }

    /// The input that is needed, in ascending order.
    pub(super) fn input(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        let blocks = (0..self.wanted.len()).filter(|block| self.resamples(*block));
        blocks.map(|block| (block * self.block) as u64..((block + 1) * self.block) as u64)
    }
}

/// Samples at 16 kHz that `samples` at `sample_rate` become.
pub(super) fn output_len(samples: u64, sample_rate: u32) -> u64 {
    let ratio = f64::from(SAMPLE_RATE) / f64::from(sample_rate);
    (samples as f64 * ratio).ceil() as u64
}

impl Resamplers {
    fn of(&mut self, sample_rate: u32) -> &mut Fft<f32> {
        self.by_rate
            .entry(sample_rate)
            .or_insert_with(|| new_resampler(sample_rate))
    }

    /// The blocks of a stream of `samples` samples that decide the `parts` of its
    /// output. `None` if the rate is right as it is.
    pub(super) fn select(
        &mut self,
        sample_rate: u32,
        samples: u64,
        parts: &[Range<u64>],
    ) -> Option<Selection> {
        if sample_rate == SAMPLE_RATE {
            return None;
        }
        let resampler = self.of(sample_rate);
        let (input, output) = (
            resampler.input_frames_next(),
            resampler.output_frames_next(),
        );
        let delay = resampler.output_delay();
        let blocks = (output_len(samples, sample_rate) as usize + delay).div_ceil(output);
        let mut wanted = vec![false; blocks];
        for part in parts.iter().filter(|part| !part.is_empty()) {
            let first = (part.start as usize + delay) / output;
            let last = (part.end as usize - 1 + delay) / output;
            wanted[first..=last.min(blocks - 1)].fill(true);
        }
        let block = input;
        Some(Selection { wanted, block })
    }
}

/// Brings the samples of one stream to 16 kHz, as they come.
pub(super) struct StreamResampler {
    sample_rate: u32,
    selection: Option<Selection>,
    /// Samples that came in.
    input: u64,
    /// Samples at the source rate that do not fill a block yet.
    pending: Vec<f32>,
    /// Blocks that were resampled or passed over.
    blocks: usize,
    /// Samples that went out, or were passed over.
    output: u64,
    /// Output still to drop: the resampler's delay.
    skip: usize,
}

impl StreamResampler {
    /// A stream of which only what `selection` names must be right; all of it if there
    /// is none.
    pub(super) fn new(
        resamplers: &mut Resamplers,
        sample_rate: u32,
        selection: Option<Selection>,
    ) -> Self {
        let skip = if sample_rate == SAMPLE_RATE {
            0
        } else {
            let resampler = resamplers.of(sample_rate);
            resampler.reset();
            resampler.output_delay()
        };
        Self {
            sample_rate,
            selection,
            input: 0,
            pending: Vec::new(),
            blocks: 0,
            output: 0,
            skip,
        }
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Samples at 16 kHz so far: all of them when the stream is finished.
    pub(super) fn output(&self) -> u64 {
        self.output
    }

    /// Where new samples at the source rate are put; [`drain`](Self::drain) afterwards.
    pub(super) fn room(&mut self, samples: usize) -> &mut Vec<f32> {
        self.input += samples as u64;
        &mut self.pending
    }

    /// Resamples the full blocks of what came in and hands them to `take`, with their
    /// position.
    pub(super) fn drain(
        &mut self,
        resamplers: &mut Resamplers,
        take: &mut impl FnMut(u64, &[f32]),
    ) {
        if self.sample_rate == SAMPLE_RATE {
            take(self.output, &self.pending);
            self.output += self.pending.len() as u64;
            self.pending.clear();
            return;
        }
        let block = resamplers.of(self.sample_rate).input_frames_next();
        if self.pending.len() < block {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        for input in pending.chunks_exact(block) {
            self.resample(resamplers, Some(input), u64::MAX, take);
        }
        pending.drain(..pending.len() / block * block);
        self.pending = pending;
    }

    /// Takes note of samples at the source rate that nobody needs.
    pub(super) fn pass_over(
        &mut self,
        resamplers: &mut Resamplers,
        samples: usize,
        take: &mut impl FnMut(u64, &[f32]),
    ) {
        self.input += samples as u64;
        if self.sample_rate == SAMPLE_RATE {
            self.output += samples as u64;
            return;
        }
        let block = resamplers.of(self.sample_rate).input_frames_next();
        let mut left = samples;
        while left > 0 {
            if left >= block && self.pending.is_empty() && !self.resamples(self.blocks) {
                self.resample(resamplers, None, u64::MAX, take);
                left -= block;
            } else {
                let filled = left.min(block - self.pending.len());
                self.pending.resize(self.pending.len() + filled, 0.0);
                left -= filled;
                self.drain(resamplers, take);
            }
        }
    }

    fn resamples(&self, block: usize) -> bool {
        let selection = self.selection.as_ref();
        selection.is_none_or(|selection| selection.resamples(block))
    }

    /// Ends the stream: what is left goes to `take`.
    pub(super) fn finish(
        &mut self,
        resamplers: &mut Resamplers,
        take: &mut impl FnMut(u64, &[f32]),
    ) {
        self.drain(resamplers, take);
        let end = output_len(self.input, self.sample_rate);
        if self.output >= end {
            return;
        }
        let block = resamplers.of(self.sample_rate).input_frames_next();
        let mut pending = std::mem::take(&mut self.pending);
        pending.resize(block, 0.0);
        while self.output < end {
            self.resample(resamplers, Some(&pending), end, take);
            pending.fill(0.0);
        }
    }

    /// Resamples one block of exactly the size that the resampler wants, or passes it
    /// over if it is not needed. Nothing goes out beyond `end`.
    fn resample(
        &mut self,
        resamplers: &mut Resamplers,
        input: Option<&[f32]>,
        end: u64,
        take: &mut impl FnMut(u64, &[f32]),
    ) {
        let index = self.blocks;
        self.blocks += 1;
        let begins_anew = index > 0 && !self.resamples(index - 1);
        let input = input.filter(|_| self.resamples(index));
        let mut block = std::mem::take(&mut resamplers.block);
        let resampler = resamplers.of(self.sample_rate);
        let samples = resampler.output_frames_next();
        let skipped = self.skip.min(samples);
        self.skip -= skipped;
        let left = usize::try_from(end - self.output).unwrap_or(usize::MAX);
        let range = skipped..samples.min(skipped.saturating_add(left));
        if let Some(input) = input {
            if begins_anew {
                resampler.reset();
            }
            block.resize(samples, 0.0);
            let source = InterleavedSlice::new(input, 1, input.len());
            let target = InterleavedSlice::new_mut(block.as_mut_slice(), 1, samples);
            let (Ok(source), Ok(mut target)) = (source, target) else {
                unreachable!("one channel of exactly as many frames as samples");
            };
            resampler
                .process_into_buffer(&source, &mut target, Some(&Indexing::new()))
                .expect("both buffers have the size that the resampler asked for");
            for sample in &mut block {
                *sample = sample.clamp(-1.0, 1.0);
            }
            take(self.output, &block[range.clone()]);
        }
        self.output += range.len() as u64;
        resamplers.block = block;
    }
}

fn new_resampler(sample_rate: u32) -> Fft<f32> {
    Fft::new(
        sample_rate as usize,
        SAMPLE_RATE as usize,
        CHUNK,
        1,
        FixedSync::Both,
    )
    .expect("neither the rates nor the block are zero")
}
