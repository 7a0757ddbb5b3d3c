//! Music genre classification, offline: mp3 files in, for each the
//! probabilities of 16 genres out.
//!
//! Data flows one way: [`payload`] (which files) -> [`audio`] (decode,
//! resample) -> [`spectrogram`] (STFT, log-mel) -> [`model`] (networks, head,
//! prior) -> [`output`] (CSV and other formats). [`clip_inputs`] computes the
//! spectrograms that a model's networks take, [`analysis`] puts all of it together
//! for one file and [`batch`] for many files on many threads.
//!
//! The other way: [`submission`] reads such a CSV and the true genres, and
//! [`metrics`] says how well they agree.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod analysis;
pub mod audio;
pub mod batch;
pub mod clip_inputs;
pub mod genre;
pub mod metrics;
pub mod model;
pub mod output;
pub mod payload;
pub mod spectrogram;
pub mod submission;
