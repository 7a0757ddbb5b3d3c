//! Downmix to mono and resampling to 16 kHz, streaming.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};

use super::decode::{PcmBlock, PcmSink};
use super::partial::Choice;
use super::{MAX_SECONDS, SAMPLE_RATE};

/// Input frames per FFT block: a multiple of what the ratio of every MPEG rate
/// to 16 kHz asks for (441 for 44.1 kHz), and even, because rubato's filter is
/// centred on half a block and its delay is exact only if that is an integer.
const CHUNK_FRAMES: usize = 1764;

/// A sink that mixes channels to their mean, resamples to [`SAMPLE_RATE`] and
/// keeps the result. Reusable: the FFT plans of each rate are kept.
#[derive(Default)]
pub struct MonoResampler {
    resamplers: HashMap<u32, Fft<f32>>,
    /// Finished samples at 16 kHz.
    output: Vec<f32>,
    /// Mono samples at the source rate that do not fill a chunk yet.
    pending: Vec<f32>,
    segment: Option<Segment>,
    scratch: Vec<f32>,
    selection: Option<Selection>,
}

/// The chunks of the only segment that are resampled; the others become
/// zeros. The filter spans two chunks: what comes out of one depends on
/// it and the one before.
struct Selection {
    wanted: Vec<bool>,
    /// Input frames per chunk.
    input_frames: usize,
}

impl Selection {
    fn resamples(&self, chunk: usize) -> bool {
        let wanted = |chunk: usize| self.wanted.get(chunk).is_none_or(|wanted| *wanted);
        wanted(chunk) || wanted(chunk + 1)
    }

    /// Whether none of these input frames goes into the resampler.
    fn passes_over(&self, frames: Range<usize>) -> bool {
        let first = frames.start / self.input_frames;
        let mut chunks = first..frames.end.div_ceil(self.input_frames);
        !chunks.any(|chunk| self.resamples(chunk))
    }
}

/// A run of input at one sample rate.
struct Segment {
    sample_rate: u32,
    input_frames: u64,
    /// Chunks that went through the resampler or were passed over.
    chunks: usize,
    /// Where its output starts in `MonoResampler::output`.
    output_start: usize,
    /// Output frames still to drop: the resampler's delay.
    skip: usize,
}

impl MonoResampler {
    /// Finishes the stream and returns the samples: mono, 16 kHz, finite,
    /// within -1 to 1. Valid until the next [`clear`](Self::clear).
    pub fn finish(&mut self) -> &[f32] {
        self.end_segment();
        &self.output
    }

    /// Forgets the audio, keeps the plans and the memory.
    pub fn clear(&mut self) {
        self.segment = None;
        self.selection = None;
        self.pending.clear();
        self.output.clear();
    }

    /// Announces that the stream is one segment of `input_frames` frames at
    /// `sample_rate` in all, of which only what `choice` wants must be right.
    /// Returns the input that this takes; `None` if the stream is longer than
    /// what is kept of one.
    ///
    /// May be called when some input has been pushed.
    pub(super) fn select(
        &mut self,
        sample_rate: u32,
        input_frames: u64,
        choice: &Choice<'_>,
    ) -> Option<Vec<Range<u64>>> {
        let length = output_length(input_frames, sample_rate);
        if length >= (MAX_SECONDS * SAMPLE_RATE) as usize {
            return None;
        }
        let parts = choice(length);
        if sample_rate == SAMPLE_RATE {
            let as_input = |part: Range<usize>| part.start as u64..part.end as u64;
            return Some(parts.into_iter().map(as_input).collect());
        }
        let resampler = self.resampler(sample_rate);
        let (input, output) = (
            resampler.input_frames_next(),
            resampler.output_frames_next(),
        );
        let delay = resampler.output_delay();
        let chunks = (length + delay).div_ceil(output);
        let mut wanted = vec![false; chunks];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let first = (part.start + delay) / output;
            let last = (part.end - 1 + delay) / output;
            wanted[first..=last.min(chunks - 1)].fill(true);
        }
        // Nothing comes behind the last chunk.
        wanted.push(false);
        let selection = Selection {
            wanted,
            input_frames: input,
        };
        let needed = (0..chunks)
            .filter(|chunk| selection.resamples(*chunk))
            .map(|chunk| (chunk * input) as u64..((chunk + 1) * input) as u64)
            .collect();
        self.selection = Some(selection);
        Some(needed)
    }

    fn resampler(&mut self, sample_rate: u32) -> &mut Fft<f32> {
        self.resamplers
            .entry(sample_rate)
            .or_insert_with(|| new_resampler(sample_rate))
    }

    fn start_segment(&mut self, sample_rate: u32) {
        let skip = if sample_rate == SAMPLE_RATE {
            0
        } else {
            let resampler = self.resampler(sample_rate);
            resampler.reset();
            resampler.output_delay()
        };
        self.segment = Some(Segment {
            sample_rate,
            input_frames: 0,
            chunks: 0,
            output_start: self.output.len(),
            skip,
        });
    }

    /// Resamples the full chunks of `pending`.
    fn drain_full_chunks(&mut self) {
        let Some(segment) = &mut self.segment else {
            return;
        };
        if segment.sample_rate == SAMPLE_RATE {
            self.output.append(&mut self.pending);
            return;
        }
        let Some(resampler) = self.resamplers.get_mut(&segment.sample_rate) else {
            return;
        };
        let chunk = resampler.input_frames_next();
        let full = self.pending.len() / chunk;
        for input in self.pending[..full * chunk].chunks_exact(chunk) {
            process(
                resampler,
                segment,
                self.selection.as_ref(),
                input,
                &mut self.scratch,
                &mut self.output,
            );
        }
        self.pending.drain(..full * chunk);
    }

    fn end_segment(&mut self) {
        self.drain_full_chunks();
        let Some(mut segment) = self.segment.take() else {
            return;
        };
        let Some(resampler) = self.resamplers.get_mut(&segment.sample_rate) else {
            return;
        };
        let length = output_length(segment.input_frames, segment.sample_rate);
        let end = segment.output_start + length;
        let chunk = resampler.input_frames_next();
        self.pending.resize(chunk, 0.0);
        while self.output.len() < end {
            process(
                resampler,
                &mut segment,
                self.selection.as_ref(),
                &self.pending,
                &mut self.scratch,
                &mut self.output,
            );
            self.pending.fill(0.0);
        }
        self.output.truncate(end);
        self.pending.clear();
    }
}

/// Samples at 16 kHz that `input_frames` become.
fn output_length(input_frames: u64, sample_rate: u32) -> usize {
    let ratio = f64::from(SAMPLE_RATE) / f64::from(sample_rate);
    (input_frames as f64 * ratio).ceil() as usize
}

/// Resamples one chunk of exactly the size that `resampler` wants, or passes
/// it over.
fn process(
    resampler: &mut Fft<f32>,
    segment: &mut Segment,
    selection: Option<&Selection>,
    input: &[f32],
    scratch: &mut Vec<f32>,
    output: &mut Vec<f32>,
) {
    let frames = resampler.output_frames_next();
    let chunk = segment.chunks;
    segment.chunks += 1;
    let resamples = |chunk| selection.is_none_or(|selection| selection.resamples(chunk));
    if !resamples(chunk) {
        let skipped = segment.skip.min(frames);
        segment.skip -= skipped;
        output.resize(output.len() + frames - skipped, 0.0);
        return;
    }
    if chunk > 0 && !resamples(chunk - 1) {
        resampler.reset();
    }
    scratch.resize(frames, 0.0);
    let source = InterleavedSlice::new(input, 1, input.len());
    let target = InterleavedSlice::new_mut(scratch.as_mut_slice(), 1, frames);
    let (Ok(source), Ok(mut target)) = (source, target) else {
        unreachable!("one channel of exactly as many frames as samples");
    };
    let (_, written) = resampler
        .process_into_buffer(&source, &mut target, Some(&Indexing::new()))
        .expect("both buffers have the size that the resampler asked for");
    let skipped = segment.skip.min(written);
    segment.skip -= skipped;
    output.extend(scratch[skipped..written].iter().map(|x| x.clamp(-1.0, 1.0)));
}

fn new_resampler(sample_rate: u32) -> Fft<f32> {
    Fft::new(
        sample_rate as usize,
        SAMPLE_RATE as usize,
        CHUNK_FRAMES,
        1,
        FixedSync::Both,
    )
    .expect("the rates of MPEG audio and the chunk size are not zero")
}

impl PcmSink for MonoResampler {
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        if block.sample_rate == 0 || block.channels == 0 {
            return ControlFlow::Continue(());
        }
        if self
            .segment
            .as_ref()
            .is_none_or(|segment| segment.sample_rate != block.sample_rate)
        {
            self.end_segment();
            self.start_segment(block.sample_rate);
        }
        let frames = block.interleaved.len() / block.channels;
        let mut passed_over = false;
        if let Some(segment) = &mut self.segment {
            let start = segment.input_frames as usize;
            segment.input_frames += frames as u64;
            passed_over = (self.selection.as_ref())
                .is_some_and(|selection| selection.passes_over(start..start + frames));
        }
        // MPEG audio has no more than two channels.
        if passed_over {
            self.pending.resize(self.pending.len() + frames, 0.0);
        } else if let (stereo, []) = block.interleaved.as_chunks::<2>()
            && block.channels == 2
        {
            let mix = |[left, right]: &[f32; 2]| 0.5 * (sanitise(*left) + sanitise(*right));
            self.pending.extend(stereo.iter().map(mix));
        } else {
            let mono = block.interleaved.iter().step_by(block.channels);
            self.pending.extend(mono.copied().map(sanitise));
        }
        if self.pending.len() >= CHUNK_FRAMES {
            self.drain_full_chunks();
        }
        if self.output.len() >= (MAX_SECONDS * SAMPLE_RATE) as usize {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// Damaged streams decode to samples of any size, and to NaN: silence for what
/// is not a number, full scale for what is beyond it.
fn sanitise(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(sample_rate: u32, frequency: f32, seconds: f32) -> Vec<f32> {
        let step = std::f64::consts::TAU * f64::from(frequency) / f64::from(sample_rate);
        (0..(sample_rate as f32 * seconds) as usize)
            .map(|i| 0.5 * (i as f64 * step).sin() as f32)
            .collect()
    }

    fn push_all(sink: &mut MonoResampler, samples: &[f32], channels: usize, sample_rate: u32) {
        for block in samples.chunks(1152 * channels) {
            let flow = sink.push(PcmBlock {
                interleaved: block,
                channels,
                sample_rate,
            });
            assert!(flow.is_continue());
        }
    }

    #[test]
    fn every_mpeg_rate_keeps_a_tone_in_time_and_level() {
        let mut sink = MonoResampler::default();
        for rate in [
            8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
        ] {
            sink.clear();
            push_all(&mut sink, &tone(rate, 1_000.0, 1.0), 1, rate);
            let output = sink.finish();
            assert_eq!(output.len(), 16_000, "{rate}");
            let expected = tone(16_000, 1_000.0, 1.0);
            // The ends ring: the tone starts and stops there.
            let worst = (400..15_600)
                .map(|i| (output[i] - expected[i]).abs())
                .fold(0.0, f32::max);
            assert!(worst < 2e-3, "{rate}: {worst}");
        }
    }

    #[test]
    fn channels_are_averaged_and_rates_may_change() {
        let mut sink = MonoResampler::default();
        let left_only: Vec<f32> = tone(44_100, 440.0, 0.5)
            .into_iter()
            .flat_map(|x| [x, 0.0])
            .collect();
        push_all(&mut sink, &left_only, 2, 44_100);
        push_all(&mut sink, &tone(22_050, 440.0, 0.5), 1, 22_050);
        let output = sink.finish();
        assert_eq!(output.len(), 16_000);
        let peak = |part: &[f32]| part.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!((peak(&output[1_000..7_000]) - 0.25).abs() < 2e-3);
        assert!((peak(&output[9_000..15_000]) - 0.5).abs() < 2e-3);
    }

    #[test]
    fn output_of_garbage_is_finite_and_in_range() {
        let mut sink = MonoResampler::default();
        let garbage = [f32::NAN, f32::INFINITY, -1e9, 1e9, f32::MIN_POSITIVE].repeat(2_000);
        push_all(&mut sink, &garbage, 1, 44_100);
        let output = sink.finish();
        assert!(!output.is_empty());
        assert!(output.iter().all(|x| (-1.0..=1.0).contains(x)));
    }

    #[test]
    fn a_reused_sink_gives_the_same_samples() {
        let samples = tone(44_100, 523.25, 0.7);
        let mut sink = MonoResampler::default();
        push_all(&mut sink, &samples, 1, 44_100);
        let first = sink.finish().to_vec();
        sink.clear();
        push_all(&mut sink, &samples, 1, 44_100);
        assert_eq!(sink.finish(), first);
    }
}
