//! What the rows of shards depend on, beside the files.

use serde::{Deserialize, Serialize};

use crate::genre::Probabilities;

/// What made the rows of a shard; all shards of a run have the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MadeBy {
    /// `predict` or `classify`.
    pub command: String,
    /// The format of the output: `csv`, `jsonl` or `parquet`.
    pub format: String,
    /// Version of this program.
    pub program_version: String,
    /// Name of the model.
    pub model: String,
    /// Version of the model; changes whenever its probabilities do.
    pub model_version: String,
    /// Name of the class prior.
    pub prior: String,
    /// The prior itself: two files of one name may differ.
    pub prior_probabilities: Probabilities,
    /// `--top`, where rows depend on it.
    pub top: Option<usize>,
    /// `--min-probability`, where rows depend on it.
    pub min_probability: Option<f64>,
    /// `--timeline` in seconds, if it was asked for.
    pub timeline: Option<f64>,
}

impl MadeBy {
    /// The first thing in which two runs differ: its name, and what each has.
    pub(super) fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let pairs = [
            ("command", &self.command, &other.command),
            ("format", &self.format, &other.format),
            (
                "program version",
                &self.program_version,
                &other.program_version,
            ),
            ("model", &self.model, &other.model),
            ("model version", &self.model_version, &other.model_version),
            ("prior", &self.prior, &other.prior),
        ];
        for (name, ours, theirs) in pairs {
            if ours != theirs {
                return Some((name, format!("{ours:?}"), format!("{theirs:?}")));
            }
        }
        if self.prior_probabilities != other.prior_probabilities {
            let unlike = |probabilities: &Probabilities| format!("{probabilities:?}");
            return Some((
                "prior",
                unlike(&self.prior_probabilities),
                unlike(&other.prior_probabilities),
            ));
        }
        let said = |value: Option<f64>| value.map_or("not given".into(), |value| value.to_string());
        let top = |made_by: &Self| made_by.top.map(|top| top as f64);
        [
            ("--top", top(self), top(other)),
            (
                "--min-probability",
                self.min_probability,
                other.min_probability,
            ),
            ("--timeline", self.timeline, other.timeline),
        ]
        .into_iter()
        .find(|(_, ours, theirs)| ours != theirs)
        .map(|(name, ours, theirs)| (name, said(ours), said(theirs)))
    }
}
