//! Checking a submission without labels.

use std::collections::HashSet;
use std::io::Read;

use super::pairing::ending_hint;
use super::predictions::Draft;
use super::{Defect, Predictions, Reference, SubmissionError, Sums};

/// Checks a submission: the header, every row, and, if `expected` ids are
/// given, that there is exactly one row for each of them. Messages call it
/// `origin`.
///
/// # Errors
/// [`SubmissionError`] that holds everything wrong with it.
pub fn validate(
    origin: &str,
    reader: impl Read,
    expected: Option<&[&[u8]]>,
) -> Result<Predictions, SubmissionError> {
    let mut draft = Draft::read(origin, reader, Sums::Check)?;
    if let Some(expected) = expected {
        draft.compare(expected);
    }
    draft.finish()
}

impl Draft {
    /// Adds a problem for every id that is only here or only `expected`.
    fn compare(&mut self, expected: &[&[u8]]) {
        let found: HashSet<&[u8]> = self.rows.iter().map(|row| row.id.as_slice()).collect();
        let known: HashSet<&[u8]> = expected.iter().copied().collect();
        let mut missing = Vec::new();
        for id in expected.iter().filter(|id| !found.contains(*id)) {
            let defect = Defect::Missing(Reference::Payload);
            self.problems.add(None, id, defect);
            missing.push(*id);
        }
        let mut extra = Vec::new();
        for row in &self.rows {
            if !known.contains(row.id.as_slice()) {
                let defect = Defect::Extra(Reference::Payload);
                self.problems.add(row.line, &row.id, defect);
                extra.push(row.id.as_slice());
            }
        }
        self.problems.set_hint(ending_hint(&missing, &extra));
    }
}
