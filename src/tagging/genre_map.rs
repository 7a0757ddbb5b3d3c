//! The user's own names for the genres.

use std::io::Read;

use thiserror::Error;

use crate::genre::{GENRE_COUNT, GENRES, UnknownGenre, genre_index, genre_named};

/// What each genre is called; by itself it has its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenreMap([String; GENRE_COUNT]);

/// Why a map cannot be used.
#[derive(Debug, Error)]
pub enum GenreMapError {
    /// Not a CSV that can be read.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// The header is another one.
    #[error("the header must be genre,name")]
    Header,
    /// A row is not `genre,name`.
    #[error("line {0}: must be genre,name")]
    Row(u64),
    /// A name cannot be a tag.
    #[error("line {0}: the name has a control character in it")]
    Control(u64),
    /// Not one of the 16.
    #[error("line {line}: {source}")]
    Genre {
        /// Line in the file, from 1.
        line: u64,
        /// The cause.
        source: UnknownGenre,
    },
    /// A genre has two rows.
    #[error("line {line}: {genre:?} occurs twice")]
    Twice {
        /// Line in the file, from 1.
        line: u64,
        /// The genre.
        genre: String,
    },
}

impl Default for GenreMap {
    fn default() -> Self {
        Self(GENRES.map(str::to_owned))
    }
}

impl GenreMap {
    /// Reads a CSV with the header `genre,name`. Genres without a row keep their
    /// names; those with an empty name are never written.
    ///
    /// # Errors
    /// [`GenreMapError`].
    pub fn from_csv(reader: impl Read) -> Result<Self, GenreMapError> {
        let mut map = Self::default();
        let mut seen = [false; GENRE_COUNT];
        let mut rows = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(reader);
        if rows.headers()?.iter().ne(["genre", "name"]) {
            return Err(GenreMapError::Header);
        }
        for record in rows.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let (Some(genre), Some(name), None) = (record.get(0), record.get(1), record.get(2))
            else {
                return Err(GenreMapError::Row(line));
            };
            let index =
                genre_named(genre).map_err(|source| GenreMapError::Genre { line, source })?;
            if name.chars().any(char::is_control) {
                return Err(GenreMapError::Control(line));
            }
            if std::mem::replace(&mut seen[index], true) {
                let genre = genre.to_owned();
                return Err(GenreMapError::Twice { line, genre });
            }
            map.0[index] = name.to_owned();
        }
        Ok(map)
    }

    /// What `genre`, one of [`GENRES`], is called; empty if it is not to be
    /// written.
    pub(super) fn name(&self, genre: &str) -> &str {
        genre_index(genre).map_or("", |index| &self.0[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<GenreMap, String> {
        GenreMap::from_csv(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn genres_without_a_row_keep_their_names() {
        let map = read("genre,name\nHip-Hop, Rap \nSpoken,\n").unwrap();
        assert_eq!(map.name("Hip-Hop"), "Rap");
        assert_eq!(map.name("Spoken"), "");
        assert_eq!(map.name("Jazz"), "Jazz");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, message) in [
            ("name,genre\n", "the header must be genre,name"),
            (
                "genre,name\nRock,A\nrock,B\n",
                r#"line 3: there is no genre "rock"; did you mean "Rock"?"#,
            ),
            (
                "genre,name\nRock,A\nRock,B\n",
                r#"line 3: "Rock" occurs twice"#,
            ),
            (
                "genre,name\nRock,\"A\nB\"\n",
                "line 2: the name has a control character in it",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
        assert!(read("genre,name\nRock,A,B\n").is_err());
    }
}
