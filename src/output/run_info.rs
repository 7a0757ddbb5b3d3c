//! What a run's records have in common, and what it says of each file.

use std::cmp::Ordering;

use crate::genre::{GENRES, Probabilities};
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
        let mut choices = match record.status {
            Status::Unusable => Vec::new(),
            Status::Ok | Status::Warning => ranked(&record.probabilities),
        };
        choices.truncate(self.top);
        choices
    }

    /// The most probable genre, unless it is unknown.
    pub(super) fn genre(&self, record: &Record) -> Option<&'static str> {
        if record.status == Status::Unusable {
            return None;
        }
        let best = *ranked(&record.probabilities).first()?;
        (best.probability >= self.min_probability).then_some(best.genre)
    }
}

/// All genres, the most probable first; of equals the one that comes first in
/// [`GENRES`].
fn ranked(probabilities: &Probabilities) -> Vec<Choice> {
    let mut choices: Vec<Choice> = GENRES
        .iter()
        .zip(probabilities)
        .map(|(&genre, &probability)| Choice { genre, probability })
        .collect();
    choices.sort_by(|a, b| {
        let order = b.probability.partial_cmp(&a.probability);
        order.unwrap_or(Ordering::Equal)
    });
    choices
}
