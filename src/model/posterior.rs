//! From logits to calibrated probabilities.

use super::Prior;
use crate::genre::{GENRE_COUNT, Probabilities};

/// How a head's logits become probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The class prior that the logits contain.
    pub training_prior: Prior,
    /// Divides the logits; above 1 it makes the model less sure of itself
    /// (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
    pub temperature: f64,
    /// Least probability of a class, above 0 and below 1/16: what bounds the
    /// log loss of a wrong label.
    pub floor: f64,
}

/// Probabilities below this are used instead of 0 in logarithms of priors.
const TINY: f64 = 1e-12;

impl Calibration {
    /// `softmax(logits / temperature + ln(prior / training prior))`, then
    /// mixed with the uniform distribution so that no class is below the
    /// floor. The prior correction is Bayes' rule (Saerens et al., "Adjusting
    /// the Outputs of a Classifier to New a Priori Probabilities", 2002).
    ///
    /// The result is finite and sums to 1 for any logits; those that are not
    /// finite count as 0.
    pub fn posterior(&self, logits: &[f32; GENRE_COUNT], prior: &Prior) -> Probabilities {
        let mut scores: Probabilities = [0.0; GENRE_COUNT];
        let priors = prior
            .probabilities()
            .iter()
            .zip(self.training_prior.probabilities());
        for ((score, logit), (wanted, trained)) in scores.iter_mut().zip(logits).zip(priors) {
            let logit = if logit.is_finite() { *logit } else { 0.0 };
            let correction = wanted.max(TINY).ln() - trained.max(TINY).ln();
            *score = f64::from(logit) / self.temperature + correction;
        }
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials = scores.map(|score| (score - top).exp());
        let sum: f64 = exponentials.iter().sum();
        self.with_floor(exponentials.map(|e| e / sum))
    }

    /// The answer for a file without usable audio: the prior itself.
    pub fn fallback(&self, prior: &Prior) -> Probabilities {
        self.with_floor(*prior.probabilities())
    }

    fn with_floor(&self, probabilities: Probabilities) -> Probabilities {
        let rest = 1.0 - GENRE_COUNT as f64 * self.floor;
        probabilities.map(|p| p * rest + self.floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn calibration(floor: f64) -> Calibration {
        Calibration {
            training_prior: Prior::uniform(),
            temperature: 1.0,
            floor,
        }
    }

    #[test]
    fn equal_logits_give_the_prior() {
        let posterior = calibration(1e-9).posterior(&[0.25; GENRE_COUNT], &Prior::fma());
        for (p, prior) in posterior.iter().zip(Prior::fma().probabilities()) {
            assert!((p - prior).abs() < 1e-7);
        }
    }

    #[test]
    fn the_training_prior_is_taken_out_again() {
        let trained_on_fma = Calibration {
            training_prior: Prior::fma(),
            ..calibration(1e-9)
        };
        let logits = Prior::fma().probabilities().map(|p| p.ln() as f32);
        let posterior = trained_on_fma.posterior(&logits, &Prior::uniform());
        for p in posterior {
            assert!((p - 1.0 / 16.0).abs() < 1e-7);
        }
    }

    proptest! {
        #[test]
        fn any_logits_give_probabilities(
            logits in proptest::array::uniform16(proptest::num::f32::ANY),
            floor in 1e-6..0.01_f64,
        ) {
            let posterior = calibration(floor).posterior(&logits, &Prior::fma());
            let sum: f64 = posterior.iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-12);
            prop_assert!(posterior.iter().all(|p| *p >= floor * (1.0 - 1e-9) && *p < 1.0));
        }
    }
}
