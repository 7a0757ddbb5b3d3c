//! From files to results: one file ([`Analyzer`], [`Classifier`]), many files
//! ([`stream`]), what is known of each ([`Record`]), and a [`journal`] of a run.

mod analysis;
mod classifier;
mod clip_inputs;
pub mod journal;
mod record;
pub mod stream;
mod tag_genre;

pub use analysis::{Analysis, AnalysisError, Analyzer, Deadline, patch_starts, wanted_samples};
pub use classifier::{Classifier, Question};
pub use clip_inputs::ClipInputs;
pub use record::{AudioFacts, Decoder, Record, Segment, Status};
pub use tag_genre::tag_genre;
