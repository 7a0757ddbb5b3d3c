//! From files to results: one file ([`Analyzer`], [`Classifier`]), many files
//! ([`stream`]), what is known of each ([`Record`]), and a [`journal`] of a run.

mod analysis;
mod classifier;
mod clip_inputs;
mod cut;
pub mod journal;
mod patches;
mod record;
mod segments;
pub mod stream;
mod tag_genre;

pub use analysis::{Analysis, AnalysisError, Analyzer, Limits, SegmentAnalysis};
pub use classifier::{Classifier, Question};
pub use clip_inputs::{ClipInputs, PatchAudio};
pub use cut::{cut_patches, patch_starts};
pub use patches::{FileRead, PatchReader};
pub use record::{AudioFacts, Record, Segment, Status};
pub use tag_genre::tag_genre;
pub(crate) use tag_genre::tag_genre_of;
