//! From samples to the log-mel spectrograms that the networks were trained on.
//!
//! There are two front ends, both of mono at 16 kHz with an FFT of 512 points:
//!
//! - [`MusicnnLogMel`], that of musicnn (Pons and Serra, "musicnn: Pre-trained
//!   convolutional neural networks for music audio tagging", ISMIR 2019
//!   late-breaking demo): centred frames under a periodic Hann window of 512
//!   samples, one every 256, power, 96 mel bands (Slaney scale and
//!   normalisation, 0 to 8 kHz), `log10(10000 x + 1)`. The reference
//!   implementation is librosa's `feature.melspectrogram`.
//! - [`YamnetLogMel`], that of YAMNet (Plakal and Ellis, TensorFlow models,
//!   `research/audioset/yamnet`): frames under a periodic Hann window of 400
//!   samples, one every 160, not centred, magnitude, 64 mel bands (HTK scale, not
//!   normalised, 125 to 7500 Hz), `ln(x + 0.001)`. The reference implementation
//!   is TensorFlow's `tf.signal`.
//!
//! The goldens in `tests/goldens/logmel` are made with the reference
//! implementations. The constants here are those of both front ends; those of one are in
//! [`musicnn`] and [`yamnet`].

mod mel;
pub mod musicnn;
mod recording;
mod steady;
mod stft;
pub mod yamnet;

pub use mel::MelFilterbank;
pub use musicnn::MusicnnLogMel;
pub use recording::{RECORDING_FEATURES, Recording, RecordingMeter};
pub use steady::variance_over_time;
pub use stft::Stft;
pub use yamnet::YamnetLogMel;

/// Points of the FFT.
pub const N_FFT: usize = 512;

/// Non-redundant frequency bins of a frame, 0 Hz to Nyquist.
pub const N_BINS: usize = N_FFT / 2 + 1;
