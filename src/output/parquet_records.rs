//! Records as Apache Parquet: a column for everything but timelines.

use parquet::basic::{LogicalType, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};

use super::parquet_file::{Column, GROUP_ROWS, ParquetFile};
use super::{Output, OutputError, RowSink, RunInfo};
use crate::genre::{GENRE_COUNT, GENRES};
use crate::pipeline::Record;
use crate::utf8;

/// The challenge's columns under their names, and what is known of the files.
/// The model, its version and the prior are in the file's key-value metadata.
pub(super) struct ParquetRecordSink {
    file: ParquetFile,
    run: RunInfo,
    rows: Rows,
}

/// The rows of one group, column by column.
#[derive(Default)]
struct Rows {
    ids: Vec<ByteArray>,
    paths: Vec<ByteArray>,
    statuses: Vec<ByteArray>,
    remarks: Vec<Option<ByteArray>>,
    seconds: Vec<Option<f64>>,
    sample_rates: Vec<Option<i32>>,
    channels: Vec<Option<i32>>,
    decoders: Vec<Option<ByteArray>>,
    genres: Vec<Option<ByteArray>>,
    tag_genres: Vec<Option<ByteArray>>,
    probabilities: [Vec<f64>; GENRE_COUNT],
}

impl ParquetRecordSink {
    pub(super) fn new(output: Output, run: &RunInfo) -> Result<Self, OutputError> {
        let string = |name| Column::required(name, PhysicalType::BYTE_ARRAY);
        let text = |name| string(name).logical(LogicalType::String);
        let optional =
            |name| Column::optional(name, PhysicalType::BYTE_ARRAY).logical(LogicalType::String);
        let mut columns = vec![
            text("file_id"),
            text("path"),
            text("status"),
            optional("remark"),
            Column::optional("seconds", PhysicalType::DOUBLE),
            Column::optional("sample_rate", PhysicalType::INT32),
            Column::optional("channels", PhysicalType::INT32),
            optional("decoder"),
            optional("genre"),
            optional("tag_genre"),
        ];
        let genres = GENRES.map(|genre| Column::required(genre, PhysicalType::DOUBLE));
        columns.extend(genres);
        let metadata = vec![
            ("fma_genre.model", run.model.clone()),
            ("fma_genre.model_version", run.model_version.clone()),
            ("fma_genre.prior", run.prior.clone()),
        ];
        Ok(Self {
            file: ParquetFile::new(output, &columns, metadata)?,
            run: run.clone(),
            rows: Rows::default(),
        })
    }

    /// Writes the rows that were kept as a row group.
    fn write_group(&mut self) -> Result<(), OutputError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.ids.is_empty() {
            return Ok(());
        }
        let mut group = self.file.group()?;
        group.column::<ByteArrayType>(&rows.ids)?;
        group.column::<ByteArrayType>(&rows.paths)?;
        group.column::<ByteArrayType>(&rows.statuses)?;
        group.optional::<ByteArrayType>(&rows.remarks)?;
        group.optional::<DoubleType>(&rows.seconds)?;
        group.optional::<Int32Type>(&rows.sample_rates)?;
        group.optional::<Int32Type>(&rows.channels)?;
        group.optional::<ByteArrayType>(&rows.decoders)?;
        group.optional::<ByteArrayType>(&rows.genres)?;
        group.optional::<ByteArrayType>(&rows.tag_genres)?;
        for probabilities in &rows.probabilities {
            group.column::<DoubleType>(probabilities)?;
        }
        group.close()
    }
}

impl RowSink<Record> for ParquetRecordSink {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        let rows = &mut self.rows;
        let audio = record.audio.as_ref();
        rows.ids.push(string(&record.id));
        rows.paths
            .push(string(record.path.as_os_str().as_encoded_bytes()));
        rows.statuses.push(record.status.name().into());
        rows.remarks.push(record.remark.as_deref().map(Into::into));
        rows.seconds.push(audio.map(|audio| audio.seconds));
        rows.sample_rates
            .push(audio.and_then(|audio| audio.sample_rate.try_into().ok()));
        rows.channels
            .push(audio.and_then(|audio| audio.channels.try_into().ok()));
        rows.decoders
            .push(audio.map(|audio| audio.decoder.name().into()));
        rows.genres.push(self.run.genre(record).map(Into::into));
        rows.tag_genres
            .push(record.tag_genre.as_deref().map(Into::into));
        for (column, probability) in rows.probabilities.iter_mut().zip(record.probabilities) {
            column.push(probability);
        }
        if rows.ids.len() >= GROUP_ROWS {
            self.write_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.write_group()?;
        self.file.finish()
    }
}

fn string(name: &[u8]) -> ByteArray {
    utf8::text(name).into_owned().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use crate::output::{RecordFormat, TableStyle, samples};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use std::io::Write;

    #[cfg(unix)]
    #[test]
    fn records_read_back_with_nulls_and_the_model() {
        let records = [samples::record(), samples::unusable()];
        let bytes = samples::written_records(RecordFormat::Parquet, TableStyle::Plain, &records);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        let start = r#"{file_id: "blues", path: "music/blues.mp3", status: "ok", remark: null, seconds: 29.94612, sample_rate: 44100, channels: 2, decoder: "nanomp3", genre: "Blues", tag_genre: "Blues", Blues: 0.7, "#;
        assert!(rows[0].starts_with(start), "{}", rows[0]);
        let start = r#"{file_id: "\xff"#;
        assert!(rows[1].starts_with(start), "{}", rows[1]);
        let part = r#"status: "unusable", remark: "is empty (0 bytes)", seconds: null, sample_rate: null, channels: null, decoder: null, genre: null, tag_genre: null, Blues: 0.0625"#;
        assert!(rows[1].contains(part), "{}", rows[1]);
        let pairs = reader.metadata().file_metadata().key_value_metadata();
        let pairs: Vec<(&str, Option<&str>)> = pairs
            .unwrap()
            .iter()
            .map(|pair| (pair.key.as_str(), pair.value.as_deref()))
            .collect();
        let expected = [
            ("fma_genre.model", Some("small")),
            ("fma_genre.model_version", Some("2")),
            ("fma_genre.prior", Some("fma")),
        ];
        assert_eq!(pairs, expected);
    }
}
