//! Music genre classification, offline: mp3 files in, for each the
//! probabilities of 16 genres out.
//!
//! Data flows one way: [`payload`] (which files) -> [`audio`] (decode,
//! resample) -> [`spectrogram`] (STFT, log-mel) -> [`model`] (networks, head,
//! prior) -> [`pipeline`] (one file, many files) -> [`output`] (CSV and other
//! formats).
//!
//! [`shards`] divides a run among machines and puts their outputs together.
//!
//! [`report`], [`tagging`] and [`playlist`] put genres to use: as a page to look at,
//! in the files' own tags, and in lists of files.
//!
//! The other way: [`results`] reads what was written, [`submission`] a CSV of
//! predictions and the true genres, and [`metrics`] says how well they agree.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod audio;
mod deadline;
mod evenly;
mod faults;
pub mod genre;
pub mod metrics;
pub mod model;
pub mod output;
pub mod panics;
mod path_text;
pub mod payload;
pub mod pipeline;
pub mod playlist;
pub mod report;
pub mod results;
pub mod shards;
pub mod spectrogram;
pub mod submission;
pub mod tagging;

pub use deadline::Deadline;
