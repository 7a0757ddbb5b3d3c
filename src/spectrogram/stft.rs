//! Short-time Fourier transform (STFT), power spectrum.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::{HOP_LENGTH, N_BINS, N_FFT};

/// Computes the power spectrum of single frames. Cheap to clone: clones share
/// the plan and have buffers of their own.
#[derive(Clone)]
pub struct PowerStft {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Default for PowerStft {
    fn default() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(N_FFT);
        Self {
            window: hann_window(),
            windowed: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
        }
    }
}

impl PowerStft {
    /// Number of frames of a signal: the first is centred on its first sample
    /// and one starts every [`HOP_LENGTH`] samples.
    pub fn frame_count(samples: usize) -> usize {
        1 + samples / HOP_LENGTH
    }

    /// Writes `|X|²` of frame `index` into `power`.
    ///
    /// The frame is centred on sample `index * HOP_LENGTH`. Beyond its ends the
    /// signal is mirrored without repeating the end sample, as with librosa's
    /// `center=True, pad_mode="reflect"`, the default of the versions (before
    /// 0.10) that the networks were trained with.
    ///
    /// # Panics
    /// If `samples` is empty.
    pub fn frame(&mut self, samples: &[f32], index: usize, power: &mut [f32; N_BINS]) {
        let centre = index * HOP_LENGTH;
        let half = N_FFT / 2;
        let inside = centre
            .checked_sub(half)
            .and_then(|start| samples.get(start..start + N_FFT));
        match inside {
            Some(frame) => {
                for ((value, sample), weight) in
                    self.windowed.iter_mut().zip(frame).zip(&self.window)
                {
                    *value = sample * weight;
                }
            }
            None => {
                for (offset, (value, weight)) in
                    self.windowed.iter_mut().zip(&self.window).enumerate()
                {
                    let position = (centre + offset) as isize - half as isize;
                    *value = samples[mirrored(position, samples.len())] * weight;
                }
            }
        }
        self.fft
            .process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers have the lengths that the plan asked for");
        for (power, value) in power.iter_mut().zip(&self.spectrum) {
            *power = value.norm_sqr();
        }
    }
}

/// Index into a signal of `len` samples that is mirrored at both ends, again
/// and again if it is short.
fn mirrored(position: isize, len: usize) -> usize {
    let last = len as isize - 1;
    if last == 0 {
        return 0;
    }
    let folded = position.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}

/// Periodic Hann window, `0.5 - 0.5 cos(2 pi n / N)`.
fn hann_window() -> Vec<f32> {
    (0..N_FFT)
        .map(|n| {
            let phase = std::f64::consts::TAU * n as f64 / N_FFT as f64;
            (0.5 - 0.5 * phase.cos()) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_is_numpys_reflect_mode() {
        // numpy.pad([0, 1, 2, 3], 5, mode="reflect")
        let expected = [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2];
        let indices: Vec<usize> = (-5..9).map(|i| mirrored(i, 4)).collect();
        assert_eq!(indices, expected);
        assert_eq!(mirrored(-3, 1), 0);
    }

    #[test]
    fn a_tone_on_a_bin_has_its_power_there() {
        // A full-scale cosine on bin k gives |X[k]| = N/2 * mean(window) = N/4.
        let bin = 32;
        let samples: Vec<f32> = (0..4 * N_FFT)
            .map(|n| (std::f64::consts::TAU * (bin * n) as f64 / N_FFT as f64).cos() as f32)
            .collect();
        let mut power = [0.0; N_BINS];
        PowerStft::default().frame(&samples, 4, &mut power);
        let expected = (N_FFT as f32 / 4.0).powi(2);
        assert!((power[bin] / expected - 1.0).abs() < 1e-5);
        assert!(power[bin + 2] / expected < 1e-9);
    }
}
