//! Writing results: tables in several formats, whole files or none.

mod csv;
mod destination;
mod npy;
mod parquet;
mod table;

use std::io::Write;
use std::path::Path;

use thiserror::Error;

pub use destination::{Destination, discard_unfinished};
pub use table::{Table, Values};

pub use self::csv::Csv;
pub use self::npy::Npy;
pub use self::parquet::Parquet;

/// Where a format writes to.
pub type Sink<'w> = &'w mut (dyn Write + Send);

/// A file format for [`Table`]s.
pub trait TableFormat: Sync {
    /// Writes the whole table.
    ///
    /// # Errors
    /// [`OutputError`] if the sink fails.
    fn write(&self, table: &Table, sink: Sink<'_>) -> Result<(), OutputError>;

    /// Whether the format has room for the ids of the rows.
    fn holds_ids(&self) -> bool {
        true
    }
}

/// The format that a file name asks for by its ending; CSV unless it ends in
/// `.npy` or `.parquet`.
pub fn format_for(path: &Path) -> &'static dyn TableFormat {
    let ending = path.extension().unwrap_or_default();
    if ending.eq_ignore_ascii_case("npy") {
        &Npy
    } else if ending.eq_ignore_ascii_case("parquet") {
        &Parquet
    } else {
        &Csv
    }
}

/// Nothing was written, for this reason.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The place cannot be written to.
    #[error("cannot write to {path:?}")]
    Destination {
        /// The place.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The output is a folder.
    #[error("cannot write to {0:?}: it is a folder; name a file in it")]
    IsFolder(std::path::PathBuf),
    /// A write failed.
    #[error("writing failed: {0}")]
    Write(#[from] std::io::Error),
    /// The npy writer failed.
    #[error("writing the npy file failed: {0}")]
    Npy(#[from] ndarray_npy::WriteNpyError),
    /// The parquet writer failed.
    #[error("writing the parquet file failed: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

impl From<::csv::Error> for OutputError {
    fn from(error: ::csv::Error) -> Self {
        Self::Write(error.into())
    }
}
