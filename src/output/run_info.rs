//! What a run's records have in common, and what it says of each file.

use crate::genre::{GENRES, most_probable, ranked};
use crate::pipeline::{Record, Status};

/// What outputs say of the run that made them.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInfo {
    /// Name of the model.
    pub model: String,
    /// Version of the model; changes whenever its probabilities do.
    pub model_version: String,
    /// Name of the class prior: `fma`, `uniform` or the name of its file.
    pub prior: String,
    /// How many of the most probable genres are listed, from 1 to 16.
    pub top: usize,
    /// Below this probability, from 0 to 1, the genre of a file is unknown; 0
    /// lets every usable file have one.
    pub min_probability: f64,
}

/// A genre and its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) genre: &'static str,
    pub(super) probability: f64,
}

impl RunInfo {
    /// The most probable genres, best first, [`top`](Self::top) at most; none of
    /// a file that could not be used: its probabilities say nothing about it.
    pub(super) fn top_genres(&self, record: &Record) -> Vec<Choice> {
        if record.status == Status::Unusable {
            return Vec::new();
        }
        let ranked = ranked(&record.probabilities).into_iter();
        ranked.take(self.top).map(Choice::from).collect()
    }

    /// The most probable genre, unless it is unknown.
    pub(super) fn genre(&self, record: &Record) -> Option<&'static str> {
        if record.status == Status::Unusable {
            return None;
        }
        let genre = most_probable(&record.probabilities);
        (record.probabilities[genre] >= self.min_probability).then_some(GENRES[genre])
    }
}

impl From<(&'static str, f64)> for Choice {
    fn from((genre, probability): (&'static str, f64)) -> Self {
        Self { genre, probability }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::GENRE_COUNT;
    use crate::output::samples;

    #[test]
    fn the_best_come_first_and_equals_in_the_order_of_columns() {
        let run = RunInfo {
            top: 4,
            ..samples::run()
        };
        let top = run.top_genres(&samples::record());
        let genres: Vec<&str> = top.iter().map(|choice| choice.genre).collect();
        assert_eq!(genres, ["Blues", "Jazz", "Rock", "Classical"]);
    }

    #[test]
    fn a_genre_that_is_not_probable_enough_is_unknown() {
        let at_least = |min_probability| RunInfo {
            min_probability,
            ..samples::run()
        };
        let record = samples::record();
        assert_eq!(at_least(0.7).genre(&record), Some("Blues"));
        assert_eq!(at_least(0.71).genre(&record), None);
        assert_eq!(at_least(0.71).top_genres(&record).len(), 3);
    }

    #[test]
    fn a_file_that_cannot_be_used_has_neither() {
        let run = RunInfo {
            min_probability: 0.0,
            top: GENRE_COUNT,
            ..samples::run()
        };
        assert_eq!(run.genre(&samples::unusable()), None);
        assert_eq!(run.top_genres(&samples::unusable()), []);
    }
}
