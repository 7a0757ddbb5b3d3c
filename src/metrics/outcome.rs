//! What becomes of one sample.

use super::{Sample, log_loss};

/// All that the figures need of a sample, worked out once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    /// In nats.
    pub(super) log_loss: f64,
    /// Index of the true genre.
    pub(super) truth: usize,
    /// Index of the predicted genre.
    pub(super) predicted: usize,
}

impl Outcome {
    pub(super) fn of(sample: &Sample) -> Self {
        Self {
            log_loss: log_loss(sample),
            truth: sample.truth,
            predicted: sample.predicted(),
        }
    }
}
