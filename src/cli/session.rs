//! What every command may need of the running program.

use std::time::Instant;

use fma_genre::output::OutputRules;
use indicatif::MultiProgress;

use super::signals::Interrupts;

/// The running program, as far as commands have to know of it.
pub(super) struct Session {
    /// What deadlines count from.
    pub(super) start: Instant,
    /// What holds for all outputs.
    pub(super) rules: OutputRules,
    /// The progress bar on standard error, if there is one, and who shares the
    /// terminal with it.
    pub(super) console: MultiProgress,
    /// Whether the user wants to stop.
    pub(super) interrupts: Interrupts,
}
