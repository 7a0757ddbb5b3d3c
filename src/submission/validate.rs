//! Checking a submission without labels.

use std::collections::HashSet;
use std::fmt;
use std::io::Read;

use super::hints::{id_hint, without_decimals};
use super::predictions::Draft;
use super::{Defect, Predictions, Reference, ShownId, SubmissionError, Sums};

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
        let sound = self.predictions.rows.iter();
        let mut rows: Vec<(u64, &[u8])> = sound.map(|row| (row.line, row.id.as_slice())).collect();
        rows.extend(self.faulty.iter().map(|(line, id)| (*line, id.as_slice())));
        rows.sort_unstable();

        let found: HashSet<&[u8]> = rows.iter().map(|(_, id)| *id).collect();
        let known: HashSet<&[u8]> = expected.iter().copied().collect();
        let mut missing = Vec::new();
        for id in expected.iter().filter(|id| !found.contains(*id)) {
            let defect = Defect::Missing(Reference::Payload);
            self.problems.add(None, id, defect);
            missing.push(*id);
        }
        let mut extra = Vec::new();
        for (line, id) in rows.into_iter().filter(|(_, id)| !known.contains(id)) {
            let defect = Defect::Extra(Reference::Payload);
            self.problems.add(line, id, defect);
            extra.push(id);
        }
        let hint = id_hint(&missing, &extra, Reference::Payload);
        self.problems.set_hint(hint);
    }
}

/// What is odd about the ids of a valid submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// All end in `.mp3`.
    EndingKept,
    /// All are numbers that end in `.0`.
    Decimals,
    /// Some are not UTF-8.
    NotUtf8 {
        /// How many.
        count: usize,
        /// The first of them.
        first: Vec<u8>,
    },
}

impl Remark {
    /// All that is odd about these ids.
    pub fn about(predictions: &Predictions) -> Vec<Self> {
        let all = |is_odd: fn(&[u8]) -> bool| predictions.rows.iter().all(|row| is_odd(&row.id));
        let mut remarks = Vec::new();
        if all(|id| id.ends_with(b".mp3")) {
            remarks.push(Self::EndingKept);
        }
        if all(|id| without_decimals(id).is_some()) {
            remarks.push(Self::Decimals);
        }
        let is_broken = |id: &&Vec<u8>| std::str::from_utf8(id).is_err();
        let mut broken = predictions.rows.iter().map(|row| &row.id).filter(is_broken);
        if let Some(first) = broken.next() {
            remarks.push(Self::NotUtf8 {
                first: first.clone(),
                count: 1 + broken.count(),
            });
        }
        remarks
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndingKept => write!(
                f,
                "every file_id ends in .mp3; it should be the file name without its ending"
            ),
            Self::Decimals => write!(
                f,
                "every file_id ends in .0, as numbers do that were read as such; in pandas, \
                 dtype={{'file_id': str}} keeps ids as they are"
            ),
            Self::NotUtf8 { count, first } => {
                let first = ShownId(first);
                match count {
                    1 => write!(f, "the file_id {first} is not UTF-8: ")?,
                    _ => write!(f, "{count} file_ids are not UTF-8, such as {first}: ")?,
                }
                write!(
                    f,
                    "CSV readers such as pandas refuse the file unless they are told otherwise \
                     (encoding_errors='surrogateescape')"
                )
            }
        }
    }
}
