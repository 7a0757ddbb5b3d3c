//! What was taken for what, and the figures that follow from it alone.

use serde::Serialize;

use super::mean;
use super::outcome::Outcome;
use crate::genre::GENRE_COUNT;

/// Counts of samples, `[true genre][predicted genre]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Confusion([[u64; GENRE_COUNT]; GENRE_COUNT]);

impl Confusion {
    pub(super) fn of(outcomes: &[Outcome]) -> Self {
        let mut confusion = Self::empty();
        for outcome in outcomes {
            confusion.count(outcome);
        }
        confusion
    }

    pub(super) fn empty() -> Self {
        Self([[0; GENRE_COUNT]; GENRE_COUNT])
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.0[outcome.truth][outcome.predicted] += 1;
    }

    /// The counts: one row per true genre, one column per predicted genre.
    pub fn counts(&self) -> &[[u64; GENRE_COUNT]; GENRE_COUNT] {
        &self.0
    }

    /// Samples of `genre`.
    pub fn support(&self, genre: usize) -> u64 {
        self.0[genre].iter().sum()
    }

    /// Samples taken for `genre`.
    pub fn predicted(&self, genre: usize) -> u64 {
        self.0.iter().map(|row| row[genre]).sum()
    }

    /// Share of the samples taken for `genre` that are of it.
    pub fn precision(&self, genre: usize) -> Option<f64> {
        ratio(self.0[genre][genre], self.predicted(genre))
    }

    /// Share of the samples of `genre` that were taken for it.
    pub fn recall(&self, genre: usize) -> Option<f64> {
        ratio(self.0[genre][genre], self.support(genre))
    }

    /// Harmonic mean of precision and recall; 0 if either of them is none, and
    /// none if both are.
    pub fn f1(&self, genre: usize) -> Option<f64> {
        let all = self.support(genre) + self.predicted(genre);
        ratio(2 * self.0[genre][genre], all)
    }

    /// Mean F1 over the genres that have samples or predictions, as in
    /// scikit-learn's `f1_score(truth, predicted, average="macro")`.
    pub fn macro_f1(&self) -> f64 {
        mean((0..GENRE_COUNT).filter_map(|genre| self.f1(genre)))
    }

    /// Share of all samples that are on the diagonal.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..GENRE_COUNT).map(|genre| self.0[genre][genre]).sum();
        let all: u64 = self.0.as_flattened().iter().sum();
        right as f64 / all as f64
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
