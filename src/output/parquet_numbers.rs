//! Apache Parquet: ids and named columns of numbers in one compact binary file.

use parquet::basic::{LogicalType, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type};

use super::parquet_file::{Column, GROUP_BYTES, GROUP_ROWS, ParquetFile};
use super::{NumberColumns, NumberKind, NumberRow, Numbers, Output, OutputError, RowSink};
use crate::utf8;

/// `file_id` is a string, `patch` an int32 if there is one, probabilities are
/// double and features float.
pub(super) struct ParquetSink {
    file: ParquetFile,
    ids: Vec<ByteArray>,
    patches: Option<Vec<i32>>,
    values: Values,
}

/// The numbers of the rows of one group, column by column.
enum Values {
    Probabilities(Vec<Vec<f64>>),
    Features(Vec<Vec<f32>>),
}

impl ParquetSink {
    pub(super) fn new(output: Output, columns: &NumberColumns) -> Result<Self, OutputError> {
        let width = columns.names.len();
        let (number, values) = match columns.kind {
            NumberKind::Probabilities => {
                let values = Values::Probabilities(vec![Vec::new(); width]);
                (PhysicalType::DOUBLE, values)
            }
            NumberKind::Features => {
                let values = Values::Features(vec![Vec::new(); width]);
                (PhysicalType::FLOAT, values)
            }
        };
        let mut schema = vec![
            Column::required("file_id", PhysicalType::BYTE_ARRAY).logical(LogicalType::String),
        ];
        if columns.patches {
            schema.push(Column::required("patch", PhysicalType::INT32));
        }
        schema.extend(
            columns
                .names
                .iter()
                .map(|name| Column::required(name, number)),
        );
        Ok(Self {
            file: ParquetFile::new(output, &schema, Vec::new())?,
            ids: Vec::new(),
            patches: columns.patches.then(Vec::new),
            values,
        })
    }

    fn is_full(&self) -> bool {
        let row_bytes = match &self.values {
            Values::Probabilities(columns) => size_of::<f64>() * columns.len(),
            Values::Features(columns) => size_of::<f32>() * columns.len(),
        };
        self.ids.len() >= GROUP_ROWS || self.ids.len() * row_bytes >= GROUP_BYTES
    }

    /// Writes the rows that were kept as a row group.
    fn write_group(&mut self) -> Result<(), OutputError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let mut group = self.file.group()?;
        group.column::<ByteArrayType>(&self.ids)?;
        self.ids.clear();
        if let Some(patches) = &mut self.patches {
            group.column::<Int32Type>(patches)?;
            patches.clear();
        }
        match &mut self.values {
            Values::Probabilities(columns) => {
                for column in columns {
                    group.column::<DoubleType>(column)?;
                    column.clear();
                }
            }
            Values::Features(columns) => {
                for column in columns {
                    group.column::<FloatType>(column)?;
                    column.clear();
                }
            }
        }
        group.close()
    }
}

impl RowSink<NumberRow<'_>> for ParquetSink {
    fn write(&mut self, row: &NumberRow<'_>) -> Result<(), OutputError> {
        match (&mut self.values, row.numbers) {
            (Values::Probabilities(columns), Numbers::Probabilities(row)) => push(columns, row),
            (Values::Features(columns), Numbers::Features(row)) => push(columns, row),
            _ => return Err(OutputError::WrongKind),
        }
        self.ids.push(utf8::text(row.id).as_bytes().to_vec().into());
        if let Some(patches) = &mut self.patches {
            patches.push(row.patch.cast_signed());
        }
        if self.is_full() {
            self.write_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.write_group()?;
        self.file.finish()
    }
}

fn push<T: Copy>(columns: &mut [Vec<T>], row: &[T]) {
    for (column, value) in columns.iter_mut().zip(row) {
        column.push(*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples::written;
    use crate::output::{NumberOutput, OutputRules};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use std::io::Write;
    use std::path::Path;

    fn features() -> NumberColumns {
        NumberColumns {
            patches: true,
            names: vec!["msd:tag:rock".into(), "y".into()],
            kind: NumberKind::Features,
        }
    }

    /// A reader of a file with these rows.
    fn read_back(rows: &[(&[u8], u32, [f32; 2])]) -> SerializedFileReader<std::fs::File> {
        let bytes = written("out.parquet", |path: &Path, rules: &OutputRules| {
            let output = NumberOutput::prepare(path, rules).unwrap();
            let mut sink = output.open(&features()).unwrap();
            for (id, patch, values) in rows {
                sink.write(&NumberRow {
                    id,
                    patch: *patch,
                    numbers: Numbers::Features(values),
                })
                .unwrap();
            }
            sink.finish().unwrap();
        });
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        SerializedFileReader::new(file).unwrap()
    }

    #[test]
    fn rows_read_back_with_ids_and_names_and_ids_are_always_strings() {
        let reader = read_back(&[(b"a", 0, [1.5, 2.5]), (b"caf\xe9", 7, [7.0, 8.0])]);
        let rows: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        let expected = [
            r#"{file_id: "a", patch: 0, msd:tag:rock: 1.5, y: 2.5}"#,
            r#"{file_id: "caf\xe9", patch: 7, msd:tag:rock: 7.0, y: 8.0}"#,
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn row_groups_are_written_as_they_fill() {
        let row = (&b"a"[..], 0, [0.0, 1.0]);
        let reader = read_back(&vec![row; 2 * GROUP_ROWS + 1]);
        let groups = reader.metadata().row_groups();
        let rows: Vec<i64> = groups.iter().map(|group| group.num_rows()).collect();
        assert_eq!(rows, [10_000, 10_000, 1]);
    }
}
