//! The challenge's CSV files, read and checked: [`Predictions`], the
//! [`Labels`] they are scored against, and [`validate()`] for a submission alone.
//!
//! Whatever is wrong is named by file, line and id; a file is read to its end
//! so that all of it is known at once.
//!
//! Ids are compared byte by byte. Only labels whose id column is called
//! `track_id`, as in the challenge's starter kit, hold numbers: there `2`
//! and `000002` are the same track.

mod labels;
mod pairing;
mod predictions;
mod problem;
mod records;
mod validate;

use thiserror::Error;

pub use labels::{IdKind, Label, Labels};
pub use pairing::pair;
pub use predictions::{Prediction, Predictions, SUM_TOLERANCE, Sums};
pub use problem::{Defect, Problem, Problems, Reference};
pub use validate::validate;

/// Why a file of predictions or labels cannot be used.
#[derive(Debug, Error)]
pub enum SubmissionError {
    /// Reading failed.
    #[error("cannot read {origin}: {source}")]
    Read {
        /// What was read, as messages show it.
        origin: String,
        /// The cause.
        source: std::io::Error,
    },
    /// It is longer than any file of predictions or labels should be.
    #[error("{origin} has more than {limit} bytes; that is no file of predictions or labels")]
    TooLong {
        /// What was read, as messages show it.
        origin: String,
        /// The most that is accepted.
        limit: u64,
    },
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(String),
    /// There is nothing below its header.
    #[error("{0} has a header but no rows")]
    NoRows(String),
    /// The first line is not the header that belongs there.
    #[error("{origin}: {problem}; the header must be {expected}")]
    Header {
        /// What was read, as messages show it.
        origin: String,
        /// What is wrong with it.
        problem: String,
        /// The right one.
        expected: String,
    },
    /// Rows or ids are wrong.
    #[error(transparent)]
    Invalid(#[from] Problems),
}
