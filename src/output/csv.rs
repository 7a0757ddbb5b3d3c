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
        if self.writer.get_ref().is_read_along() {
            self.writer.flush()?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples::written;
    use crate::output::{NumberKind, NumberOutput};

    #[test]
    fn probabilities_have_eight_decimals_and_names_are_quoted() {
        let columns = NumberColumns {
            patches: false,
            names: vec!["Blues".into(), "Old-Time / Historic".into()],
            kind: NumberKind::Probabilities,
        };
        let bytes = written("out.csv", |path, rules| {
            let output = NumberOutput::prepare(path, rules).unwrap();
            let mut sink = output.open(&columns).unwrap();
            for (id, values) in [
                (&b"a,\"b\"\n"[..], [0.25, 0.75]),
                (b"\xff", [1.0 / 3.0, 2.0 / 3.0]),
            ] {
                sink.write(&NumberRow {
                    id,
                    patch: 0,
                    numbers: Numbers::Probabilities(&values),
                })
                .unwrap();
            }
            sink.finish().unwrap();
        });
        let expected = b"file_id,Blues,Old-Time / Historic\n\
            \"a,\"\"b\"\"\n\",0.25000000,0.75000000\n\
            \xff,0.33333333,0.66666667\n";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn patches_have_a_column_and_features_round_trip() {
        let columns = NumberColumns {
            patches: true,
            names: vec!["msd:tag:rock".into()],
            kind: NumberKind::Features,
        };
        let bytes = written("out.csv", |path, rules| {
            let output = NumberOutput::prepare(path, rules).unwrap();
            let mut sink = output.open(&columns).unwrap();
            for (patch, value) in [(0, 0.1), (1, -3.5e-7)] {
                sink.write(&NumberRow {
                    id: b"x",
                    patch,
                    numbers: Numbers::Features(&[value]),
                })
                .unwrap();
            }
            sink.finish().unwrap();
        });
        let expected = "file_id,patch,msd:tag:rock\nx,0,0.1\nx,1,-0.00000035\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
