//! YAMNet's log-mel spectrogram.
//!
//! Source: M. Plakal and D. Ellis, `features.py` and `params.py` in
//! `research/audioset/yamnet` of TensorFlow's model repository.

use ndarray::ArrayViewMut2;

use super::{MelFilterbank, N_BINS, Stft};

/// Samples of a frame under the Hann window: 25 ms at 16 kHz.
pub const WINDOW_LENGTH: usize = 400;

/// Samples from frame to frame: 10 ms at 16 kHz.
pub const HOP_LENGTH: usize = 160;

/// Mel bands per frame.
pub const N_MELS: usize = 64;

/// Lower edge of the lowest band.
pub const MIN_HZ: f64 = 125.0;

/// Upper edge of the highest band.
pub const MAX_HZ: f64 = 7_500.0;

/// The compression is `ln(x + LOG_OFFSET)`.
pub const LOG_OFFSET: f32 = 0.001;

/// Frames that the network looks at together: a window.
pub const FRAMES: usize = 96;

/// Samples that a window's frames cover, 0.975 s at 16 kHz.
pub const SAMPLES: usize = (FRAMES - 1) * HOP_LENGTH + WINDOW_LENGTH;

/// Computes the log-mel frames of windows. Cheap to clone; every thread has its
/// own.
#[derive(Clone)]
pub struct YamnetLogMel {
    stft: Stft,
    filterbank: MelFilterbank,
}

impl Default for YamnetLogMel {
    fn default() -> Self {
        Self {
            stft: Stft::new(WINDOW_LENGTH),
            filterbank: MelFilterbank::htk(N_MELS, MIN_HZ, MAX_HZ),
        }
    }
}

impl YamnetLogMel {
    /// Computes the window that begins at sample `start` into the rows of
    /// `output` ([`FRAMES`] x [`N_MELS`]), each value `ln(x + 0.001)` of a mel
    /// band's magnitude.
    ///
    /// `samples` are mono at 16 kHz.
    ///
    /// # Panics
    /// If `samples` has fewer than [`SAMPLES`] from `start` on.
    pub fn window(&mut self, samples: &[f32], start: usize, mut output: ArrayViewMut2<'_, f32>) {
        let mut spectrum = [0.0; N_BINS];
        let mut bands = [0.0; N_MELS];
        for (index, mut row) in output.rows_mut().into_iter().enumerate() {
            let first = start + index * HOP_LENGTH;
            self.stft.frame(samples, first, &mut spectrum);
            for value in &mut spectrum {
                *value = value.sqrt();
            }
            self.filterbank.apply(&spectrum, &mut bands);
            for (value, band) in row.iter_mut().zip(&bands) {
                *value = (band + LOG_OFFSET).ln();
            }
        }
    }
}
