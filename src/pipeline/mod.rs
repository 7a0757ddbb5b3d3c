//! From files to results: one file ([`Analyzer`]), many files ([`batch`]), and
//! what is known of each ([`Record`]).

mod analysis;
pub mod batch;
mod clip_inputs;
mod cut;
mod patches;
mod record;

pub use analysis::{Analysis, AnalysisError, Analyzer};
pub use clip_inputs::{ClipInputs, PatchAudio};
pub use cut::{cut_patches, patch_starts};
pub use patches::{FileRead, PatchReader};
pub use record::{AudioFacts, Record, Segment, Status};
