//! From files to results: one file ([`Analyzer`]), many files ([`batch`]), and
//! what is known of each ([`Record`]).

mod analysis;
pub mod batch;
mod clip_inputs;
mod record;

pub use analysis::{Analysis, AnalysisError, Analyzer, Deadline, patch_starts, wanted_samples};
pub use clip_inputs::ClipInputs;
pub use record::{AudioFacts, Record, Segment, Status};
