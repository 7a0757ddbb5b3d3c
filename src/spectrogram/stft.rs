//! Short-time Fourier transform (STFT), power spectrum.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::{N_BINS, N_FFT};

/// Computes the power spectrum of single frames. Cheap to clone: clones share
/// the plan and have buffers of their own.
#[derive(Clone)]
pub struct Stft {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Stft {
    /// Frames of `window_length` samples, at most [`N_FFT`], under a periodic
    /// Hann window of that length; zeros follow up to [`N_FFT`].
    ///
    /// # Panics
    /// If `window_length` is more than [`N_FFT`].
    pub fn new(window_length: usize) -> Self {
        assert!(window_length <= N_FFT, "{window_length} samples");
        let fft = RealFftPlanner::new().plan_fft_forward(N_FFT);
        Self {
            window: hann_window(window_length),
            windowed: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
        }
    }

    /// Writes `|X|²` of the frame that begins at sample `start` into `power`.
    ///
    /// # Panics
    /// If the frame reaches beyond the end of `samples`.
    pub fn frame(&mut self, samples: &[f32], start: usize, power: &mut [f32; N_BINS]) {
        let frame = &samples[start..start + self.window.len()];
        self.transform(frame.iter().copied(), power);
    }

    /// Writes `|X|²` of the frame that is centred on sample `centre` into `power`.
    ///
    /// Beyond its ends the signal is mirrored without repeating the end sample,
    /// as with librosa's `center=True, pad_mode="reflect"`, the default of the
    /// versions (before 0.10) that musicnn was trained with.
    ///
    /// # Panics
    /// If `samples` is empty.
    pub fn centred_frame(&mut self, samples: &[f32], centre: usize, power: &mut [f32; N_BINS]) {
        let length = self.window.len();
        let inside = centre
            .checked_sub(length / 2)
            .filter(|start| start + length <= samples.len());
        match inside {
            Some(start) => self.frame(samples, start, power),
            None => {
                let first = centre as isize - (length / 2) as isize;
                let positions = first..first + length as isize;
                let frame = positions.map(|position| samples[mirrored(position, samples.len())]);
                self.transform(frame, power);
            }
        }
    }

    /// `frame` has as many samples as the window.
    fn transform(&mut self, frame: impl Iterator<Item = f32>, power: &mut [f32; N_BINS]) {
        for ((value, sample), weight) in self.windowed.iter_mut().zip(frame).zip(&self.window) {
            *value = sample * weight;
        }
        // The transform leaves its own values in its input.
        self.windowed[self.window.len()..].fill(0.0);
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
fn hann_window(length: usize) -> Vec<f32> {
    (0..length)
        .map(|n| {
            let phase = std::f64::consts::TAU * n as f64 / length as f64;
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

    /// A full-scale cosine on a bin.
    fn tone(bin: usize) -> Vec<f32> {
        (0..4 * N_FFT)
            .map(|n| (std::f64::consts::TAU * (bin * n) as f64 / N_FFT as f64).cos() as f32)
            .collect()
    }

    #[test]
    fn a_tone_on_a_bin_has_its_power_there() {
        // It gives |X[k]| = N/2 * mean(window) = N/4.
        let bin = 32;
        let mut power = [0.0; N_BINS];
        Stft::new(N_FFT).centred_frame(&tone(bin), 4 * 256, &mut power);
        let expected = (N_FFT as f32 / 4.0).powi(2);
        assert!((power[bin] / expected - 1.0).abs() < 1e-5);
        assert!(power[bin + 2] / expected < 1e-9);
    }

    #[test]
    fn a_frame_does_not_depend_on_the_one_before() {
        let mut power = [0.0; N_BINS];
        let mut again = [0.0; N_BINS];
        let mut stft = Stft::new(400);
        stft.frame(&tone(32), 0, &mut power);
        stft.frame(&tone(50), 7, &mut again);
        stft.frame(&tone(32), 0, &mut again);
        assert_eq!(power, again);
    }
}
