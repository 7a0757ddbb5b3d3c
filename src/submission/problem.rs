//! What can be wrong with rows and ids, and how it is told.

use std::error::Error;
use std::fmt::{self, Write};

use super::SUM_TOLERANCE;

/// How many problems of one kind a message lists.
const LISTED: usize = 5;

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
        /// The field as it was read.
        text: String,
    },
    /// The probabilities do not sum to 1.
    Sum(f64),
    /// The genre is none of the 16.
    UnknownGenre(String),
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
    fn kind(&self) -> String {
        match self {
            Self::FieldCount { .. } => "wrong number of fields".into(),
            Self::EmptyId => "no id".into(),
            Self::RepeatedId { .. } => "repeated id".into(),
            Self::NotAProbability { .. } => "not a probability (a number from 0 to 1)".into(),
            Self::Sum(_) => format!("row does not sum to 1 (within {SUM_TOLERANCE})"),
            Self::UnknownGenre(_) => "none of the 16 genres".into(),
            Self::Missing(Reference::Labels) => "labelled, but not predicted".into(),
            Self::Missing(Reference::Payload) => "mp3 file without a row".into(),
            Self::Extra(Reference::Labels) => "predicted, but not labelled".into(),
            Self::Extra(Reference::Payload) => "row without an mp3 file".into(),
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
        write_id(f, &self.id)?;
        match &self.defect {
            Defect::FieldCount { found, expected } => {
                write!(f, " has {found} fields instead of {expected}")
            }
            Defect::RepeatedId { first_line } => write!(f, ", first in line {first_line}"),
            Defect::NotAProbability { genre, text } => write!(f, ", {genre} is {text:?}"),
            Defect::Sum(sum) => write!(f, " sums to {sum:.6}"),
            Defect::UnknownGenre(text) => write!(f, " is {text:?}"),
            Defect::EmptyId | Defect::Missing(_) | Defect::Extra(_) => Ok(()),
        }
    }
}

/// Writes an id in quotes. Control characters and bytes that are not UTF-8 are
/// escaped, so that an id can neither break a line nor be mistaken for another.
fn write_id(f: &mut fmt::Formatter<'_>, id: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    for chunk in id.utf8_chunks() {
        write!(f, "{}", chunk.valid().escape_debug())?;
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    f.write_char('"')
}

/// Everything wrong with a file, at least one problem when it is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Problems {
    origin: String,
    problems: Vec<Problem>,
    hint: Option<&'static str>,
}

impl Problems {
    /// None so far, of a file that messages call `origin`.
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            problems: Vec::new(),
            hint: None,
        }
    }

    pub(super) fn add(&mut self, line: impl Into<Option<u64>>, id: &[u8], defect: Defect) {
        self.problems.push(Problem {
            line: line.into(),
            id: id.to_vec(),
            defect,
        });
    }

    /// Says at the end of the message what may be the cause.
    pub(super) fn set_hint(&mut self, hint: Option<&'static str>) {
        self.hint = hint;
    }

    /// `value` if there is no problem.
    pub(super) fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.problems.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The problems in the order in which they were found.
    pub fn list(&self) -> &[Problem] {
        &self.problems
    }
}

/// One paragraph per kind of problem, with its count and the first few.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        write!(f, "{} has {count} {noun}", self.origin)?;
        let mut groups: Vec<(String, Vec<&Problem>)> = Vec::new();
        for problem in &self.problems {
            let kind = problem.defect.kind();
            match groups.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, members)) => members.push(problem),
                None => groups.push((kind, vec![problem])),
            }
        }
        for (kind, members) in groups {
            write!(f, "\n  {kind}: {}", members.len())?;
            for problem in members.iter().take(LISTED) {
                write!(f, "\n    {problem}")?;
            }
            if members.len() > LISTED {
                write!(f, "\n    and {} more", members.len() - LISTED)?;
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
    }
}
