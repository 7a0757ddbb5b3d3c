//! Logarithmic loss: the challenge's, and that of today's scikit-learn.
//!
//! Both are means of `-ln` of the probability of the true genre. The grader
//! computed it as scikit-learn's `log_loss` did in 2018 and up to version 1.1.
//! Version 1.2 clips at the machine epsilon of the input's type instead of
//! 1e-15; 1.3 warns of rows that do not sum to 1; 1.5 no longer divides rows by
//! their sum. 1.9 is like 1.5.

use super::Sample;
use crate::genre::Probabilities;

/// Probabilities are brought into the range from this to 1 minus this.
///
/// It was the fixed limit of scikit-learn's `log_loss` when the challenge ran:
/// a wrong one-hot row costs `-ln(1e-15)` = 34.54.
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

/// `-ln` of the probability of the true genre, clipped to [`f64::EPSILON`] and 1
/// minus that, whatever the row sums to; in nats.
///
/// This is what `log_loss` of scikit-learn 1.5 and later gives for double
/// precision: a wrong one-hot row costs `-ln(2^-52)` = 36.04.
pub fn scikit_learn_log_loss(sample: &Sample) -> f64 {
    let probability = sample.probabilities[sample.truth];
    -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}
