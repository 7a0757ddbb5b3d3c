//! Sums of products in vector registers, of which [`super::direct`] and [`super::pointwise`] are made.

use fearless_simd::{Simd, SimdBase as _, SimdFloat as _};

/// Rows whose sums are held in registers at once, and half of that for the last few: with vectors of 512 bits, of which
/// there are 32, 12 rows of two vectors each, which leaves room for what is multiplied.
const WIDE: Rows = Rows { whole: 12, half: 6 };
/// With 256 bits there are 16 registers.
const NARROW: Rows = Rows { whole: 6, half: 3 };

/// How many rows are computed together.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub(super) whole: usize,
    pub(super) half: usize,
}

impl Rows {
    /// For vectors of so many floats.
    #[inline(always)]
    pub(super) const fn with(floats: usize) -> Self {
        if floats == 16 { WIDE } else { NARROW }
    }

    /// The next rows, if so many are left.
    #[inline(always)]
    pub(super) fn next(self, left: usize) -> usize {
        if left > self.half {
            self.whole
        } else {
            self.half
        }
    }
}

/// Sums of `ROWS` rows and two vectors.
#[derive(Clone, Copy)]
pub(super) struct Sums<S: Simd, const ROWS: usize>(pub(super) [[S::f32s; 2]; ROWS]);

impl<S: Simd, const ROWS: usize> Sums<S, ROWS> {
    #[inline(always)]
    pub(super) fn zero(simd: S) -> Self {
        Self([[S::f32s::splat(simd, 0.0); 2]; ROWS])
    }

    /// Adds the products of `factor(row)` and `vectors` to each row.
    ///
    /// Row by row in a loop, for the compiler to keep all of it in registers.
    #[inline(always)]
    pub(super) fn add(&mut self, simd: S, factor: impl Fn(usize) -> f32, vectors: [S::f32s; 2]) {
        for (row, sums) in self.0.iter_mut().enumerate() {
            let factor = S::f32s::splat(simd, factor(row));
            sums[0] = factor.mul_add(vectors[0], sums[0]);
            sums[1] = factor.mul_add(vectors[1], sums[1]);
        }
    }
}

/// The vector that starts at `at`.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, values: &[f32], at: usize) -> S::f32s {
    S::f32s::from_slice(simd, &values[at..][..S::f32s::LEN])
}

/// Writes a vector from `at` on.
#[inline(always)]
pub(super) fn store<S: Simd>(vector: S::f32s, values: &mut [f32], at: usize) {
    vector.store_slice(&mut values[at..][..S::f32s::LEN]);
}

/// The larger of each two floats; where one of `values` is NaN, that.
#[inline(always)]
pub(super) fn larger<S: Simd>(kept: S::f32s, values: S::f32s) -> S::f32s {
    use fearless_simd::Select as _;
    kept.simd_gt(values).select(kept, values)
}
