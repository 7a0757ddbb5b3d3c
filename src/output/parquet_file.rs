//! What the Parquet outputs share: a schema, row groups, a footer.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::{Output, OutputError};

/// A row group is written when it has so many rows, or so many bytes of numbers.
pub(super) const GROUP_ROWS: usize = 10_000;
/// See [`GROUP_ROWS`].
pub(super) const GROUP_BYTES: usize = 32 << 20;

/// A column of the schema.
pub(super) struct Column<'n> {
    name: &'n str,
    physical: PhysicalType,
    logical: Option<LogicalType>,
    repetition: Repetition,
}

impl<'n> Column<'n> {
    /// A column without nulls.
    pub(super) fn required(name: &'n str, physical: PhysicalType) -> Self {
        Self {
            name,
            physical,
            logical: None,
            repetition: Repetition::REQUIRED,
        }
    }

    /// A column with nulls.
    pub(super) fn optional(name: &'n str, physical: PhysicalType) -> Self {
        Self {
            repetition: Repetition::OPTIONAL,
            ..Self::required(name, physical)
        }
    }

    /// The same with a logical type.
    pub(super) fn logical(self, logical: LogicalType) -> Self {
        Self {
            logical: Some(logical),
            ..self
        }
    }
}

/// A Parquet file whose row groups are written one after the other, with Snappy.
pub(super) struct ParquetFile(SerializedFileWriter<Output>);

impl ParquetFile {
    /// A file with these columns and these key-value metadata.
    pub(super) fn new(
        output: Output,
        columns: &[Column<'_>],
        metadata: Vec<(&str, String)>,
    ) -> Result<Self, OutputError> {
        let fields = columns
            .iter()
            .map(|column| {
                Type::primitive_type_builder(column.name, column.physical)
                    .with_repetition(column.repetition)
                    .with_logical_type(column.logical.clone())
                    .build()
                    .map(Arc::new)
            })
            .collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder("fma_genre").with_fields(fields);
        let pairs = metadata
            .into_iter()
            .map(|(key, value)| KeyValue::new(key.to_owned(), value))
            .collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(pairs))
            .build();
        let writer =
            SerializedFileWriter::new(output, Arc::new(schema.build()?), Arc::new(properties))?;
        Ok(Self(writer))
    }

    /// Begins a row group.
    pub(super) fn group(&mut self) -> Result<Group<'_>, OutputError> {
        Ok(Group(self.0.next_row_group()?))
    }

    /// Writes the footer and lets the file appear.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        self.0.into_inner()?.commit()
    }
}

/// A row group whose columns are written in the order of the schema.
pub(super) struct Group<'f>(SerializedRowGroupWriter<'f, Output>);

impl Group<'_> {
    /// Writes a column without nulls.
    pub(super) fn column<T: DataType>(&mut self, values: &[T::T]) -> Result<(), OutputError> {
        self.write::<T>(values, None)
    }

    /// Writes a column with nulls.
    pub(super) fn optional<T: DataType>(
        &mut self,
        values: &[Option<T::T>],
    ) -> Result<(), OutputError>
    where
        T::T: Clone,
    {
        // A definition level of 1 is a value, of 0 a null.
        let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
        let values: Vec<T::T> = values.iter().flatten().cloned().collect();
        self.write::<T>(&values, Some(&levels))
    }

    fn write<T: DataType>(
        &mut self,
        values: &[T::T],
        levels: Option<&[i16]>,
    ) -> Result<(), OutputError> {
        let mut column = self
            .0
            .next_column()?
            .ok_or_else(|| ParquetError::General("more columns than the schema has".into()))?;
        column.typed::<T>().write_batch(values, levels, None)?;
        Ok(column.close()?)
    }

    /// Ends the row group.
    pub(super) fn close(self) -> Result<(), OutputError> {
        self.0.close()?;
        Ok(())
    }
}
