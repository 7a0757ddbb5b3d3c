//! Labels: the true genre of each id.

use std::collections::HashMap;
use std::io::Read;

use super::records::Records;
use super::{Defect, Problems, SubmissionError};
use crate::genre::genre_index;

/// What the ids of labels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// File names without ending, from a column `file_id`.
    FileName,
    /// Track numbers, from a column `track_id` as the starter kit writes it:
    /// leading zeros do not matter. An id that is not all digits is compared
    /// as it is.
    TrackNumber,
}

impl IdKind {
    /// The part of an id that tells it from others.
    pub(super) fn key(self, id: &[u8]) -> &[u8] {
        let is_number = !id.is_empty() && id.iter().all(u8::is_ascii_digit);
        if self == Self::FileName || !is_number {
            return id;
        }
        let zeros = id.iter().take_while(|digit| **digit == b'0').count();
        // Zero itself keeps a digit.
        &id[zeros.min(id.len() - 1)..]
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where it begins, from 1.
    pub line: u64,
    /// As written.
    pub id: Vec<u8>,
    /// Index into [`GENRES`](crate::genre::GENRES).
    pub genre: usize,
}

/// The rows of a file of labels; at least one, all ids different.
#[derive(Debug, Clone)]
pub struct Labels {
    /// How the ids are compared.
    pub ids: IdKind,
    /// In the order of the file.
    pub rows: Vec<Label>,
}

impl Labels {
    /// Reads a CSV with the header `file_id,genre` or `track_id,genre`.
    /// Messages call it `origin`.
    ///
    /// # Errors
    /// [`SubmissionError`] that holds everything wrong with it.
    pub fn read(origin: &str, reader: impl Read) -> Result<Self, SubmissionError> {
        let records = Records::read(origin, reader)?;
        let ids = match records.header_among(&[&["file_id", "genre"], &["track_id", "genre"]])? {
            0 => IdKind::FileName,
            _ => IdKind::TrackNumber,
        };
        let mut problems = Problems::new(origin);
        let mut lines_of_keys: HashMap<&[u8], u64> = HashMap::new();
        let mut rows = Vec::with_capacity(records.rows.len());
        for (line, record) in &records.rows {
            let (line, id) = (*line, record.get(0).unwrap_or_default());
            if record.len() != 2 {
                let found = record.len();
                problems.add(line, id, Defect::FieldCount { found, expected: 2 });
                continue;
            }
            if id.is_empty() {
                problems.add(line, id, Defect::EmptyId);
            } else if let Some(first_line) = lines_of_keys.insert(ids.key(id), line) {
                problems.add(line, id, Defect::RepeatedId { first_line });
            }
            let name = String::from_utf8_lossy(&record[1]);
            match genre_index(&name) {
                Some(genre) => rows.push(Label {
                    line,
                    id: id.to_vec(),
                    genre,
                }),
                None => problems.add(line, id, Defect::UnknownGenre(name.into_owned())),
            }
        }
        Ok(problems.none_or(Self { ids, rows })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let labels = Labels::read("\"l.csv\"", text.as_bytes());
        labels.unwrap_err().to_string()
    }

    #[test]
    fn both_headers_are_read() {
        let file = Labels::read("", "file_id,genre\nx,Old-Time / Historic\n".as_bytes()).unwrap();
        assert_eq!((file.ids, file.rows[0].genre), (IdKind::FileName, 11));
        let kit = Labels::read("", "track_id,genre\n2,Hip-Hop\n".as_bytes()).unwrap();
        assert_eq!((kit.ids, kit.rows[0].genre), (IdKind::TrackNumber, 7));
    }

    #[test]
    fn only_track_numbers_lose_leading_zeros() {
        let key = |id| IdKind::TrackNumber.key(id);
        assert_eq!(key(b"000002"), b"2");
        assert_eq!(key(b"000"), b"0");
        assert_eq!(key(b"00a"), b"00a");
        assert_eq!(key(b""), b"");
        assert_eq!(IdKind::FileName.key(b"000002"), b"000002");
    }

    #[test]
    fn errors_name_line_id_and_text() {
        let text = "track_id,genre\n2,rock\n02,Rock\n,Rock\n3,Rock,1\n4,\n";
        let expected = "\"l.csv\" has 5 problems
  none of the 16 genres: 2
    line 2: \"2\" is \"rock\"
    line 6: \"4\" is \"\"
  repeated id: 1
    line 3: \"02\", first in line 2
  no id: 1
    line 4: \"\"
  wrong number of fields: 1
    line 5: \"3\" has 3 fields instead of 2";
        assert_eq!(message(text), expected);
        assert!(message("id,genre\na,Rock\n").contains("file_id,genre or track_id,genre"));
    }
}
