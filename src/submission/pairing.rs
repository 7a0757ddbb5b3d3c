//! Putting predictions and labels together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

use super::hints::id_hint;
use super::{Defect, Labels, Prediction, Predictions, Problems, Reference, SubmissionError};
use crate::metrics::Sample;

/// Which ids must have a counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All, in both files.
    Complete,
    /// One at least: the others are left out.
    Partial,
}

/// Predictions and labels with the same ids.
#[derive(Debug, Clone)]
pub struct Pairs {
    /// At least one, in the order of the predictions' ids, so that nothing
    /// that is computed from them depends on the order of a file.
    pub samples: Vec<Sample>,
    /// How many ids have no counterpart; none with [`Coverage::Complete`].
    pub left_out: LeftOut,
    /// Why they may have none, if that can be guessed.
    pub hint: Option<&'static str>,
}

/// Numbers of ids that only one file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Predicted, but not labelled.
    pub predictions: usize,
    /// Labelled, but not predicted.
    pub labels: usize,
}

/// Finds the label of every prediction and the prediction of every label.
///
/// # Errors
/// [`SubmissionError::Invalid`] with every id that stands for two predictions,
/// and every id that has no counterpart if there must be one or no id has one.
pub fn pair(
    predictions: &Predictions,
    labels: &Labels,
    coverage: Coverage,
) -> Result<Pairs, SubmissionError> {
    let mut problems = Problems::new(&predictions.origin);
    let mut by_key: HashMap<&[u8], &Prediction> = HashMap::new();
    for row in &predictions.rows {
        match by_key.entry(labels.ids.key(&row.id)) {
            Entry::Occupied(first) => {
                let first_line = first.get().line;
                problems.add(row.line, &row.id, Defect::RepeatedId { first_line });
            }
            Entry::Vacant(place) => {
                place.insert(row);
            }
        }
    }

    let mut pairs = Vec::with_capacity(labels.rows.len());
    let mut missing = Vec::new();
    for label in &labels.rows {
        match by_key.remove(labels.ids.key(&label.id)) {
            Some(prediction) => pairs.push((prediction, label.genre)),
            None => missing.push(label),
        }
    }
    let mut extra: Vec<&Prediction> = by_key.into_values().collect();
    extra.sort_by_key(|row| row.line);

    let left_out = LeftOut {
        predictions: extra.len(),
        labels: missing.len(),
    };
    if coverage == Coverage::Complete || pairs.is_empty() {
        for label in &missing {
            problems.add(label.line, &label.id, Defect::Missing(Reference::Labels));
        }
        for row in &extra {
            problems.add(row.line, &row.id, Defect::Extra(Reference::Labels));
        }
    }
    let missing_ids: Vec<&[u8]> = missing.iter().map(|label| label.id.as_slice()).collect();
    let extra_ids: Vec<&[u8]> = extra.iter().map(|row| row.id.as_slice()).collect();
    let hint = id_hint(&missing_ids, &extra_ids, Reference::Labels);
    problems.set_hint(hint);

    pairs.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let samples = pairs.into_iter().map(|(prediction, truth)| Sample {
        truth,
        probabilities: prediction.probabilities,
    });
    Ok(problems.none_or(Pairs {
        samples: samples.collect(),
        left_out,
        hint,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::GENRE_COUNT;
    use crate::submission::{IdKind, Label};

    fn predictions(ids: &[&str]) -> Predictions {
        let rows = ids.iter().zip(2..).map(|(id, line)| Prediction {
            line,
            id: id.as_bytes().to_vec(),
            probabilities: [1.0 / line as f64; GENRE_COUNT],
        });
        Predictions {
            origin: "\"p.csv\"".into(),
            rows: rows.collect(),
        }
    }

    fn labels(kind: IdKind, ids: &[&str]) -> Labels {
        let rows = ids.iter().zip(2..).map(|(id, line)| Label {
            line,
            id: id.as_bytes().to_vec(),
            genre: line as usize,
        });
        Labels {
            ids: kind,
            rows: rows.collect(),
            without_genre: 0,
        }
    }

    fn message(predictions: &Predictions, labels: &Labels, coverage: Coverage) -> String {
        pair(predictions, labels, coverage).unwrap_err().to_string()
    }

    #[test]
    fn pairs_are_found_by_id_and_sorted_by_it() {
        let labels = labels(IdKind::FileName, &["a", "b", "c"]);
        let pairs = pair(&predictions(&["c", "a", "b"]), &labels, Coverage::Complete);
        let found: Vec<(usize, f64)> = pairs
            .unwrap()
            .samples
            .iter()
            .map(|sample| (sample.truth, sample.probabilities[0]))
            .collect();
        assert_eq!(found, [(2, 1.0 / 3.0), (3, 0.25), (4, 0.5)]);
    }

    #[test]
    fn track_numbers_match_padded_ids_and_twins_are_told() {
        let kit = labels(IdKind::TrackNumber, &["2", "30"]);
        let padded = predictions(&["000002", "30"]);
        let pairs = pair(&padded, &kit, Coverage::Complete).unwrap();
        assert_eq!(pairs.samples.len(), 2);
        let twins = predictions(&["000002", "30", "2", "02"]);
        let expected = "\"p.csv\" has 2 problems
  repeated id: 2
    line 4: \"2\", first in line 2
    line 5: \"02\", first in line 2";
        assert_eq!(message(&twins, &kit, Coverage::Complete), expected);
        assert_eq!(message(&twins, &kit, Coverage::Partial), expected);
    }

    #[test]
    fn ids_without_counterpart_can_be_left_out() {
        let labels = labels(IdKind::FileName, &["a", "b", "c"]);
        let pairs = pair(
            &predictions(&["d", "a.mp3", "b"]),
            &labels,
            Coverage::Partial,
        );
        let pairs = pairs.unwrap();
        assert_eq!(pairs.samples.len(), 1);
        assert_eq!((pairs.samples[0].truth, pairs.left_out.predictions), (3, 2));
        assert_eq!(pairs.left_out.labels, 2);
        assert!(pairs.hint.unwrap().contains(".mp3"));
        let nothing_in_common = message(&predictions(&["d"]), &labels, Coverage::Partial);
        assert!(
            nothing_in_common.contains("has 4 problems"),
            "{nothing_in_common}"
        );
    }

    #[test]
    fn missing_and_extra_ids_are_told_with_a_hint() {
        let message = |predicted: &[&str], labelled: &[&str]| {
            let labels = labels(IdKind::FileName, labelled);
            message(&predictions(predicted), &labels, Coverage::Complete)
        };
        let expected = "\"p.csv\" has 2 problems
  labelled, but not predicted: 1
    line 3 of the labels: \"b\"
  predicted, but not labelled: 1
    line 3: \"c\"";
        assert_eq!(message(&["a", "c"], &["a", "b"]), expected);
        assert!(message(&["a.mp3"], &["a"]).ends_with("without its .mp3"));
        assert!(message(&["000002"], &["2"]).ends_with("is called track_id"));
    }
}
