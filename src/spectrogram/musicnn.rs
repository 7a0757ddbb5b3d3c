//! musicnn's log-mel spectrogram.

use std::f32::consts::LN_10;
use std::ops::Range;

use ndarray::{Array2, ArrayViewMut2};

use super::{MelFilterbank, N_BINS, N_FFT, Stft};

/// Samples of a frame under the Hann window: all that the FFT takes.
pub const WINDOW_LENGTH: usize = N_FFT;

/// Samples between the centres of two frames: 16 ms at 16 kHz.
pub const HOP_LENGTH: usize = 256;

/// Mel bands per frame.
pub const N_MELS: usize = 96;

/// The compression is `log10(LOG_MULTIPLIER * x + 1)`.
pub const LOG_MULTIPLIER: f32 = 10_000.0;

/// The power of a mel band from its log-mel value.
pub(super) fn power(log_mel: f32) -> f32 {
    ((log_mel * LN_10).exp() - 1.0).max(0.0) / LOG_MULTIPLIER
}

/// Computes log-mel frames. Cheap to clone; every thread has its own.
#[derive(Clone)]
pub struct MusicnnLogMel {
    stft: Stft,
    filterbank: MelFilterbank,
}

impl Default for MusicnnLogMel {
    fn default() -> Self {
        Self {
            stft: Stft::new(N_FFT),
            filterbank: MelFilterbank::slaney(N_MELS),
        }
    }
}

impl MusicnnLogMel {
    /// Number of frames of a signal of this many samples: the first is centred
    /// on its first sample and one follows every [`HOP_LENGTH`] samples.
    pub fn frame_count(samples: usize) -> usize {
        1 + samples / HOP_LENGTH
    }

    /// What `frames`, which are not empty, depend on in a signal of `samples`
    /// samples. At its ends, where it is mirrored, that is a whole window.
    pub fn samples_of(frames: Range<usize>, samples: usize) -> Range<usize> {
        let start = (frames.start * HOP_LENGTH).saturating_sub(N_FFT / 2);
        let end = ((frames.end - 1) * HOP_LENGTH + N_FFT / 2).max(N_FFT);
        start.min(samples.saturating_sub(N_FFT))..end.min(samples)
    }

    /// Computes consecutive frames, the first of them `first_frame`, into the
    /// rows of `output` (frames x [`N_MELS`]), each value `log10(10000 x + 1)`
    /// of a mel band's power.
    ///
    /// `samples` are mono at 16 kHz and not empty.
    pub fn frames(
        &mut self,
        samples: &[f32],
        first_frame: usize,
        mut output: ArrayViewMut2<'_, f32>,
    ) {
        let mut power = [0.0; N_BINS];
        let mut bands = [0.0; N_MELS];
        for (offset, mut row) in output.rows_mut().into_iter().enumerate() {
            let centre = (first_frame + offset) * HOP_LENGTH;
            self.stft.centred_frame(samples, centre, &mut power);
            self.filterbank.apply(&power, &mut bands);
            for (value, band) in row.iter_mut().zip(&bands) {
                *value = (LOG_MULTIPLIER * band + 1.0).log10();
            }
        }
    }

    /// The whole spectrogram, frames x [`N_MELS`].
    pub fn spectrogram(&mut self, samples: &[f32]) -> Array2<f32> {
        let mut output = Array2::zeros((Self::frame_count(samples.len()), N_MELS));
        self.frames(samples, 0, output.view_mut());
        output
    }
}
