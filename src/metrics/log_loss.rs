//! Logarithmic loss as the challenge's grader computed it.

use super::Sample;
use crate::genre::Probabilities;

/// Probabilities are brought into the range from this to 1 minus this.
///
/// It was the fixed limit of scikit-learn's `log_loss` when the challenge ran
/// (later versions take the machine epsilon): a wrong one-hot row costs
/// `-ln(1e-15)` = 34.54.
pub const LEAST_PROBABILITY: f64 = 1e-15;

/// `probabilities` clipped to [`LEAST_PROBABILITY`] and then divided by their
/// sum, in this order.
pub fn normalise(probabilities: &Probabilities) -> Probabilities {
    let clipped = probabilities.map(|p| p.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY));
    let sum: f64 = clipped.iter().sum();
    clipped.map(|p| p / sum)
}

/// `-ln` of the probability of the true genre, after [`normalise`]; in nats.
pub fn log_loss(sample: &Sample) -> f64 {
    -normalise(&sample.probabilities)[sample.truth].ln()
}
