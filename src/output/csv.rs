//! CSV: the challenge's submission format, and features with a header.

use std::io::Write;

use super::{OutputError, Sink, Table, TableFormat};

/// `file_id`, `patch` if the rows are patches, then the columns. Fields are
/// quoted where they must be; lines end in LF.
pub struct Csv;

impl TableFormat for Csv {
    fn write(&self, table: &Table, sink: Sink<'_>) -> Result<(), OutputError> {
        let mut writer = ::csv::Writer::from_writer(sink);
        writer.write_field("file_id")?;
        if table.patches.is_some() {
            writer.write_field("patch")?;
        }
        writer.write_record(&table.columns)?;
        let mut text = Vec::new();
        for (row, id) in table.ids.iter().enumerate() {
            writer.write_field(id)?;
            if let Some(patches) = &table.patches {
                writer.write_field(patches[row].to_string())?;
            }
            for column in 0..table.columns.len() {
                text.clear();
                write!(text, "{}", table.values.cell(row, column))?;
                writer.write_field(&text)?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Values;
    use ndarray::array;

    fn written(table: &Table) -> Vec<u8> {
        let mut bytes = Vec::new();
        Csv.write(table, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn probabilities_have_eight_decimals_and_names_are_quoted() {
        let table = Table {
            ids: vec![b"a,\"b\"\n".to_vec(), b"\xff".to_vec()],
            patches: None,
            columns: vec!["Blues".into(), "Old-Time / Historic".into()],
            values: Values::Probabilities(array![[0.25, 0.75], [1.0 / 3.0, 2.0 / 3.0]]),
        };
        let expected = b"file_id,Blues,Old-Time / Historic\n\
            \"a,\"\"b\"\"\n\",0.25000000,0.75000000\n\
            \xff,0.33333333,0.66666667\n";
        assert_eq!(written(&table), expected);
    }

    #[test]
    fn patches_have_a_column_and_features_round_trip() {
        let table = Table {
            ids: vec![b"x".to_vec(); 2],
            patches: Some(vec![0, 1]),
            columns: vec!["msd:tag:rock".into()],
            values: Values::Features(array![[0.1], [-3.5e-7]]),
        };
        let expected = "file_id,patch,msd:tag:rock\nx,0,0.1\nx,1,-0.00000035\n";
        assert_eq!(String::from_utf8(written(&table)).unwrap(), expected);
    }
}
