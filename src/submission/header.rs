//! The first line of a file, and what it says if it is not the right one.

use std::io::Read;

use super::SubmissionError;
use super::records::{Record, Records};

/// A first line.
pub(super) struct Header {
    /// The names of the columns.
    pub(super) names: Vec<Vec<u8>>,
    origin: String,
}

impl Header {
    /// Reads the first record.
    ///
    /// # Errors
    /// [`SubmissionError::Empty`] if there is none, or what reading said.
    pub(super) fn read(records: &mut Records<impl Read>) -> Result<Self, SubmissionError> {
        let names = match records.next()? {
            Some(record) => names(&record),
            None => return Err(SubmissionError::Empty(records.origin.clone())),
        };
        Ok(Self {
            names,
            origin: records.origin.clone(),
        })
    }

    /// Which of several headers this is, by index.
    ///
    /// # Errors
    /// [`SubmissionError::Header`] that speaks of the first column that
    /// differs from the most similar of the headers.
    pub(super) fn among(&self, allowed: &[&[&str]]) -> Result<usize, SubmissionError> {
        if let Some(index) = allowed.iter().position(|names| equal(&self.names, names)) {
            return Ok(index);
        }
        let alike = |names: &[&str]| {
            let pairs = self.names.iter().zip(names);
            pairs
                .filter(|(found, name)| *found == name.as_bytes())
                .count()
        };
        // The first of those that are equally similar.
        let nearest = allowed.iter().rev().max_by_key(|names| alike(names));
        let spelled: Vec<String> = allowed.iter().map(|names| names.join(",")).collect();
        Err(SubmissionError::Header {
            origin: self.origin.clone(),
            problem: nearest.map_or_else(String::new, |names| self.difference_from(names)),
            expected: spelled.join(" or "),
            hint: allowed.iter().find_map(|names| self.hint(names)),
        })
    }

    fn difference_from(&self, names: &[&str]) -> String {
        let found = self.names.len();
        if found != names.len() {
            return format!(
                "the first line has {found} columns instead of {}",
                names.len()
            );
        }
        let mut pairs = self.names.iter().zip(names).zip(1..);
        match pairs.find(|((found, name), _)| *found != name.as_bytes()) {
            Some(((found, name), column)) => format!(
                "column {column} is called {:?} instead of {name:?}",
                String::from_utf8_lossy(found)
            ),
            None => "the header is not one of those allowed".into(),
        }
    }

    /// What was probably done to a file that should have had these columns.
    fn hint(&self, names: &[&str]) -> Option<&'static str> {
        let first = self.names.first()?.as_slice();
        let is_index = first.is_empty() || first == b"index" || first.starts_with(b"Unnamed:");
        let rest = &self.names[1..];
        if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
            Some("the file is UTF-16; it must be UTF-8")
        } else if is_index && equal(rest, names) {
            Some("the first column is an index; in pandas, to_csv(..., index=False) omits it")
        } else if is_index && equal(rest, &names[1..]) {
            Some("the ids have no name; in pandas, to_csv(..., index_label='file_id') gives it")
        } else if self.names.len() == 1 && first.iter().any(|byte| matches!(byte, b';' | b'\t')) {
            Some("fields must be separated by commas")
        } else {
            None
        }
    }
}

/// The fields of a header's record.
pub(super) fn names(record: &Record<'_>) -> Vec<Vec<u8>> {
    record.iter().map(<[u8]>::to_vec).collect()
}

fn equal(found: &[Vec<u8>], names: &[&str]) -> bool {
    let names = names.iter().map(|name| name.as_bytes());
    found.iter().map(Vec::as_slice).eq(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(text: &str) -> Result<usize, String> {
        let mut records = Records::new("\"f.csv\"", text.as_bytes());
        let header = Header::read(&mut records).map_err(|error| error.to_string())?;
        let index = header.among(&[&["id", "x"], &["no", "x"]]);
        index.map_err(|error| error.to_string())
    }

    #[test]
    fn header_errors_name_column_and_expectation() {
        assert_eq!(among("id,x\n"), Ok(0));
        assert_eq!(among("no,x\na,1\n"), Ok(1));
        assert_eq!(
            among("id,y\na,1\n").unwrap_err(),
            "\"f.csv\": column 2 is called \"y\" instead of \"x\"; the header must be id,x or no,x"
        );
        assert_eq!(
            among("no,y\na,1\n").unwrap_err(),
            "\"f.csv\": column 2 is called \"y\" instead of \"x\"; the header must be id,x or no,x"
        );
        assert_eq!(
            among("id\na\n").unwrap_err(),
            "\"f.csv\": the first line has 1 columns instead of 2; the header must be id,x or no,x"
        );
        assert_eq!(among("\n\n").unwrap_err(), "\"f.csv\" is empty");
    }

    #[test]
    fn what_was_done_to_a_header_is_guessed() {
        for (header, hint) in [
            (",id,x", "index=False"),
            ("Unnamed: 0,no,x", "index=False"),
            (",x", "index_label"),
            ("id;x", "separated by commas"),
            ("id\tx", "separated by commas"),
        ] {
            let message = among(&format!("{header}\n")).unwrap_err();
            let (_, found) = message.split_once("\n  hint: ").unwrap();
            assert!(found.contains(hint), "{header:?}: {message}");
        }
        assert!(!among("a,b\n").unwrap_err().contains("hint"));
    }
}
