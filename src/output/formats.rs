//! Which format goes where, decided by the name of the file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::content::Content;
use super::csv::CsvSink;
use super::destination::{Destination, OutputRules};
use super::jsonl::JsonlSink;
use super::npy::NpySink;
use super::parquet_numbers::ParquetSink;
use super::parquet_records::ParquetRecordSink;
use super::record_csv::RecordCsvSink;
use super::table::{TableSink, TableStyle};
use super::{NumberColumns, NumberSink, OutputError, RowSink, RunInfo};
use crate::faults::fault_point;
use crate::pipeline::Record;

/// A format for rows of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// The challenge's.
    Csv,
    /// NumPy's, with the ids in a file beside it.
    Npy,
    /// Apache Parquet.
    Parquet,
}

/// A format for records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFormat {
    /// For people, on a terminal or not.
    Table,
    /// One JSON object per line and file.
    Jsonl,
    /// The challenge's.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl NumberFormat {
    /// The format that a file name asks for by its ending; CSV if it has none.
    ///
    /// # Errors
    /// [`OutputError::UnknownEnding`].
    pub fn for_path(path: &Path) -> Result<Self, OutputError> {
        match ending(path).as_deref() {
            None | Some("csv" | "txt") => Ok(Self::Csv),
            Some("npy") => Ok(Self::Npy),
            Some("parquet") => Ok(Self::Parquet),
            Some(other) => Err(OutputError::UnknownEnding {
                path: path.to_path_buf(),
                ending: other.to_owned(),
                known: ".csv, .npy and .parquet",
            }),
        }
    }

    /// As endings have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Npy => "npy",
            Self::Parquet => "parquet",
        }
    }

    fn content(self) -> Content {
        match self {
            Self::Csv => Content::Csv,
            Self::Npy => Content::Npy,
            Self::Parquet => Content::Parquet,
        }
    }
}

impl RecordFormat {
    /// The format that a file name asks for by its ending; a table if it is `-`,
    /// CSV if it has none.
    ///
    /// # Errors
    /// [`OutputError::UnknownEnding`].
    pub fn for_path(path: &Path) -> Result<Self, OutputError> {
        if path == Path::new("-") {
            return Ok(Self::Table);
        }
        match ending(path).as_deref() {
            None | Some("csv") => Ok(Self::Csv),
            Some("txt") => Ok(Self::Table),
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            Some("parquet") => Ok(Self::Parquet),
            Some(other) => Err(OutputError::UnknownEnding {
                path: path.to_path_buf(),
                ending: other.to_owned(),
                known: ".jsonl, .csv, .parquet and .txt",
            }),
        }
    }

    /// As endings have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// What files of this format hold.
    pub fn content(self) -> Content {
        match self {
            Self::Table => Content::Table,
            Self::Jsonl => Content::Jsonl,
            Self::Csv => Content::Csv,
            Self::Parquet => Content::Parquet,
        }
    }
}

/// Refuses a path whose ending asks for another format than CSV, for outputs
/// that have no other.
///
/// # Errors
/// [`OutputError::UnknownEnding`].
pub fn require_csv(path: &Path) -> Result<(), OutputError> {
    match ending(path) {
        Some(ending) if !matches!(ending.as_str(), "csv" | "txt") => {
            Err(OutputError::UnknownEnding {
                path: path.to_path_buf(),
                ending,
                known: ".csv",
            })
        }
        _ => Ok(()),
    }
}

/// The longest ending of a file name that can mean a format. What follows a
/// later dot is part of the name, as in those that `mktemp` makes.
const LONGEST_ENDING: usize = 8;

/// What a name ends in, in lower case: up to eight ASCII letters and digits,
/// not all of them digits. Pipes and devices have no ending.
fn ending(path: &Path) -> Option<String> {
    if path == Path::new("-") || path.metadata().is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        return None;
    }
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    let is_ending = (1..=LONGEST_ENDING).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !ending.bytes().all(|byte| byte.is_ascii_digit());
    is_ending.then_some(ending)
}

/// A place for rows of numbers that was found to be writable.
#[derive(Debug)]
pub struct NumberOutput {
    format: NumberFormat,
    destination: Destination,
    /// Where the ids go if the format has no room for them.
    ids: Option<Destination>,
}

impl NumberOutput {
    /// Checks that `path` can be written, in the format that it asks for. `-` is
    /// standard output.
    ///
    /// # Errors
    /// [`OutputError`] that says why not.
    pub fn prepare(path: &Path, rules: &OutputRules) -> Result<Self, OutputError> {
        let format = NumberFormat::for_path(path)?;
        let destination = Destination::prepare(path, format.content(), rules)?;
        let ids = match format {
            NumberFormat::Npy => {
                let ids = ids_path(path);
                Some(Destination::prepare(&ids, Content::Csv, rules)?)
            }
            NumberFormat::Csv | NumberFormat::Parquet => None,
        };
        Ok(Self {
            format,
            destination,
            ids,
        })
    }

    /// The format that its path asks for.
    pub fn format(&self) -> NumberFormat {
        self.format
    }

    /// The place as it was given.
    pub fn path(&self) -> &Path {
        self.destination.path()
    }

    /// Refuses an output that is one of the inputs.
    ///
    /// # Errors
    /// [`OutputError::IsInput`].
    pub fn refuse_inputs<'p>(
        &self,
        inputs: impl IntoIterator<Item = &'p Path> + Clone,
    ) -> Result<(), OutputError> {
        if let Some(ids) = &self.ids {
            ids.refuse_inputs(inputs.clone())?;
        }
        self.destination.refuse_inputs(inputs)
    }

    /// Begins to write.
    ///
    /// # Errors
    /// [`OutputError`] if the file cannot be made.
    pub fn open(&self, columns: &NumberColumns) -> Result<Box<NumberSink>, OutputError> {
        let path = self.path();
        let sink: Box<NumberSink> = match (self.format, &self.ids) {
            (NumberFormat::Npy, Some(ids)) => {
                let values = self.destination.open()?;
                Box::new(NpySink::new(values, ids.open()?, columns).map_err(|e| e.at(path))?)
            }
            (NumberFormat::Parquet, _) => {
                let output = self.destination.open()?;
                Box::new(ParquetSink::new(output, columns).map_err(|e| e.at(path))?)
            }
            (NumberFormat::Csv | NumberFormat::Npy, _) => {
                let output = self.destination.open()?;
                Box::new(CsvSink::new(output, columns).map_err(|e| e.at(path))?)
            }
        };
        let path = path.to_path_buf();
        Ok(Box::new(Named { path, sink }))
    }
}

/// The companion of an `.npy` file: `features.npy` -> `features.npy.ids.csv`.
fn ids_path(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".ids.csv");
    name.into()
}

/// A place for records that was found to be writable.
#[derive(Debug)]
pub struct RecordOutput {
    format: RecordFormat,
    destination: Destination,
}

impl RecordOutput {
    /// Checks that `path` can be written, in this format. `-` is standard output.
    ///
    /// # Errors
    /// [`OutputError`] that says why not.
    pub fn prepare(
        path: &Path,
        format: RecordFormat,
        rules: &OutputRules,
    ) -> Result<Self, OutputError> {
        let destination = Destination::prepare(path, format.content(), rules)?;
        Ok(Self {
            format,
            destination,
        })
    }

    /// The place as it was given.
    pub fn path(&self) -> &Path {
        self.destination.path()
    }

    /// Refuses an output that is one of the inputs.
    ///
    /// # Errors
    /// [`OutputError::IsInput`].
    pub fn refuse_inputs<'p>(
        &self,
        inputs: impl IntoIterator<Item = &'p Path>,
    ) -> Result<(), OutputError> {
        self.destination.refuse_inputs(inputs)
    }

    /// Begins to write. `style` is how a table on standard output looks; in a
    /// file it is plain.
    ///
    /// # Errors
    /// [`OutputError`] if the file cannot be made.
    pub fn open(
        &self,
        run: &RunInfo,
        style: TableStyle,
    ) -> Result<Box<dyn RowSink<Record>>, OutputError> {
        let output = self.destination.open()?;
        let path = self.path();
        let sink: Box<dyn RowSink<Record>> = match self.format {
            RecordFormat::Table => {
                let style = match path == Path::new("-") {
                    true => style,
                    false => TableStyle::Plain,
                };
                Box::new(TableSink::new(output, run, style))
            }
            RecordFormat::Jsonl => Box::new(JsonlSink::new(output, run)),
            RecordFormat::Csv => Box::new(RecordCsvSink::new(output).map_err(|e| e.at(path))?),
            RecordFormat::Parquet => {
                Box::new(ParquetRecordSink::new(output, run).map_err(|e| e.at(path))?)
            }
        };
        let path = path.to_path_buf();
        Ok(Box::new(Named { path, sink }))
    }
}

/// A sink whose errors name the place.
struct Named<S: ?Sized> {
    path: PathBuf,
    sink: Box<S>,
}

impl<Row: ?Sized, S: RowSink<Row> + ?Sized> RowSink<Row> for Named<S> {
    fn write(&mut self, row: &Row) -> Result<(), OutputError> {
        fault_point!("sink");
        self.sink.write(row).map_err(|error| error.at(&self.path))
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        fault_point!("finish");
        self.sink.finish().map_err(|error| error.at(&self.path))
    }
}
