//! Apache Parquet: ids and named columns of numbers in one compact binary file.

use parquet::basic::{LogicalType, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type};

use super::parquet_file::{Column, GROUP_BYTES, GROUP_ROWS, ParquetFile};
use super::{NumberColumns, NumberKind, NumberRow, Numbers, Output, OutputError, RowSink, utf8};

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
