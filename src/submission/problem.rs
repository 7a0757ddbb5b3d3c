//! What can be wrong with rows and ids, and how it is told.

use std::error::Error;
use std::fmt::{self, Write};

use crate::genre::suggest;

/// How many problems of one kind are kept and listed; all are counted.
const LISTED: u64 = 5;

/// The most bytes of an id that are shown: no path is longer on Linux.
const SHOWN_ID: usize = 4096;

/// The most characters of a field that are kept to be shown.
const SHOWN_FIELD: usize = 80;

/// Something wrong with one row or one id.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Line in the file that holds the id, from 1; none for an mp3 file.
    pub line: Option<u64>,
    /// The id in question.
    pub id: Vec<u8>,
    /// What is wrong.
    pub defect: Defect,
}

/// What is wrong with a row or an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Defect {
    /// The row has another number of fields than the header.
    FieldCount {
        /// Fields in the row.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// The row has no id.
    EmptyId,
    /// An earlier row has the same id.
    RepeatedId {
        /// Line of the earlier row.
        first_line: u64,
    },
    /// A value is not a number from 0 to 1.
    NotAProbability {
        /// The genre whose value it is.
        genre: &'static str,
        /// The field as it was read, cut short if it is long.
        text: String,
    },
    /// The probabilities do not sum to 1.
    Sum(f64),
    /// The genre, cut short if it is long, is none of the 16.
    UnknownGenre(String),
    /// There are [`MAX_ROWS`](super::MAX_ROWS) ids before it; its id is not compared with
    /// others.
    BeyondLimit,
    /// The id is in the reference but not among the predictions.
    Missing(Reference),
    /// The id is among the predictions but not in the reference.
    Extra(Reference),
}

/// What the ids of predictions are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// A file of labels.
    Labels,
    /// A folder of mp3 files.
    Payload,
}

impl Defect {
    /// Names the kind of defect, so that a count can follow.
    fn kind(&self) -> &'static str {
        match self {
            Self::FieldCount { .. } => "wrong number of fields",
            Self::EmptyId => "no id",
            Self::RepeatedId { .. } => "repeated id",
            Self::NotAProbability { .. } => "not a probability (a number from 0 to 1)",
            Self::Sum(_) => "row does not sum to 1 (within 0.001)",
            Self::UnknownGenre(_) => "none of the 16 genres",
            Self::BeyondLimit => "row beyond the limit of 1500000 rows",
            Self::Missing(Reference::Labels) => "labelled, but not predicted",
            Self::Missing(Reference::Payload) => "mp3 file without a row",
            Self::Extra(Reference::Labels) => "predicted, but not labelled",
            Self::Extra(Reference::Payload) => "row without an mp3 file",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            match self.defect {
                Defect::Missing(Reference::Labels) => write!(f, "line {line} of the labels: ")?,
                _ => write!(f, "line {line}: ")?,
            }
        }
        write!(f, "{}", ShownId(&self.id))?;
        match &self.defect {
            Defect::FieldCount { found, expected } => {
                write!(f, " has {found} fields instead of {expected}")
            }
            Defect::RepeatedId { first_line } => write!(f, ", first in line {first_line}"),
            Defect::NotAProbability { genre, text } => write!(f, ", {genre} is {text:?}"),
            Defect::Sum(sum) => write!(f, " sums to {sum:.6}"),
            Defect::UnknownGenre(text) => {
                write!(f, " is {text:?}")?;
                suggest(text).map_or(Ok(()), |genre| write!(f, "; did you mean {genre}?"))
            }
            Defect::EmptyId | Defect::BeyondLimit | Defect::Missing(_) | Defect::Extra(_) => Ok(()),
        }
    }
}

/// An id in quotes. Control characters and bytes that are not UTF-8 are
/// escaped, so that an id can neither break a line nor be mistaken for another.
#[derive(Debug, Clone, Copy)]
pub struct ShownId<'i>(pub &'i [u8]);

impl fmt::Display for ShownId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for chunk in self.0[..self.0.len().min(SHOWN_ID)].utf8_chunks() {
            write!(f, "{}", chunk.valid().escape_debug())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str(if self.0.len() > SHOWN_ID {
            "...\""
        } else {
            "\""
        })
    }
}

/// The text of a field, cut short if it is long.
pub(super) fn excerpt(field: &[u8]) -> String {
    // No character has more than four bytes.
    let start = &field[..field.len().min(4 * SHOWN_FIELD + 4)];
    let text = String::from_utf8_lossy(start);
    match text.char_indices().nth(SHOWN_FIELD) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into_owned(),
    }
}

/// Everything wrong with a file, at least one problem when it is an error.
///
/// All problems are counted, but of each kind only the first few are held:
/// a file can have millions.
#[derive(Debug, Clone, PartialEq)]
pub struct Problems {
    origin: String,
    /// Kinds in the order in which they were met first.
    counts: Vec<(&'static str, u64)>,
    first: Vec<Problem>,
    hint: Option<&'static str>,
}

impl Problems {
    /// None so far, of a file that messages call `origin`.
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            counts: Vec::new(),
            first: Vec::new(),
            hint: None,
        }
    }

    pub(super) fn add(&mut self, line: impl Into<Option<u64>>, id: &[u8], defect: Defect) {
        let kind = defect.kind();
        let index = self.counts.iter().position(|(known, _)| *known == kind);
        let index = index.unwrap_or_else(|| {
            self.counts.push((kind, 0));
            self.counts.len() - 1
        });
        let count = &mut self.counts[index].1;
        *count += 1;
        if *count <= LISTED {
            self.first.push(Problem {
                line: line.into(),
                id: id.to_vec(),
                defect,
            });
        }
    }

    /// Says at the end of the message what may be the cause.
    pub(super) fn set_hint(&mut self, hint: Option<&'static str>) {
        self.hint = hint;
    }

    /// `value` if there is no problem.
    pub(super) fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// Whether there is no problem.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The first problems of each kind, in the order in which they were found.
    pub fn first(&self) -> &[Problem] {
        &self.first
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// What may be the cause, if that can be guessed.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }
}

/// One paragraph per kind of problem, with its count and the first few.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        let noun = if count == 1 { "problem" } else { "problems" };
        write!(f, "{} has {count} {noun}", self.origin)?;
        for (kind, count) in &self.counts {
            write!(f, "\n  {kind}: {count}")?;
            let is_of_kind = |problem: &&Problem| problem.defect.kind() == *kind;
            for problem in self.first.iter().filter(is_of_kind) {
                write!(f, "\n    {problem}")?;
            }
            if *count > LISTED {
                write!(f, "\n    and {} more", count - LISTED)?;
            }
        }
        if let Some(hint) = self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::submission::{MAX_ROWS, SUM_TOLERANCE};

    #[test]
    fn problems_are_grouped_counted_and_cut_short() {
        let mut problems = Problems::new("\"p.csv\"");
        problems.add(2, b"a\xff\n\xc3\xa9", Defect::Sum(1.5));
        for line in 3..10 {
            problems.add(line, b"b", Defect::RepeatedId { first_line: 2 });
        }
        problems.add(None, b"c", Defect::Missing(Reference::Payload));
        problems.set_hint(Some("look again"));
        let expected = "\
\"p.csv\" has 9 problems
  row does not sum to 1 (within 0.001): 1
    line 2: \"a\\xff\\né\" sums to 1.500000
  repeated id: 7
    line 3: \"b\", first in line 2
    line 4: \"b\", first in line 2
    line 5: \"b\", first in line 2
    line 6: \"b\", first in line 2
    line 7: \"b\", first in line 2
    and 2 more
  mp3 file without a row: 1
    \"c\"
  hint: look again";
        assert_eq!(problems.to_string(), expected);
        assert_eq!((problems.count(), problems.first().len()), (9, 7));
    }

    #[test]
    fn kinds_name_the_limits_that_hold() {
        let kind = Defect::Sum(2.0).kind();
        assert!(kind.ends_with(&format!("(within {SUM_TOLERANCE})")));
        let kind = Defect::BeyondLimit.kind();
        assert!(kind.ends_with(&format!("limit of {MAX_ROWS} rows")));
    }

    #[test]
    fn long_ids_and_fields_are_cut_short() {
        let long = "é".repeat(3000);
        assert_eq!(excerpt(long.as_bytes()), format!("{}...", "é".repeat(80)));
        assert_eq!(excerpt(b"rock"), "rock");
        let shown = ShownId(long.as_bytes()).to_string();
        assert_eq!(shown, format!("\"{}...\"", "é".repeat(2048)));
    }
}
