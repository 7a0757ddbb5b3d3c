//! The challenge's CSV files, read and checked: [`Predictions`], the
//! [`Labels`] they are scored against, and [`validate()`] for a submission alone.
//!
//! Whatever is wrong is named by file, line and id; a file is read to its end
//! so that all of it is known at once. Only what is needed of it is held: the
//! ids and the numbers or genres, and the first problems of each kind.
//!
//! Ids are compared byte by byte. Only labels whose id column is called
//! `track_id`, as in the challenge's starter kit, hold numbers: there `2`
//! and `000002` are the same track.

mod first_lines;
mod header;
mod hints;
mod labels;
mod pairing;
mod predictions;
mod problem;
mod records;
mod tracks;
mod validate;

use thiserror::Error;

pub use first_lines::MAX_ROWS;
pub use labels::{IdKind, Label, Labels};
pub use pairing::{Coverage, LeftOut, Pairs, pair};
pub use predictions::{Prediction, Predictions, SUM_TOLERANCE, Sums};
pub use problem::{Defect, Problem, Problems, Reference, ShownId};
pub use validate::{Remark, validate};

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
    /// One of its records is longer than any should be.
    #[error(
        "{origin}: the record that begins in line {line} has more than {limit} bytes; perhaps a \
         quotation mark is not closed"
    )]
    LongRecord {
        /// What was read, as messages show it.
        origin: String,
        /// Where the record begins, from 1.
        line: u64,
        /// The most that is accepted.
        limit: usize,
    },
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(String),
    /// There is nothing below its header.
    #[error("{0} has a header but no rows")]
    NoRows(String),
    /// It is FMA's `tracks.csv`, but no row has a top genre.
    #[error("{0} has no row with a genre")]
    NoGenres(String),
    /// The first line is not the header that belongs there.
    #[error("{origin}: {problem}; the header must be {expected}{}", hint_line(*hint))]
    Header {
        /// What was read, as messages show it.
        origin: String,
        /// What is wrong with it.
        problem: String,
        /// The right one.
        expected: String,
        /// What may be the cause.
        hint: Option<&'static str>,
    },
    /// Rows or ids are wrong.
    #[error(transparent)]
    Invalid(#[from] Problems),
}

/// The end of a message that has a hint.
fn hint_line(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!("\n  hint: {hint}"))
}
