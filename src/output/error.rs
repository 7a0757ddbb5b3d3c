//! Why nothing was written.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Nothing was written, for this reason.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The place cannot be written to.
    #[error("cannot write to {path:?}")]
    Destination {
        /// The place.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The output is a folder.
    #[error("cannot write to {0:?}: it is a folder; name a file in it")]
    IsFolder(PathBuf),
    /// The name ends like that of a format that cannot be written.
    #[error(
        "cannot write to {path:?}: .{ending} is none of the formats that can be written: {known}"
    )]
    UnknownEnding {
        /// The place.
        path: PathBuf,
        /// What its name ends in.
        ending: String,
        /// The endings that are known, as a list to read.
        known: &'static str,
    },
    /// The output is a file that is to be read.
    #[error("cannot write to {path:?}: it is the input {input:?}")]
    IsInput {
        /// The place.
        path: PathBuf,
        /// The same file as the input names it.
        input: PathBuf,
    },
    /// The file that is there does not look like what would replace it.
    #[error("will not replace {path:?}: it does not look like {wanted}; --force replaces it")]
    OtherKind {
        /// The place.
        path: PathBuf,
        /// What was to be written.
        wanted: &'static str,
    },
    /// Nobody may write the file that is there.
    #[error("will not replace {0:?}: it is write-protected")]
    WriteProtected(PathBuf),
    /// A link that somebody else may have laid as a trap.
    #[error(
        "cannot write to {path:?}: {link:?} is a link that another user laid in a folder that \
         everybody may write to"
    )]
    ForeignLink {
        /// The place.
        path: PathBuf,
        /// The link on the way to it.
        link: PathBuf,
    },
    /// Links that lead back to themselves, or too many.
    #[error("cannot write to {0:?}: more than 40 links lead there, or they lead in a circle")]
    LinkLoop(PathBuf),
    /// A file that could only be written in place is empty now.
    #[error(
        "cannot write to {path:?}: it can only be written in place, which failed halfway; it is \
         empty now"
    )]
    LeftEmpty {
        /// The place.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// There is no standard output.
    #[error("cannot write to standard output: it is closed")]
    StdoutClosed,
    /// Whoever reads standard output has had enough, as `head` has.
    #[error("standard output is no longer read")]
    ReaderGone,
    /// A row does not hold what the output was opened for.
    #[error("an output for probabilities takes no features, nor the other way round")]
    WrongKind,
    /// A write failed.
    #[error("writing failed")]
    Write(#[from] io::Error),
    /// The parquet writer failed.
    #[error("writing the parquet file failed")]
    Parquet(#[source] parquet::errors::ParquetError),
}

impl OutputError {
    /// The same error, with the place that a failed write was for.
    #[must_use]
    pub fn at(self, place: &Path) -> Self {
        let is_stdout = place == Path::new("-");
        match self {
            Self::Write(source) if is_stdout && source.kind() == io::ErrorKind::BrokenPipe => {
                Self::ReaderGone
            }
            Self::Write(source) => Self::Destination {
                path: place.to_path_buf(),
                source,
            },
            Self::LeftEmpty { source, .. } => Self::LeftEmpty {
                path: place.to_path_buf(),
                source,
            },
            other => other,
        }
    }
}

impl From<csv::Error> for OutputError {
    fn from(error: csv::Error) -> Self {
        let message = error.to_string();
        Self::Write(match error.into_kind() {
            csv::ErrorKind::Io(io) => io,
            _ => io::Error::other(message),
        })
    }
}

impl From<serde_json::Error> for OutputError {
    fn from(error: serde_json::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<parquet::errors::ParquetError> for OutputError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        use parquet::errors::ParquetError;
        match error {
            // A failed write travels through the library wrapped.
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(io) => Self::Write(*io),
                Err(other) => Self::Parquet(ParquetError::External(other)),
            },
            other => Self::Parquet(other),
        }
    }
}
