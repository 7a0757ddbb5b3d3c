//! What a journal's results depend on, beside the files.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::genre::GENRE_COUNT;
use crate::pipeline::Question;

/// Version of the journal's own format.
const JOURNAL_VERSION: u32 = 1;

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    journal_version: u32,
    program_version: String,
    model: String,
    model_version: String,
    /// The prior's probabilities as their bits, which JSON keeps exactly.
    prior: [u64; GENRE_COUNT],
    timeline: Option<Duration>,
}

/// The one field that headers of all versions have.
#[derive(Deserialize)]
pub(super) struct Version {
    journal_version: u32,
}

impl Version {
    /// What is wrong with it, if anything is.
    pub(super) fn difference(&self) -> Option<String> {
        (self.journal_version != JOURNAL_VERSION).then(|| {
            let found = self.journal_version;
            format!("it has format {found}, this program writes format {JOURNAL_VERSION}")
        })
    }
}

impl Header {
    pub(super) fn new(question: &Question<'_>) -> Self {
        let manifest = question.model.manifest();
        Self {
            journal_version: JOURNAL_VERSION,
            program_version: env!("CARGO_PKG_VERSION").into(),
            model: manifest.name.clone(),
            model_version: manifest.version.clone(),
            prior: question.prior.probabilities().map(f64::to_bits),
            timeline: question.timeline,
        }
    }

    /// The options that `self`, of the run at hand, and `journal` do not share.
    pub(super) fn differences(&self, journal: &Self) -> Vec<String> {
        let timeline = |header: &Self| match header.timeline {
            Some(segment) => format!("--timeline {}", segment.as_secs_f64()),
            None => "no --timeline".into(),
        };
        let mut differences = Vec::new();
        if self.model != journal.model {
            let (before, now) = (&journal.model, &self.model);
            differences.push(format!("it was begun with --model {before:?}, not {now:?}"));
        }
        if self.prior != journal.prior {
            differences.push("it was begun with another --prior".into());
        }
        if self.timeline != journal.timeline {
            let (before, now) = (timeline(journal), timeline(self));
            differences.push(format!("it was begun with {before}, not {now}"));
        }
        differences
    }

    /// The versions that wrote `journal`, if results of this run may differ from
    /// theirs with the same options.
    pub(super) fn other_versions(&self, journal: &Self) -> Option<String> {
        let same = self.program_version == journal.program_version
            && self.model_version == journal.model_version;
        (!same).then(|| {
            let Self {
                program_version,
                model,
                model_version,
                ..
            } = journal;
            format!("fma-genre {program_version} with version {model_version} of {model:?}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            journal_version: JOURNAL_VERSION,
            program_version: "1.0.0".into(),
            model: "a".into(),
            model_version: "2".into(),
            prior: [0.0625_f64.to_bits(); GENRE_COUNT],
            timeline: None,
        }
    }

    #[test]
    fn every_option_that_differs_is_named() {
        let mut now = header();
        assert_eq!(now.differences(&header()), Vec::<String>::new());
        now.model = "b".into();
        now.prior[3] = 0;
        now.timeline = Some(Duration::from_millis(2_500));
        assert_eq!(
            now.differences(&header()),
            [
                "it was begun with --model \"a\", not \"b\"",
                "it was begun with another --prior",
                "it was begun with no --timeline, not --timeline 2.5",
            ]
        );
    }

    #[test]
    fn other_versions_of_program_and_model_are_told() {
        let mut now = header();
        assert_eq!(now.other_versions(&header()), None);
        now.model_version = "3".into();
        assert_eq!(
            now.other_versions(&header()).unwrap(),
            "fma-genre 1.0.0 with version 2 of \"a\""
        );
        now = header();
        now.program_version = "1.1.0".into();
        assert!(now.other_versions(&header()).is_some());
    }
}
