//! Putting predictions and labels together.

use std::collections::{HashMap, HashSet};

use super::{
    Defect, IdKind, Labels, Prediction, Predictions, Problems, Reference, SubmissionError,
};
use crate::metrics::Sample;

/// Finds the label of every prediction and the prediction of every label.
///
/// The samples are in the order of the predictions' ids, so that nothing that
/// is computed from them depends on the order of a file.
///
/// # Errors
/// [`SubmissionError::Invalid`] with every id that has no counterpart.
pub fn pair(predictions: &Predictions, labels: &Labels) -> Result<Vec<Sample>, SubmissionError> {
    let mut problems = Problems::new(&predictions.origin);
    let mut by_key: HashMap<&[u8], &Prediction> = HashMap::new();
    for row in &predictions.rows {
        if let Some(first) = by_key.insert(labels.ids.key(&row.id), row) {
            let first_line = first.line;
            problems.add(row.line, &row.id, Defect::RepeatedId { first_line });
        }
    }

    let mut pairs = Vec::with_capacity(labels.rows.len());
    let mut missing = Vec::new();
    for label in &labels.rows {
        match by_key.remove(labels.ids.key(&label.id)) {
            Some(prediction) => pairs.push((prediction, label.genre)),
            None => {
                problems.add(label.line, &label.id, Defect::Missing(Reference::Labels));
                missing.push(label.id.as_slice());
            }
        }
    }
    let mut extra: Vec<&Prediction> = by_key.into_values().collect();
    extra.sort_by_key(|row| row.line);
    for row in &extra {
        problems.add(row.line, &row.id, Defect::Extra(Reference::Labels));
    }
    let extra_ids: Vec<&[u8]> = extra.iter().map(|row| row.id.as_slice()).collect();
    problems
        .set_hint(ending_hint(&missing, &extra_ids).or_else(|| zeros_hint(&missing, &extra_ids)));

    pairs.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let samples = pairs.into_iter().map(|(prediction, truth)| Sample {
        truth,
        probabilities: prediction.probabilities,
    });
    Ok(problems.none_or(samples.collect())?)
}

/// Whether some extra ids are missing ones with `.mp3` at their end.
pub(super) fn ending_hint(missing: &[&[u8]], extra: &[&[u8]]) -> Option<&'static str> {
    let missing: HashSet<&[u8]> = missing.iter().copied().collect();
    extra
        .iter()
        .filter_map(|id| id.strip_suffix(b".mp3"))
        .any(|stem| missing.contains(stem))
        .then_some("a file_id is the file name without its .mp3")
}

/// Whether some extra ids are missing ones with other leading zeros.
fn zeros_hint(missing: &[&[u8]], extra: &[&[u8]]) -> Option<&'static str> {
    let number = |id: &&'_ [u8]| IdKind::TrackNumber.key(id).to_vec();
    let missing: HashSet<Vec<u8>> = missing.iter().map(number).collect();
    extra
        .iter()
        .any(|id| missing.contains(&number(id)))
        .then_some("ids are compared as numbers if the labels' first column is called track_id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::GENRE_COUNT;
    use crate::submission::Label;

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
        }
    }

    #[test]
    fn pairs_are_found_by_id_and_sorted_by_it() {
        let labels = labels(IdKind::FileName, &["a", "b", "c"]);
        let samples = pair(&predictions(&["c", "a", "b"]), &labels).unwrap();
        let found: Vec<(usize, f64)> = samples
            .iter()
            .map(|sample| (sample.truth, sample.probabilities[0]))
            .collect();
        assert_eq!(found, [(2, 1.0 / 3.0), (3, 0.25), (4, 0.5)]);
    }

    #[test]
    fn track_numbers_match_padded_ids_and_twins_are_told() {
        let kit = labels(IdKind::TrackNumber, &["2", "30"]);
        assert_eq!(
            pair(&predictions(&["000002", "30"]), &kit).unwrap().len(),
            2
        );
        let twins = pair(&predictions(&["000002", "30", "2"]), &kit).unwrap_err();
        let expected = "\"p.csv\" has 1 problem
  repeated id: 1
    line 4: \"2\", first in line 2";
        assert_eq!(twins.to_string(), expected);
    }

    #[test]
    fn missing_and_extra_ids_are_told_with_a_hint() {
        let message = |predicted: &[&str], labelled: &[&str]| {
            let labels = labels(IdKind::FileName, labelled);
            pair(&predictions(predicted), &labels)
                .unwrap_err()
                .to_string()
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
