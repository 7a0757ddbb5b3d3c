//! From logits to calibrated probabilities.

use std::ops::RangeInclusive;

use super::Prior;
use crate::genre::{GENRE_COUNT, Probabilities};

/// How a head's logits become probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The class prior that the logits contain.
    training_prior: Prior,
    /// Divides the logits; above 1 it makes the model less sure of itself
    /// (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
    temperature: f64,
    /// Least probability of a class: what bounds the log loss of a wrong label.
    floor: f64,
}

/// Probabilities below this are used instead of 0 in logarithms of priors.
const TINY: f64 = 1e-12;

impl Calibration {
    /// The temperatures that a model may have: fitted ones are near 1, and the logits
    /// divided by any of these are finite.
    pub(super) const TEMPERATURES: RangeInclusive<f64> = 0.01..=100.0;
    /// The floors that a model may have. With a smaller one, the CSV's eight decimals
    /// could show a 0 or a 1; with 1/16, all classes would be alike.
    pub(super) const FLOORS: RangeInclusive<f64> = 1e-7..=0.06;

    /// `temperature` and `floor` must be in their ranges.
    pub(super) fn new(training_prior: Prior, temperature: f64, floor: f64) -> Self {
        debug_assert!(Self::TEMPERATURES.contains(&temperature) && Self::FLOORS.contains(&floor));
        Self {
            training_prior,
            temperature,
            floor,
        }
    }

    /// `softmax(logits / temperature + ln(prior / training prior))`, then
    /// mixed with the uniform distribution so that no class is below the
    /// floor. The prior correction is Bayes' rule (Saerens et al., "Adjusting
    /// the Outputs of a Classifier to New a Priori Probabilities", 2002).
    ///
    /// The result sums to 1.
    ///
    /// # Panics
    /// If a logit is not finite, which [`Model::logits`](super::Model::logits) never
    /// returns: there is no answer to NaN, and the prior would look like one.
    pub fn posterior(&self, logits: &[f32; GENRE_COUNT], prior: &Prior) -> Probabilities {
        assert!(
            logits.iter().all(|logit| logit.is_finite()),
            "logits must be finite: {logits:?}"
        );
        let mut scores: Probabilities = [0.0; GENRE_COUNT];
        let priors = prior
            .probabilities()
            .iter()
            .zip(self.training_prior.probabilities());
        for ((score, logit), (wanted, trained)) in scores.iter_mut().zip(logits).zip(priors) {
            let correction = wanted.max(TINY).ln() - trained.max(TINY).ln();
            *score = f64::from(*logit) / self.temperature + correction;
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
        Calibration::new(Prior::uniform(), 1.0, floor)
    }

    #[test]
    fn equal_logits_give_the_prior() {
        let posterior = calibration(1e-7).posterior(&[0.25; GENRE_COUNT], &Prior::fma());
        for (p, prior) in posterior.iter().zip(Prior::fma().probabilities()) {
            let expected = prior * (1.0 - 16.0 * 1e-7) + 1e-7;
            assert!((p - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn the_training_prior_is_taken_out_again() {
        let trained_on_fma = Calibration::new(Prior::fma(), 1.0, 1e-7);
        let logits = Prior::fma().probabilities().map(|p| p.ln() as f32);
        let posterior = trained_on_fma.posterior(&logits, &Prior::uniform());
        for p in posterior {
            assert!((p - 1.0 / 16.0).abs() < 1e-7);
        }
    }

    #[test]
    #[should_panic(expected = "logits must be finite")]
    fn logits_that_are_no_numbers_are_not_taken_for_the_prior() {
        let mut logits = [0.0; GENRE_COUNT];
        logits[3] = f32::NAN;
        calibration(0.001).posterior(&logits, &Prior::fma());
    }

    proptest! {
        #[test]
        fn any_finite_logits_give_probabilities(
            logits in proptest::array::uniform16(
                proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO
            ),
            temperature in Calibration::TEMPERATURES,
            floor in Calibration::FLOORS,
        ) {
            let calibration = Calibration::new(Prior::uniform(), temperature, floor);
            let posterior = calibration.posterior(&logits, &Prior::fma());
            let sum: f64 = posterior.iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-12);
            prop_assert!(posterior.iter().all(|p| *p >= floor * (1.0 - 1e-9) && *p < 1.0));
        }
    }
}
