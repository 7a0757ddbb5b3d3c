//! CSV: the challenge's submission format, and features with a header.

use std::io::Write;

use super::{NumberColumns, NumberRow, Numbers, Output, OutputError, RowSink};

/// `file_id`, `patch` if the rows are patches, then the columns. Fields are
/// quoted where they must be; lines end in LF.
pub(super) struct CsvSink {
    writer: ::csv::Writer<Output>,
    patches: bool,
    text: Vec<u8>,
}

impl CsvSink {
    pub(super) fn new(output: Output, columns: &NumberColumns) -> Result<Self, OutputError> {
        let mut writer = ::csv::Writer::from_writer(output);
        writer.write_field("file_id")?;
        if columns.patches {
            writer.write_field("patch")?;
        }
        writer.write_record(&columns.names)?;
        Ok(Self {
            writer,
            patches: columns.patches,
            text: Vec::new(),
        })
    }

    fn write_number(&mut self, number: std::fmt::Arguments<'_>) -> Result<(), OutputError> {
        self.text.clear();
        self.text.write_fmt(number)?;
        Ok(self.writer.write_field(&self.text)?)
    }
}

impl RowSink<NumberRow<'_>> for CsvSink {
    fn write(&mut self, row: &NumberRow<'_>) -> Result<(), OutputError> {
        self.writer.write_field(row.id)?;
        if self.patches {
            self.write_number(format_args!("{}", row.patch))?;
        }
        match row.numbers {
            Numbers::Probabilities(values) => {
                for value in values {
                    self.write_number(format_args!("{value:.8}"))?;
                }
            }
            Numbers::Features(values) => {
                for value in values {
                    self.write_number(format_args!("{value}"))?;
                }
            }
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        into_output(self.writer)?.commit()
    }
}

/// The output behind a CSV writer that has written all.
pub(super) fn into_output(writer: ::csv::Writer<Output>) -> Result<Output, OutputError> {
    writer.into_inner().map_err(|error| {
        let kind = error.error().kind();
        OutputError::Write(error.error().raw_os_error().map_or_else(
            || std::io::Error::from(kind),
            std::io::Error::from_raw_os_error,
        ))
    })
}
