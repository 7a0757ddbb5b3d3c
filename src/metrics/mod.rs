//! How good predictions are: log loss, accuracy, F1, calibration, and how sure
//! one can be of these numbers.
//!
//! Log loss, accuracy, F1, precision, recall and balanced accuracy are those of
//! scikit-learn; the tests compare them. (Log loss changed there since; see
//! [`scikit_learn_log_loss()`].) The challenge ranked by mean log loss;
//! what its leaderboard called F1 was the micro average, which is
//! [`accuracy`](Evaluation::accuracy).

mod bootstrap;
mod confusion;
mod log_loss;
mod outcome;
mod reliability;

use serde::Serialize;

use crate::genre::{GENRE_COUNT, GENRES, Probabilities, most_probable};

pub use bootstrap::{Bootstrap, CONFIDENCE, Estimate};
pub use confusion::Confusion;
pub use log_loss::{LEAST_PROBABILITY, log_loss, normalise, scikit_learn_log_loss};
pub use reliability::{BIN_COUNT, Reliability, ReliabilityBin};

use outcome::Outcome;

/// One labelled prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Index of the true genre in [`GENRES`].
    pub truth: usize,
    /// As predicted; need not sum to 1.
    pub probabilities: Probabilities,
}

impl Sample {
    /// The genre with the highest probability; the first of equals.
    pub fn predicted(&self) -> usize {
        most_probable(&self.probabilities)
    }
}

/// Everything that is said about a set of predictions.
///
/// A balanced figure is the mean over the genres that have samples, so that a
/// rare genre counts as much as a frequent one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Number of samples.
    pub clips: usize,
    /// Mean of [`log_loss()`] in nats, 0 or more; what the challenge ranked by.
    pub log_loss: Estimate,
    /// Mean of [`scikit_learn_log_loss()`] in nats, 0 or more.
    pub scikit_learn_log_loss: f64,
    /// Share of samples whose genre is [`Sample::predicted`], 0 to 1.
    pub accuracy: Estimate,
    /// See [`Confusion::macro_f1`].
    pub macro_f1: Estimate,
    /// Mean of the genres' mean log losses.
    pub balanced_log_loss: f64,
    /// Mean of the genres' recalls.
    pub balanced_accuracy: f64,
    /// Whether a probability of 0.7 is right in 7 of 10 cases.
    pub calibration: Reliability,
    /// In the order of [`GENRES`].
    pub genres: Vec<GenreReport>,
    /// What was taken for what.
    pub confusion: Confusion,
}

/// How one genre fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenreReport {
    /// Its name.
    pub genre: &'static str,
    /// Samples of this genre.
    pub support: u64,
    /// Samples taken for this genre.
    pub predicted: u64,
    /// Share of the latter that are of this genre; none if there are none.
    pub precision: Option<f64>,
    /// Share of the former that were taken for this genre; none if there are
    /// none.
    pub recall: Option<f64>,
    /// Harmonic mean of both; none if the genre has neither samples nor
    /// predictions.
    pub f1: Option<f64>,
    /// Mean log loss of its samples; none if there are none.
    pub log_loss: Option<f64>,
    /// Share of its samples in all, 0 to 1.
    pub frequency: f64,
    /// Its mean probability over all samples, 0 to 1: below the frequency for
    /// a genre that the predictions neglect.
    pub mean_probability: f64,
}

impl Evaluation {
    /// Evaluates `samples`, at least one.
    ///
    /// # Panics
    /// If there are none, or if a truth is not below [`GENRE_COUNT`].
    pub fn new(samples: &[Sample], bootstrap: Bootstrap) -> Self {
        assert!(!samples.is_empty(), "no samples to evaluate");
        let clips = samples.len();
        let outcomes: Vec<Outcome> = samples.iter().map(Outcome::of).collect();
        let confusion = Confusion::of(&outcomes);
        let mut loss_sums: Probabilities = [0.0; GENRE_COUNT];
        for outcome in &outcomes {
            loss_sums[outcome.truth] += outcome.log_loss;
        }
        let mut probability_sums: Probabilities = [0.0; GENRE_COUNT];
        for sample in samples {
            let probabilities = normalise(&sample.probabilities);
            for (sum, probability) in probability_sums.iter_mut().zip(probabilities) {
                *sum += probability;
            }
        }
        let genres: Vec<GenreReport> = (0..GENRE_COUNT)
            .map(|genre| {
                let support = confusion.support(genre);
                GenreReport {
                    genre: GENRES[genre],
                    support,
                    predicted: confusion.predicted(genre),
                    precision: confusion.precision(genre),
                    recall: confusion.recall(genre),
                    f1: confusion.f1(genre),
                    log_loss: (support > 0).then(|| loss_sums[genre] / support as f64),
                    frequency: support as f64 / clips as f64,
                    mean_probability: probability_sums[genre] / clips as f64,
                }
            })
            .collect();
        let [log_loss, accuracy, macro_f1] = bootstrap.estimates(&outcomes);
        Self {
            clips,
            log_loss,
            scikit_learn_log_loss: mean(samples.iter().map(scikit_learn_log_loss)),
            accuracy,
            macro_f1,
            balanced_log_loss: mean(genres.iter().filter_map(|genre| genre.log_loss)),
            balanced_accuracy: mean(genres.iter().filter_map(|genre| genre.recall)),
            calibration: Reliability::of(samples),
            genres,
            confusion,
        }
    }
}

/// The mean of at least one value.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0_u32, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / f64::from(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_probabilities_wins() {
        let mut probabilities = [0.0; GENRE_COUNT];
        let predicted = |probabilities| {
            Sample {
                truth: 0,
                probabilities,
            }
            .predicted()
        };
        assert_eq!(predicted(probabilities), 0);
        probabilities[3] = 0.5;
        probabilities[7] = 0.5;
        assert_eq!(predicted(probabilities), 3);
    }

    #[test]
    fn genres_without_samples_do_not_count_in_balanced_figures() {
        let sample = |truth, top| {
            let mut probabilities = [0.02; GENRE_COUNT];
            probabilities[top] = 0.7;
            Sample {
                truth,
                probabilities,
            }
        };
        let samples = [sample(0, 0), sample(0, 0), sample(0, 2), sample(1, 1)];
        let evaluation = Evaluation::new(&samples, Bootstrap::default());
        assert!((evaluation.balanced_accuracy - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12);
        let blues = (2.0 * -(0.7_f64.ln()) - 0.02_f64.ln()) / 3.0;
        let classical = -(0.7_f64.ln());
        assert!((evaluation.balanced_log_loss - (blues + classical) / 2.0).abs() < 1e-12);
        let country = &evaluation.genres[2];
        assert_eq!((country.support, country.predicted), (0, 1));
        assert_eq!((country.precision, country.recall), (Some(0.0), None));
        assert_eq!((country.f1, country.log_loss), (Some(0.0), None));
        assert_eq!(evaluation.genres[3].f1, None);
    }
}
