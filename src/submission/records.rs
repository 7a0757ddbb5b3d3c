//! CSV files as a stream of records: bytes, fields, line numbers.

use std::io::{BufRead, BufReader, Read, Take};

use csv_core::ReadRecordResult;

use super::SubmissionError;

/// What is accepted of a file. It keeps an endless input from using up the
/// time, and a long one from using up the memory.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Bytes of the file.
    file: u64,
    /// Bytes and fields, added up, of one record.
    record: usize,
}

impl Limits {
    /// 256 MiB hold a million rows of predictions, 1 MiB any description that
    /// FMA's metadata has.
    const DEFAULT: Self = Self {
        file: 256 << 20,
        record: 1 << 20,
    };
}

/// Reads a file record by record; only the current one is held.
///
/// This drives [`csv_core`], the state machine of the `csv` crate, by hand:
/// only here is it known which bytes make up a record, and so in which line it
/// begins. (The line of a [`csv::Position`] is that of the line break before a
/// record where lines end in CR LF or empty lines precede it, and it does not
/// count the line breaks of a file that ends its lines in CR alone.)
pub(super) struct Records<R> {
    /// What was read, as messages show it.
    pub(super) origin: String,
    input: BufReader<Take<R>>,
    parser: csv_core::Reader,
    lines: LineCounter,
    limits: Limits,
    /// The current record: its fields one behind the other, and their ends.
    /// Both are longer than what is in use.
    fields: Vec<u8>,
    ends: Vec<usize>,
}

/// One record of a file. Its fields may be fewer or more than in the header.
pub(super) struct Record<'r> {
    /// Where it begins, from 1.
    pub(super) line: u64,
    fields: &'r [u8],
    ends: &'r [usize],
}

impl<'r> Record<'r> {
    /// The number of fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// One field; none behind the last.
    pub(super) fn field(&self, index: usize) -> Option<&'r [u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.fields[start..end])
    }

    /// The first field; a record has at least one.
    pub(super) fn id(&self) -> &'r [u8] {
        self.field(0).unwrap_or_default()
    }

    /// All fields.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'r [u8]> {
        (0..self.len()).filter_map(|index| self.field(index))
    }
}

impl<R: Read> Records<R> {
    /// The records of `reader`, which messages call `origin`.
    pub(super) fn new(origin: &str, reader: R) -> Self {
        Self::with_limits(Limits::DEFAULT, origin, reader)
    }

    fn with_limits(limits: Limits, origin: &str, reader: R) -> Self {
        Self {
            origin: origin.to_owned(),
            input: BufReader::with_capacity(1 << 16, reader.take(limits.file + 1)),
            parser: csv_core::Reader::new(),
            lines: LineCounter::default(),
            limits,
            fields: vec![0; 1 << 10],
            ends: vec![0; 1 << 6],
        }
    }

    /// The next record; none at the end. Empty lines are left out.
    ///
    /// # Errors
    /// [`SubmissionError`] if reading fails or a limit is exceeded.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, SubmissionError> {
        self.skip_line_breaks()?;
        let line = self.lines.line;
        let (mut length, mut count) = (0, 0);
        loop {
            fill(&mut self.input, &self.origin, self.limits)?;
            let input = self.input.buffer();
            let fields = &mut self.fields[length..];
            let ends = &mut self.ends[count..];
            let (result, read, written, ended) = self.parser.read_record(input, fields, ends);
            self.lines.pass(&input[..read]);
            self.input.consume(read);
            length += written;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull
                    if length + count >= self.limits.record =>
                {
                    return Err(SubmissionError::LongRecord {
                        origin: self.origin.clone(),
                        line,
                        limit: self.limits.record,
                    });
                }
                ReadRecordResult::OutputFull => self.fields.resize(2 * self.fields.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => {
                    return Ok(Some(Record {
                        line,
                        fields: &self.fields[..length],
                        ends: &self.ends[..count],
                    }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Reads on to the first byte of the next record, so that its line is
    /// known.
    fn skip_line_breaks(&mut self) -> Result<(), SubmissionError> {
        loop {
            fill(&mut self.input, &self.origin, self.limits)?;
            let input = self.input.buffer();
            let is_break = |byte: &&u8| matches!(byte, b'\n' | b'\r');
            let breaks = input.iter().take_while(is_break).count();
            self.lines.pass(&input[..breaks]);
            let more = breaks > 0 && breaks == input.len();
            self.input.consume(breaks);
            if !more {
                return Ok(());
            }
        }
    }
}

/// Fills the buffer if it is empty; it stays empty at the end of the file.
fn fill(
    input: &mut BufReader<Take<impl Read>>,
    origin: &str,
    limits: Limits,
) -> Result<(), SubmissionError> {
    input.fill_buf().map_err(|source| SubmissionError::Read {
        origin: origin.to_owned(),
        source,
    })?;
    if input.get_ref().limit() == 0 {
        return Err(SubmissionError::TooLong {
            origin: origin.to_owned(),
            limit: limits.file,
        });
    }
    Ok(())
}

/// Counts the lines of a file that passes piece by piece.
struct LineCounter {
    /// The line of the next byte, from 1.
    line: u64,
    /// Whether the last byte was a CR: CR LF is one line break.
    after_return: bool,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self {
            line: 1,
            after_return: false,
        }
    }
}

impl LineCounter {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends_line = match byte {
                b'\r' => true,
                b'\n' => !self.after_return,
                _ => false,
            };
            self.line += u64::from(ends_line);
            self.after_return = *byte == b'\r';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Line and fields of every record, or the message of the error.
    fn read(limits: Limits, reader: impl Read) -> Result<Vec<(u64, Vec<String>)>, String> {
        let mut records = Records::with_limits(limits, "\"f.csv\"", reader);
        let mut all = Vec::new();
        while let Some(record) = records.next().map_err(|error| error.to_string())? {
            let fields = record.iter().map(|field| String::from_utf8_lossy(field));
            all.push((record.line, fields.map(String::from).collect()));
        }
        Ok(all)
    }

    /// Gives one byte at a time.
    struct Drip<'b>(&'b [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn lines_are_counted_for_every_line_ending_and_across_gaps() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = ["id,x", "a,1", "", "", "\"b", "b\",2", "c,3", ""].join(ending);
            let whole = read(Limits::DEFAULT, text.as_bytes()).unwrap();
            let lines: Vec<u64> = whole.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [1, 2, 5, 7], "{ending:?}");
            assert_eq!(whole[2].1, [format!("b{ending}b"), "2".into()]);
            assert_eq!(whole, read(Limits::DEFAULT, Drip(text.as_bytes())).unwrap());
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_header() {
        let records = read(Limits::DEFAULT, "\u{feff}id,x\na,1\n".as_bytes()).unwrap();
        let expected = [
            (1, vec!["id".to_string(), "x".to_string()]),
            (2, vec!["a".to_string(), "1".to_string()]),
        ];
        assert_eq!(records, expected);
    }

    #[test]
    fn an_endless_file_is_refused() {
        let limits = Limits {
            file: 100,
            record: 1 << 20,
        };
        let endless = read(limits, std::io::repeat(b'a'));
        let expected =
            "\"f.csv\" has more than 100 bytes; that is no file of predictions or labels";
        assert_eq!(endless.unwrap_err(), expected);
        let just_fits = [b'a'; 100];
        assert_eq!(read(limits, just_fits.as_slice()).unwrap().len(), 1);
    }

    #[test]
    fn an_endless_record_is_refused() {
        let limits = Limits {
            file: u64::MAX - 1,
            record: 1 << 12,
        };
        let expected = "\"f.csv\": the record that begins in line 2 has more than 4096 bytes; \
            perhaps a quotation mark is not closed";
        let quoted = b"id,x\n\"a,1\n".chain(std::io::repeat(b'\n'));
        assert_eq!(read(limits, quoted).unwrap_err(), expected);
        let commas = b"id,x\na,1".chain(std::io::repeat(b','));
        assert_eq!(read(limits, commas).unwrap_err(), expected);
    }

    proptest! {
        #[test]
        fn records_of_any_text_begin_in_ascending_lines(text in "[a,\"\r\n]{0,40}") {
            let records = read(Limits::DEFAULT, text.as_bytes()).unwrap();
            let lines: Vec<u64> = records.iter().map(|(line, _)| *line).collect();
            prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", lines);
            let breaks = text.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
            prop_assert!(lines.last().is_none_or(|line| *line <= breaks as u64 + 1));
        }

        #[test]
        fn records_of_any_text_are_those_of_the_csv_crate(text in "[a,\"\r\n]{0,40}") {
            let ours = read(Limits::DEFAULT, Drip(text.as_bytes())).unwrap();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(String::from).collect())
                .collect();
            let ours: Vec<Vec<String>> = ours.into_iter().map(|(_, fields)| fields).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
