//! Records as the challenge's CSV: ids and probabilities alone.

use super::csv::CsvSink;
use super::{NumberColumns, NumberRow, Numbers, Output, OutputError, RowSink};
use crate::pipeline::Record;

/// The bytes that `predict` would write.
pub(super) struct RecordCsvSink(CsvSink);

impl RecordCsvSink {
    pub(super) fn new(output: Output) -> Result<Self, OutputError> {
        CsvSink::new(output, &NumberColumns::genres()).map(Self)
    }
}

impl RowSink<Record> for RecordCsvSink {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        self.0.write(&NumberRow {
            id: &record.id,
            patch: 0,
            numbers: Numbers::Probabilities(&record.probabilities),
        })
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        Box::new(self.0).finish()
    }
}
