//! Confidence intervals by resampling.

use serde::Serialize;

use super::{Confusion, Outcome};

/// The share of intervals that should hold the true value.
pub const CONFIDENCE: f64 = 0.95;

/// A figure and its interval at [`CONFIDENCE`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Of the samples themselves.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// How intervals are found: the percentile bootstrap (Efron and Tibshirani,
/// "An Introduction to the Bootstrap", 1993, chapter 13).
///
/// Clips are drawn one by one. Where several clips come from one artist or
/// recording they are not independent, and true intervals are wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bootstrap {
    /// How often as many samples as there are drawn from them, with
    /// replacement; at least 1. 1000 leave the ends of an interval uncertain
    /// by a few per cent of its width.
    pub resamples: usize,
    /// The same seed gives the same intervals, on every machine and in every
    /// version of this program.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 0,
        }
    }
}

impl Bootstrap {
    /// Mean log loss, accuracy and macro F1.
    pub(super) fn estimates(&self, outcomes: &[Outcome]) -> [Estimate; 3] {
        let values = figures(outcomes.iter());
        let mut random = SplitMix64(self.seed);
        let mut resampled = [const { Vec::new() }; 3];
        for _ in 0..self.resamples {
            let draws = (0..outcomes.len()).map(|_| &outcomes[random.below(outcomes.len())]);
            for (list, figure) in resampled.iter_mut().zip(figures(draws)) {
                list.push(figure);
            }
        }
        let tail = (1.0 - CONFIDENCE) / 2.0;
        std::array::from_fn(|index| {
            let sorted = &mut resampled[index];
            sorted.sort_by(f64::total_cmp);
            Estimate {
                value: values[index],
                low: quantile(sorted, tail),
                high: quantile(sorted, 1.0 - tail),
            }
        })
    }
}

/// Mean log loss, accuracy and macro F1 of at least one outcome.
fn figures<'o>(outcomes: impl ExactSizeIterator<Item = &'o Outcome>) -> [f64; 3] {
    let count = outcomes.len() as f64;
    let mut confusion = Confusion::empty();
    let mut loss = 0.0;
    for outcome in outcomes {
        confusion.count(outcome);
        loss += outcome.log_loss;
    }
    [loss / count, confusion.accuracy(), confusion.macro_f1()]
}

/// The value below which a share of `q` of the `sorted` values lies, linear
/// between neighbours.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let position = q * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * position.fract()
}

/// A small generator of random numbers with a fixed sequence (Steele, Lea and
/// Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). It
/// is here, six lines long, so that no update of a library changes published
/// intervals.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `limit` - 1; the bias is below `limit` / 2^64.
    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_sequence_is_the_published_one() {
        let mut random = SplitMix64(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(expected, std::array::from_fn(|_| random.next()));
    }

    #[test]
    fn quantiles_are_linear_between_values() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!(quantile(&sorted, 0.0), 1.0);
        assert_eq!(quantile(&sorted, 0.75), 3.0);
        assert_eq!(quantile(&sorted, 1.0), 4.0);
        assert_eq!(quantile(&[5.0], 0.025), 5.0);
    }

    #[test]
    fn the_interval_of_a_share_is_that_of_the_binomial_distribution() {
        let outcomes: Vec<Outcome> = (0..1000)
            .map(|index| Outcome {
                log_loss: 1.0,
                truth: 0,
                predicted: usize::from(index >= 600),
            })
            .collect();
        let [loss, accuracy, _] = Bootstrap::default().estimates(&outcomes);
        assert_eq!((loss.low, loss.high), (1.0, 1.0));
        // 0.6 +- 1.96 sqrt(0.6 x 0.4 / 1000)
        assert!((accuracy.low - 0.5696).abs() < 0.005, "{accuracy:?}");
        assert!((accuracy.high - 0.6304).abs() < 0.005, "{accuracy:?}");
    }
}
