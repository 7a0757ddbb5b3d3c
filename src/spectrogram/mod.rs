//! From samples to the log-mel spectrogram that the networks were trained on.
//!
//! The front end of musicnn (Pons and Serra, "musicnn: Pre-trained
//! convolutional neural networks for music audio tagging", ISMIR 2019
//! late-breaking demo): 16 kHz mono, STFT with a periodic Hann window of 512
//! and a hop length of 256 samples, power, 96 mel bands (Slaney scale and
//! normalisation, 0 to 8 kHz), `log10(10000 x + 1)`. The reference
//! implementation is librosa's `feature.melspectrogram`; the goldens in
//! `tests/goldens/logmel` are made with it.

mod log_mel;
mod mel;
mod stft;

pub use log_mel::LogMel;
pub use mel::MelFilterbank;
pub use stft::PowerStft;

/// Samples per STFT frame.
pub const N_FFT: usize = 512;

/// Samples between the centres of two frames: 16 ms at 16 kHz.
pub const HOP_LENGTH: usize = 256;

/// Mel bands per frame.
pub const N_MELS: usize = 96;

/// Non-redundant frequency bins of a frame, 0 Hz to Nyquist.
pub const N_BINS: usize = N_FFT / 2 + 1;

/// The compression is `log10(LOG_MULTIPLIER * x + 1)`.
pub const LOG_MULTIPLIER: f32 = 10_000.0;
