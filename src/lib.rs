//! Music genre classification, offline: mp3 files in, for each the
//! probabilities of 16 genres out.
//!
//! What an embedder needs: a [`Model`](model::Model), a [`Question`](pipeline::Question) about
//! files, and a [`Classifier`](pipeline::Classifier) per thread that answers with a [`Record`](pipeline::Record) per
//! file.
//!
//! ```
//! use std::path::Path;
//!
//! use fma_genre::Deadline;
//! use fma_genre::audio::Formats;
//! use fma_genre::genre::{GENRES, most_probable};
//! use fma_genre::model::{Model, Prior};
//! use fma_genre::payload::PayloadFile;
//! use fma_genre::pipeline::{Classifier, Limits, Question, Status};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What the decoder or the engine panic about becomes an error of one file; without this, the panic is
//! // printed all the same.
//! fma_genre::panics::silence_contained();
//! let model = Model::bundled("compact")?;
//! let question = Question {
//!     model: &model,
//!     prior: Prior::fma(),
//!     formats: Formats::Any,
//!     limits: Limits::from(Deadline::NEVER),
//!     timeline: None,
//!     read_tags: true,
//!     embedding: false,
//! };
//! let path = Path::new("examples/lincity-pronobozo.mp3");
//! let file = PayloadFile { path, id: b"lincity-pronobozo" };
//! let (record, error) = Classifier::new(&question)?.classify(0, file);
//! assert!(error.is_none());
//! assert_eq!(record.status, Status::Ok);
//! assert_eq!(GENRES[most_probable(&record.probabilities)], "Electronic");
//! # Ok(())
//! # }
//! ```
//!
//! The probabilities are those of the challenge's 16 [`GENRES`](genre::GENRES) and sum to 1. Errors are
//! [`AnalysisError`](pipeline::AnalysisError), of a file, and [`ModelError`](model::ModelError), of a model.
//! Everything else serves the program `fma-genre`, which is built on the same crate, and may change with it.
//!
//! # Where what is
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
mod utf8;

pub use deadline::Deadline;
