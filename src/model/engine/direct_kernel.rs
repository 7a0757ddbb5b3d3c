//! The arithmetic of [`super::direct`]: a block of filters times a stretch of frames at a time, in vector registers.

use std::iter;

use fearless_simd::{Simd, SimdBase as _};

use super::processor::Work;
use super::products::{Rows, Sums, larger, load, store};

/// A convolution along the frames of an image of `channels` x `input_rows` x `input` frames, of which it takes every
/// `row_stride`th row, to one of `filters` x `rows` x `output` frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) channels: usize,
    pub(super) input_rows: usize,
    pub(super) rows: usize,
    pub(super) row_stride: usize,
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) filters: usize,
    pub(super) taps: usize,
    pub(super) stride: usize,
    /// Zeros before the first frame. How many follow the last, `output` tells.
    pub(super) padding: usize,
}

impl Shape {
    /// Frames of one phase: of those of a padded row that are `stride` apart, as many as the taps see.
    fn phase(&self) -> usize {
        self.output + (self.taps - 1) / self.stride
    }

    /// Floats of one row of all channels, padded, phase after phase: output frame `t` sees with one tap frame `t` plus a constant
    /// of one phase, so that neighbouring frames stay neighbours.
    fn row(&self) -> usize {
        self.channels * self.stride * self.phase()
    }

    /// Floats of the weights as [`pack`] puts them.
    pub(super) fn packed(&self, floats: usize) -> usize {
        let rows = Rows::with(floats);
        let rest = self.filters % rows.whole;
        let last = if rest == 0 { 0 } else { rows.next(rest) };
        (self.filters - rest + last) * self.channels * self.taps
    }

    /// What every evaluation goes through, for vectors of so many `floats`.
    pub(super) fn steps(&self, floats: usize) -> Steps {
        Steps {
            offsets: self.offsets(),
            places: self.places(floats),
        }
    }

    /// Where in such a row each weight of a filter sees the first output frame.
    fn offsets(&self) -> Vec<usize> {
        let phase = self.phase();
        let of_tap = |tap: usize| tap % self.stride * phase + tap / self.stride;
        (0..self.channels)
            .flat_map(|channel| {
                (0..self.taps).map(move |tap| channel * self.stride * phase + of_tap(tap))
            })
            .collect()
    }

    /// Where its output is, vector by vector of so many `floats`.
    fn places(&self, floats: usize) -> Vec<Place> {
        // The last of a row overlaps the one before, so that it is a whole one, too.
        let last = self.output - floats;
        let starts = || {
            (0..self.output)
                .step_by(floats)
                .map(|start| start.min(last))
        };
        let of_row = |row| starts().map(move |start| Place { row, start });
        (0..self.rows).flat_map(of_row).collect()
    }

    /// The rows of `image` that it takes, padded, phase after phase.
    fn phases(&self, image: &[f32]) -> Vec<f32> {
        let (phase, stride) = (self.phase(), self.stride);
        let mut phases = vec![0.0; self.rows * self.row()];
        for (index, parts) in phases.chunks_exact_mut(stride * phase).enumerate() {
            let (row, channel) = (index / self.channels, index % self.channels);
            let row = channel * self.input_rows + row * self.row_stride;
            let frames = &image[row * self.input..][..self.input];
            for (first, part) in parts.chunks_exact_mut(phase).enumerate() {
                // The first that is no padding.
                let skipped = self.padding.saturating_sub(first).div_ceil(stride);
                let at = first + skipped * stride - self.padding;
                let seen = frames.get(at..).unwrap_or_default();
                let padded = part.get_mut(skipped..).unwrap_or_default();
                if stride == 1 {
                    let both = padded.len().min(seen.len());
                    padded[..both].copy_from_slice(&seen[..both]);
                } else {
                    for (padded, frame) in iter::zip(padded, seen.iter().step_by(stride)) {
                        *padded = *frame;
                    }
                }
            }
        }
        phases
    }
}

/// `weights` (filters x channels x taps) in the order in which the kernel for vectors of so many `floats` takes them: block
/// after block of filters, in each of them weight after weight of all its filters, zeros for those that a block
/// has too many.
pub(super) fn pack(weights: &[f32], filters: usize, floats: usize) -> Vec<f32> {
    let each = weights.len() / filters;
    let mut packed = vec![];
    let mut first = 0;
    while first < filters {
        let size = Rows::with(floats).next(filters - first);
        for index in 0..each {
            let of_filter = |filter| weights.get(filter * each + index).copied();
            packed.extend((first..first + size).map(|filter| of_filter(filter).unwrap_or(0.0)));
        }
        first += size;
    }
    packed
}

/// What is the same for all evaluations of a [`Shape`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// By [`Shape::offsets`].
    offsets: Vec<usize>,
    /// By [`Shape::places`].
    places: Vec<Place>,
}

/// One evaluation.
pub(super) struct Convolution<'a> {
    pub(super) shape: &'a Shape,
    /// Of the shape, for vectors of the processor at work.
    pub(super) steps: &'a Steps,
    /// Channels x rows x frames.
    pub(super) image: &'a [f32],
    /// By [`pack`].
    pub(super) weights: &'a [f32],
    /// Of each filter.
    pub(super) bias: &'a [f32],
    /// Filters x rows x frames. Where `with_maximum`, what it holds stays if it is larger.
    pub(super) output: &'a mut [f32],
    pub(super) with_maximum: bool,
}

impl Work for Convolution<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match S::f32s::LEN {
            16 => self.convolve::<S, { Rows::with(16).whole }, { Rows::with(16).half }>(simd),
            8 => self.convolve::<S, { Rows::with(8).whole }, { Rows::with(8).half }>(simd),
            _ => unreachable!("narrower vectors are left to the engine"),
        }
    }
}

/// Where a vector of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    row: usize,
    start: usize,
}

impl Convolution<'_> {
    #[inline(always)]
    fn convolve<S: Simd, const WHOLE: usize, const HALF: usize>(mut self, simd: S) {
        let (shape, floats) = (self.shape, S::f32s::LEN);
        let Steps { offsets, places } = self.steps;
        let phases = shape.phases(self.image);
        let mut weights = self.weights;
        let mut first = 0;
        while first < shape.filters {
            let size = Rows::with(floats).next(shape.filters - first);
            let (of_block, others) = weights.split_at(size * offsets.len());
            weights = others;
            for places in places.chunks(2) {
                // If there is but one, it is computed twice.
                let places = [places[0], places[places.len() - 1]];
                let seen = places.map(|place| &phases[place.row * shape.row() + place.start..]);
                if size == WHOLE {
                    let sums = sums::<S, WHOLE>(simd, seen, offsets, of_block);
                    self.write(simd, sums, first, places);
                } else {
                    let sums = sums::<S, HALF>(simd, seen, offsets, of_block);
                    self.write(simd, sums, first, places);
                }
            }
            first += size;
        }
    }

    #[inline(always)]
    fn write<S: Simd, const FILTERS: usize>(
        &mut self,
        simd: S,
        sums: Sums<S, FILTERS>,
        first: usize,
        places: [Place; 2],
    ) {
        let shape = self.shape;
        for (filter, sums) in (first..shape.filters).zip(sums.0) {
            let bias = self.bias[filter];
            for (place, sums) in iter::zip(places, sums) {
                let at = (filter * shape.rows + place.row) * shape.output + place.start;
                let mut values = sums + bias;
                if self.with_maximum {
                    values = larger::<S>(load(simd, self.output, at), values);
                }
                store::<S>(values, self.output, at);
            }
        }
    }
}

/// For each filter of a block and each frame of two vectors, the sum of the products of all weights with what they see.
#[inline(always)]
fn sums<S: Simd, const FILTERS: usize>(
    simd: S,
    seen: [&[f32]; 2],
    offsets: &[usize],
    weights: &[f32],
) -> Sums<S, FILTERS> {
    let mut sums = Sums::zero(simd);
    for (&offset, weights) in iter::zip(offsets, weights.as_chunks::<FILTERS>().0) {
        let frames = [load(simd, seen[0], offset), load(simd, seen[1], offset)];
        sums.add(simd, |filter| weights[filter], frames);
    }
    sums
}
