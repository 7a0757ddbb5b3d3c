//! CSV files as bytes: header, fields, line numbers.

use std::io::Read;

use csv::ByteRecord;

use super::SubmissionError;

/// The most bytes that are read: room for a million rows of predictions. It
/// keeps an endless input from using up the memory.
const MAX_BYTES: u64 = 256 << 20;

/// The rows of a file and where they begin.
pub(super) struct Records {
    /// What was read, as messages show it.
    pub(super) origin: String,
    header: ByteRecord,
    /// Line, from 1, and fields. Fields may be fewer or more than in the
    /// header; empty lines are left out.
    pub(super) rows: Vec<(u64, ByteRecord)>,
}

impl Records {
    /// Reads all of `reader`, which messages call `origin`.
    pub(super) fn read(origin: &str, reader: impl Read) -> Result<Self, SubmissionError> {
        Self::read_up_to(MAX_BYTES, origin, reader)
    }

    fn read_up_to(limit: u64, origin: &str, reader: impl Read) -> Result<Self, SubmissionError> {
        let fail = |source| SubmissionError::Read {
            origin: origin.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let mut limited = reader.take(limit + 1);
        limited.read_to_end(&mut bytes).map_err(fail)?;
        if limited.limit() == 0 {
            let origin = origin.to_owned();
            return Err(SubmissionError::TooLong { origin, limit });
        }
        let mut lines = LineCounter::new(&bytes);
        let mut rows = Vec::new();
        let records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes.as_slice())
            .into_byte_records();
        for record in records {
            let record = record.map_err(|error| fail(error.into()))?;
            let byte = record.position().map_or(0, csv::Position::byte);
            rows.push((lines.line_of_record(byte), record));
        }
        if rows.is_empty() {
            return Err(SubmissionError::Empty(origin.to_owned()));
        }
        let (_, header) = rows.remove(0);
        Ok(Self {
            origin: origin.to_owned(),
            header,
            rows,
        })
    }

    /// Which of several headers this file has, by index. An error names the
    /// first; it speaks of the first column that differs.
    pub(super) fn header_among(&self, allowed: &[&[&str]]) -> Result<usize, SubmissionError> {
        let equal = |names: &&[&str]| self.header.iter().eq(names.iter().map(|n| n.as_bytes()));
        if let Some(index) = allowed.iter().position(equal) {
            return if self.rows.is_empty() {
                Err(SubmissionError::NoRows(self.origin.clone()))
            } else {
                Ok(index)
            };
        }
        let spelled: Vec<String> = allowed.iter().map(|names| names.join(",")).collect();
        Err(SubmissionError::Header {
            origin: self.origin.clone(),
            problem: self.difference_from(allowed[0]),
            expected: spelled.join(" or "),
        })
    }

    fn difference_from(&self, names: &[&str]) -> String {
        let found = self.header.len();
        if found != names.len() {
            return format!(
                "the first line has {found} columns instead of {}",
                names.len()
            );
        }
        let pairs = self.header.iter().zip(names);
        match pairs
            .enumerate()
            .find(|(_, (field, name))| *field != name.as_bytes())
        {
            Some((index, (field, name))) => format!(
                "column {} is called {:?} instead of {name:?}",
                index + 1,
                String::from_utf8_lossy(field)
            ),
            None => "the header is not one of those allowed".into(),
        }
    }
}

/// Finds the lines of records that are asked for in ascending order.
///
/// The line of a [`csv::Position`] is that of the line break before a record
/// where lines end in CR LF or empty lines precede it.
struct LineCounter<'b> {
    bytes: &'b [u8],
    /// A position and the line that it is in.
    byte: usize,
    line: u64,
}

impl<'b> LineCounter<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            byte: 0,
            line: 1,
        }
    }

    /// The line of the record found from position `byte` on, from 1.
    fn line_of_record(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).map_or(self.bytes.len(), |at| at.min(self.bytes.len()));
        let is_break = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        let breaks = self.bytes[start..].iter().take_while(is_break).count();
        let passed = &self.bytes[self.byte..start + breaks];
        // CR LF is one line break.
        let returns_in_pairs = passed.windows(2).filter(|pair| *pair == b"\r\n").count();
        let all = passed.iter().filter(is_break).count();
        self.byte = start + breaks;
        self.line += (all - returns_in_pairs) as u64;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Records {
        Records::read("\"f.csv\"", text.as_bytes()).unwrap()
    }

    #[test]
    fn lines_are_counted_for_every_line_ending_and_across_gaps() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = ["id,x", "a,1", "", "", "\"b", "b\",2", "c,3", ""].join(ending);
            let lines: Vec<u64> = read(&text).rows.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [2, 5, 7], "{ending:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_header() {
        let records = read("\u{feff}id,x\na,1\n");
        assert_eq!(records.header_among(&[&["id", "x"]]).unwrap(), 0);
        assert_eq!(records.rows[0].0, 2);
    }

    #[test]
    fn header_errors_name_column_and_expectation() {
        let message = |text: &str| {
            let error = read(text).header_among(&[&["id", "x"], &["no", "x"]]);
            error.unwrap_err().to_string()
        };
        assert_eq!(
            message("id,y\na,1\n"),
            "\"f.csv\": column 2 is called \"y\" instead of \"x\"; the header must be id,x or no,x"
        );
        assert_eq!(
            message("id\na\n"),
            "\"f.csv\": the first line has 1 columns instead of 2; the header must be id,x or no,x"
        );
        assert_eq!(message("no,x\n"), "\"f.csv\" has a header but no rows");
        let empty = Records::read("\"f.csv\"", "\n\n".as_bytes());
        assert_eq!(empty.err().unwrap().to_string(), "\"f.csv\" is empty");
    }

    #[test]
    fn an_endless_file_is_refused() {
        let endless = Records::read_up_to(100, "standard input", std::io::repeat(b'a'));
        let expected = "standard input has more than 100 bytes; that is no file of predictions or \
            labels";
        assert_eq!(endless.err().unwrap().to_string(), expected);
        let text = "id\na\n";
        assert!(Records::read_up_to(text.len() as u64, "", text.as_bytes()).is_ok());
    }

    proptest! {
        #[test]
        fn records_of_any_text_begin_in_ascending_lines(text in "[a,\"\r\n]{0,40}") {
            let Ok(records) = Records::read("", text.as_bytes()) else {
                return Ok(());
            };
            let lines: Vec<u64> = records.rows.iter().map(|(line, _)| *line).collect();
            prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", lines);
            let breaks = text.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
            prop_assert!(lines.last().is_none_or(|line| *line <= breaks as u64 + 1));
        }
    }
}
