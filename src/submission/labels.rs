//! Labels: the true genre of each id.

use std::io::Read;

use super::first_lines::FirstLines;
use super::header::Header;
use super::problem::excerpt;
use super::records::Records;
use super::{Defect, Problems, SubmissionError, tracks};
use crate::genre::genre_index;

/// What the ids of labels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// File names without ending, from a column `file_id`.
    FileName,
    /// Track numbers, from a column `track_id` as the starter kit writes it, or
    /// from FMA's `tracks.csv`: leading zeros do not matter. An id that is not all digits is compared
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
    /// Rows of FMA's `tracks.csv` that have no top genre; they are left out.
    pub without_genre: usize,
}

/// Where a kind of file has its ids and genres. The id is the first field.
struct Layout {
    ids: IdKind,
    /// Fields of a row.
    fields: usize,
    /// Position of the genre.
    genre: usize,
    /// Whether it is FMA's `tracks.csv`.
    is_tracks: bool,
}

impl Layout {
    fn read(records: &mut Records<impl Read>) -> Result<Self, SubmissionError> {
        let header = Header::read(records)?;
        if tracks::is_first_row(&header) {
            return Ok(Self {
                ids: IdKind::TrackNumber,
                fields: header.names.len(),
                genre: tracks::genre_column(&header, records)?,
                is_tracks: true,
            });
        }
        let ids = match header.among(&[&["file_id", "genre"], &["track_id", "genre"]])? {
            0 => IdKind::FileName,
            _ => IdKind::TrackNumber,
        };
        Ok(Self {
            ids,
            fields: 2,
            genre: 1,
            is_tracks: false,
        })
    }

    fn genre_index(&self, name: &str) -> Option<usize> {
        genre_index(if self.is_tracks {
            tracks::genre_name(name)
        } else {
            name
        })
    }
}

impl Labels {
    /// Reads a CSV with the header `file_id,genre` or `track_id,genre`, or
    /// FMA's `tracks.csv` as published. Messages call it `origin`.
    ///
    /// # Errors
    /// [`SubmissionError`] that holds everything wrong with it.
    pub fn read(origin: &str, reader: impl Read) -> Result<Self, SubmissionError> {
        let mut records = Records::new(origin, reader);
        let layout = Layout::read(&mut records)?;
        let mut problems = Problems::new(origin);
        let mut first_lines = FirstLines::default();
        let mut labels = Self {
            ids: layout.ids,
            rows: Vec::new(),
            without_genre: 0,
        };
        while let Some(record) = records.next()? {
            let (line, id) = (record.line, record.id());
            if layout.is_tracks && id == tracks::ID_NAME && first_lines.is_empty() {
                continue;
            }
            if record.len() != layout.fields {
                let (found, expected) = (record.len(), layout.fields);
                problems.add(line, id, Defect::FieldCount { found, expected });
                continue;
            }
            if first_lines.is_full() {
                problems.add(line, id, Defect::BeyondLimit);
                continue;
            }
            let mut has_own_id = true;
            if id.is_empty() {
                has_own_id = false;
                problems.add(line, id, Defect::EmptyId);
            } else if let Some(first_line) = first_lines.note(layout.ids.key(id), line) {
                has_own_id = false;
                problems.add(line, id, Defect::RepeatedId { first_line });
            }
            let field = record.field(layout.genre).unwrap_or_default();
            if layout.is_tracks && field.is_empty() {
                labels.without_genre += 1;
                continue;
            }
            let name = std::str::from_utf8(field).ok();
            match name.and_then(|name| layout.genre_index(name)) {
                Some(genre) if has_own_id => labels.rows.push(Label {
                    line,
                    id: id.to_vec(),
                    genre,
                }),
                Some(_) => {}
                None => problems.add(line, id, Defect::UnknownGenre(excerpt(field))),
            }
        }
        if labels.rows.is_empty() && problems.is_empty() {
            let origin = origin.to_owned();
            return Err(match labels.without_genre {
                0 => SubmissionError::NoRows(origin),
                _ => SubmissionError::NoGenres(origin),
            });
        }
        Ok(problems.none_or(labels)?)
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
    line 2: \"2\" is \"rock\"; did you mean Rock?
    line 6: \"4\" is \"\"
  repeated id: 1
    line 3: \"02\", first in line 2
  no id: 1
    line 4: \"\"
  wrong number of fields: 1
    line 5: \"3\" has 3 fields instead of 2";
        assert_eq!(message(text), expected);
        assert!(message("id,genre\na,Rock\n").contains("file_id,genre or track_id,genre"));
        assert_eq!(
            message("track_id,genre\n"),
            "\"l.csv\" has a header but no rows"
        );
    }

    #[test]
    fn a_third_row_with_an_id_names_the_line_of_the_first() {
        let expected = "\"l.csv\" has 2 problems
  repeated id: 2
    line 3: \"a\", first in line 2
    line 4: \"a\", first in line 2";
        assert_eq!(message("file_id,genre\na,Rock\na,Rock\na,Rock\n"), expected);
    }

    const TRACKS: &str = ",album,set,track,track\n,title,split,genre_top,title\ntrack_id,,,,\n";

    #[test]
    fn the_published_metadata_is_read_as_it_is() {
        let rows = "2,\"A\n,B\",training,Hip-Hop,x\n3,,test,,y\n5,,test,Old-Time/Historic,z\n";
        for header in [TRACKS, TRACKS.trim_end_matches("track_id,,,,\n")] {
            let text = format!("{header}{rows}");
            let labels = Labels::read("", text.as_bytes()).unwrap();
            assert_eq!((labels.ids, labels.without_genre), (IdKind::TrackNumber, 1));
            let genres: Vec<(&[u8], usize)> = labels
                .rows
                .iter()
                .map(|row| (row.id.as_slice(), row.genre))
                .collect();
            assert_eq!(genres, [(b"2".as_slice(), 7), (b"5", 11)]);
        }
        let none = Labels::read("\"l.csv\"", format!("{TRACKS}3,,,,\n").as_bytes());
        assert!(
            none.unwrap_err()
                .to_string()
                .contains("no row with a genre")
        );
    }

    #[test]
    fn faults_of_the_published_metadata_are_named() {
        let expected = "\"l.csv\" has 3 problems
  none of the 16 genres: 1
    line 4: \"2\" is \"hip hop\"; did you mean Hip-Hop?
  repeated id: 1
    line 5: \"02\", first in line 4
  wrong number of fields: 1
    line 6: \"3\" has 2 fields instead of 5";
        assert_eq!(
            message(&format!("{TRACKS}2,,,hip hop,\n02,,,Rock,\n3,Rock\n")),
            expected
        );
        let other = TRACKS.replace("genre_top", "genres");
        assert!(message(&other).contains("no column (track, genre_top)"));
    }
}
