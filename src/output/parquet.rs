//! Apache Parquet: ids and named columns in one compact binary file.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{OutputError, Sink, Table, TableFormat, Values};

/// One row group, Snappy; `file_id` is a string (bytes without that mark if a
/// file name is not UTF-8), `patch` an int32 if there is one, probabilities
/// are double and features float.
pub struct Parquet;

impl TableFormat for Parquet {
    fn write(&self, table: &Table, sink: Sink<'_>) -> Result<(), OutputError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let mut file = SerializedFileWriter::new(sink, schema(table)?, Arc::new(properties))?;
        let mut group = file.next_row_group()?;
        let ids: Vec<ByteArray> = table.ids.iter().map(|id| id.clone().into()).collect();
        write_column::<ByteArrayType>(&mut group, &ids)?;
        if let Some(patches) = &table.patches {
            let patches: Vec<i32> = patches.iter().map(|patch| patch.cast_signed()).collect();
            write_column::<Int32Type>(&mut group, &patches)?;
        }
        match &table.values {
            Values::Probabilities(values) => {
                for column in values.columns() {
                    write_column::<DoubleType>(&mut group, &column.to_vec())?;
                }
            }
            Values::Features(values) => {
                for column in values.columns() {
                    write_column::<FloatType>(&mut group, &column.to_vec())?;
                }
            }
        }
        group.close()?;
        file.close()?;
        Ok(())
    }
}

fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
    let required = |name: &str, physical, logical| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let utf8 = table.ids.iter().all(|id| std::str::from_utf8(id).is_ok());
    let id_type = utf8.then_some(LogicalType::String);
    let mut fields = vec![required("file_id", PhysicalType::BYTE_ARRAY, id_type)?];
    if table.patches.is_some() {
        fields.push(required("patch", PhysicalType::INT32, None)?);
    }
    let value_type = match table.values {
        Values::Probabilities(_) => PhysicalType::DOUBLE,
        Values::Features(_) => PhysicalType::FLOAT,
    };
    for column in &table.columns {
        fields.push(required(column, value_type, None)?);
    }
    let root = Type::group_type_builder("fma_genre").with_fields(fields);
    Ok(Arc::new(root.build()?))
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Sink<'_>>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("more columns than the schema has".into()))?;
    column.typed::<T>().write_batch(values, None, None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[test]
    fn a_table_reads_back_with_ids_and_names() {
        let table = Table {
            ids: vec![b"a".to_vec(), b"b".to_vec()],
            patches: Some(vec![0, 7]),
            columns: vec!["msd:tag:rock".into(), "y".into()],
            values: Values::Features(array![[1.5, 2.5], [7.0, 8.0]]),
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        Parquet.write(&table, &mut file.reopen().unwrap()).unwrap();
        let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
        let rows: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        let expected = [
            r#"{file_id: "a", patch: 0, msd:tag:rock: 1.5, y: 2.5}"#,
            r#"{file_id: "b", patch: 7, msd:tag:rock: 7.0, y: 8.0}"#,
        ];
        assert_eq!(rows, expected);
    }
}
