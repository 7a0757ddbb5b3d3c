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

#[cfg(test)]
mod tests {
    use crate::output::{RecordFormat, TableStyle, samples};

    #[test]
    fn records_become_the_challenges_rows() {
        let records = [samples::record(), samples::unusable()];
        let bytes = samples::written_records(RecordFormat::Csv, TableStyle::Plain, &records);
        let mut expected = b"file_id,Blues,Classical,Country,Easy Listening,Electronic,\
            Experimental,Folk,Hip-Hop,Instrumental,International,Jazz,Old-Time / Historic,Pop,\
            Rock,Soul-RnB,Spoken\nblues,0.70000000"
            .to_vec();
        for (count, text) in [(9, "0.00000000"), (1, "0.20000000"), (2, "0.00000000")] {
            expected.extend(format!(",{text}").repeat(count).bytes());
        }
        expected.extend(b",0.10000000,0.00000000,0.00000000\n");
        expected.extend(&records[1].id);
        expected.extend(",0.06250000".repeat(16).bytes());
        expected.push(b'\n');
        assert_eq!(bytes, expected);
    }
}
