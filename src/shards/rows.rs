//! The rows of a shard's output, one after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use crate::output::{Output, OutputError};

/// Reads a file and computes the CRC-32 of what it has read.
pub(super) struct Checked<R> {
    input: R,
    hasher: crc32fast::Hasher,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl<R: Read> Checked<R> {
    /// The checksum of all that the file has.
    fn crc32(mut self) -> io::Result<u32> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.hasher.finalize())
    }
}

/// The rows of one format.
pub(super) enum Rows {
    /// The header is a row.
    Csv(csv::Reader<Checked<File>>, csv::ByteRecord),
    /// Lines with their ends.
    Jsonl(BufReader<Checked<File>>, Vec<u8>),
}

/// Takes the rows of any shard and writes them.
pub(super) enum RowWriter<'o> {
    Csv(Box<csv::Writer<&'o mut Output>>),
    Jsonl(&'o mut Output),
}

impl Rows {
    pub(super) fn open(path: &Path, format: &str) -> io::Result<Self> {
        let input = Checked {
            input: File::open(path)?,
            hasher: crc32fast::Hasher::new(),
        };
        Ok(match format {
            "csv" => {
                let mut builder = csv::ReaderBuilder::new();
                let reader = builder.has_headers(false).from_reader(input);
                Self::Csv(reader, csv::ByteRecord::new())
            }
            _ => Self::Jsonl(BufReader::new(input), Vec::new()),
        })
    }

    /// Reads the next row; whether there is one.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        match self {
            Self::Csv(reader, record) => Ok(reader.read_byte_record(record)?),
            Self::Jsonl(reader, line) => {
                line.clear();
                Ok(reader.read_until(b'\n', line)? > 0)
            }
        }
    }

    /// The checksum of the whole file.
    pub(super) fn crc32(self) -> io::Result<u32> {
        match self {
            Self::Csv(reader, _) => reader.into_inner().crc32(),
            Self::Jsonl(reader, _) => reader.into_inner().crc32(),
        }
    }
}

impl<'o> RowWriter<'o> {
    pub(super) fn new(output: &'o mut Output, format: &str) -> Self {
        match format {
            // As the sink that wrote the shards, so that fields are quoted alike.
            "csv" => Self::Csv(Box::new(csv::Writer::from_writer(output))),
            _ => Self::Jsonl(output),
        }
    }

    /// Writes the row that was read last.
    pub(super) fn write(&mut self, rows: &Rows) -> Result<(), OutputError> {
        match (self, rows) {
            (Self::Csv(writer), Rows::Csv(_, record)) => Ok(writer.write_byte_record(record)?),
            (Self::Jsonl(output), Rows::Jsonl(_, line)) => Ok(output.write_all(line)?),
            _ => Err(OutputError::WrongKind),
        }
    }

    pub(super) fn flush(self) -> Result<(), OutputError> {
        match self {
            Self::Csv(mut writer) => Ok(writer.flush()?),
            Self::Jsonl(_) => Ok(()),
        }
    }
}
