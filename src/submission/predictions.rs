//! Predictions: an id and 16 probabilities per row.

use std::io::Read;

use super::first_lines::FirstLines;
use super::header::Header;
use super::problem::excerpt;
use super::records::{Record, Records};
use super::{Defect, Problems, SubmissionError};
use crate::genre::{GENRE_COUNT, GENRES, Probabilities};

/// How far the sum of a row may be from 1.
///
/// 16 values rounded to four decimals can be off by 16 x 0.00005 = 0.0008
/// together; a model that writes fewer digits, or scores that are no
/// probabilities, exceed this.
pub const SUM_TOLERANCE: f64 = 1e-3;

/// Fields of a row: the id and the probabilities.
const FIELDS: usize = 1 + GENRE_COUNT;

/// What becomes of rows that do not sum to 1 within [`SUM_TOLERANCE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sums {
    /// They are errors.
    Check,
    /// They are accepted as they are, as the challenge's grader did: it
    /// divided every row by its sum.
    Accept,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Where it begins, from 1.
    pub line: u64,
    /// The `file_id`; raw bytes, because file names are.
    pub id: Vec<u8>,
    /// As written: each from 0 to 1, the sum as [`Sums`] allows.
    pub probabilities: Probabilities,
}

/// The rows of a file of predictions; at least one, all ids different.
#[derive(Debug, Clone)]
pub struct Predictions {
    /// What was read, as messages show it.
    pub origin: String,
    /// In the order of the file.
    pub rows: Vec<Prediction>,
}

impl Predictions {
    /// Reads a CSV with the header `file_id`, then the 16 genres in the order
    /// of [`GENRES`]. Messages call it `origin`.
    ///
    /// # Errors
    /// [`SubmissionError`] that holds everything wrong with it.
    pub fn read(origin: &str, reader: impl Read, sums: Sums) -> Result<Self, SubmissionError> {
        Draft::read(origin, reader, sums)?.finish()
    }

    /// How many rows do not sum to 1 within [`SUM_TOLERANCE`]; with
    /// [`Sums::Check`] there are none.
    pub fn unnormalised(&self) -> usize {
        let off = |row: &&Prediction| !sums_to_one(&row.probabilities);
        self.rows.iter().filter(off).count()
    }
}

/// A file of predictions with all its faults.
pub(super) struct Draft {
    /// The rows without a fault.
    pub(super) predictions: Predictions,
    /// Line and id of rows whose numbers have a fault, but not their id.
    pub(super) faulty: Vec<(u64, Vec<u8>)>,
    pub(super) problems: Problems,
}

impl Draft {
    pub(super) fn read(
        origin: &str,
        reader: impl Read,
        sums: Sums,
    ) -> Result<Self, SubmissionError> {
        let mut records = Records::new(origin, reader);
        let mut names = vec!["file_id"];
        names.extend(GENRES);
        Header::read(&mut records)?.among(&[&names])?;

        let mut first_lines = FirstLines::default();
        let mut draft = Self {
            predictions: Predictions {
                origin: origin.to_owned(),
                rows: Vec::new(),
            },
            faulty: Vec::new(),
            problems: Problems::new(origin),
        };
        while let Some(record) = records.next()? {
            let (line, id) = (record.line, record.id());
            let problems = &mut draft.problems;
            let probabilities = probabilities_of(&record, sums)
                .map_err(|defect| problems.add(line, id, defect))
                .ok();
            if id.is_empty() {
                problems.add(line, id, Defect::EmptyId);
            } else if first_lines.is_full() {
                problems.add(line, id, Defect::BeyondLimit);
            } else if let Some(first_line) = first_lines.note(id, line) {
                problems.add(line, id, Defect::RepeatedId { first_line });
            } else if let Some(probabilities) = probabilities {
                draft.predictions.rows.push(Prediction {
                    line,
                    id: id.to_vec(),
                    probabilities,
                });
            } else {
                draft.faulty.push((line, id.to_vec()));
            }
        }
        if draft.predictions.rows.is_empty() && draft.problems.is_empty() {
            return Err(SubmissionError::NoRows(origin.to_owned()));
        }
        Ok(draft)
    }

    /// The predictions if there is no problem.
    pub(super) fn finish(self) -> Result<Predictions, SubmissionError> {
        Ok(self.problems.none_or(self.predictions)?)
    }
}

fn probabilities_of(record: &Record<'_>, sums: Sums) -> Result<Probabilities, Defect> {
    if record.len() != FIELDS {
        return Err(Defect::FieldCount {
            found: record.len(),
            expected: FIELDS,
        });
    }
    let mut probabilities = [0.0; GENRE_COUNT];
    let fields = record.iter().skip(1).zip(GENRES);
    for (probability, (field, genre)) in probabilities.iter_mut().zip(fields) {
        *probability = parse_probability(field).ok_or_else(|| Defect::NotAProbability {
            genre,
            text: excerpt(field),
        })?;
    }
    if sums == Sums::Check && !sums_to_one(&probabilities) {
        return Err(Defect::Sum(probabilities.iter().sum()));
    }
    Ok(probabilities)
}

/// A number from 0 to 1, which NaN is not; blanks around it do not matter.
fn parse_probability(field: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(field).ok()?.trim().parse().ok()?;
    (0.0..=1.0).contains(&value).then_some(value)
}

fn sums_to_one(probabilities: &Probabilities) -> bool {
    (probabilities.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIFORM: &str = "0.0625,0.0625,0.0625,0.0625,0.0625,0.0625,0.0625,0.0625,\
        0.0625,0.0625,0.0625,0.0625,0.0625,0.0625,0.0625,0.0625";

    fn header() -> String {
        format!("file_id,{}\n", GENRES.join(","))
    }

    fn read(rows: &[u8], sums: Sums) -> Result<Predictions, SubmissionError> {
        let file = [header().as_bytes(), rows].concat();
        Predictions::read("\"p.csv\"", file.as_slice(), sums)
    }

    fn defects(rows: &str) -> Vec<(Option<u64>, Defect)> {
        match read(rows.as_bytes(), Sums::Check) {
            Err(SubmissionError::Invalid(problems)) => {
                let list = problems.first().iter();
                list.map(|p| (p.line, p.defect.clone())).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ids_are_bytes_and_numbers_come_in_any_notation() {
        let row = UNIFORM
            .replacen("0.0625", " 6.25E-2 ", 1)
            .replacen("0.0625", "+.0625", 1);
        let rows = [b"\"a,\xff\",", row.as_bytes(), b"\r\n"].concat();
        let predictions = read(&rows, Sums::Check).unwrap();
        assert_eq!(predictions.rows.len(), 1);
        assert_eq!(predictions.rows[0].id, b"a,\xff");
        assert_eq!(predictions.rows[0].probabilities, [0.0625; GENRE_COUNT]);
    }

    #[test]
    fn every_value_that_is_no_probability_is_refused() {
        for text in ["nan", "inf", "-0.1", "1.0000001", "", "x", "0,5", "1e400"] {
            let row = UNIFORM.replacen("0.0625", &format!("\"{text}\""), 1);
            let expected = Defect::NotAProbability {
                genre: "Blues",
                text: text.into(),
            };
            assert_eq!(defects(&format!("a,{row}\n")), [(Some(2), expected)]);
        }
    }

    #[test]
    fn sums_have_a_tolerance_unless_they_do_not_matter() {
        let with_first = |first: &str| format!("a,{}\n", UNIFORM.replacen("0.0625", first, 1));
        let nearly = with_first("0.0634");
        assert!(read(nearly.as_bytes(), Sums::Check).is_ok());
        let off = with_first("0.0636");
        assert!(matches!(defects(&off)[..], [(Some(2), Defect::Sum(_))]));
        let accepted = read(off.as_bytes(), Sums::Accept).unwrap();
        assert_eq!(accepted.unnormalised(), 1);
    }

    #[test]
    fn a_third_row_with_an_id_names_the_line_of_the_first() {
        let rows = format!("a,{UNIFORM}\n").repeat(3);
        let repeated = Defect::RepeatedId { first_line: 2 };
        assert_eq!(
            defects(&rows),
            [(Some(3), repeated.clone()), (Some(4), repeated)]
        );
    }

    #[test]
    fn a_header_needs_rows() {
        let error = read(b"\n", Sums::Check).unwrap_err();
        assert_eq!(error.to_string(), "\"p.csv\" has a header but no rows");
    }

    #[test]
    fn all_faults_of_a_file_are_found() {
        let rows = format!("a,{UNIFORM}\na,{UNIFORM}\n,{UNIFORM}\nb,{UNIFORM},1\nb\n");
        let field_count = |found| Defect::FieldCount {
            found,
            expected: 17,
        };
        let expected = [
            (Some(3), Defect::RepeatedId { first_line: 2 }),
            (Some(4), Defect::EmptyId),
            (Some(5), field_count(18)),
            (Some(6), field_count(1)),
            (Some(6), Defect::RepeatedId { first_line: 5 }),
        ];
        assert_eq!(defects(&rows), expected);
    }
}
