//! Why shards cannot be put together.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::output::OutputError;

/// Why shards cannot be put together. Nothing was written.
#[derive(Debug, Error)]
pub enum MergeError {
    /// A shard or its note cannot be read.
    #[error("cannot read {path:?}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// There is no note beside it.
    #[error("{shard:?} has no note beside it ({note:?}): only what --shard wrote can be merged")]
    NoNote {
        /// The output of a shard.
        shard: PathBuf,
        /// Where its note would be.
        note: PathBuf,
    },
    /// The note cannot be understood.
    #[error("{note:?} is no note of a shard: {problem}")]
    InvalidNote {
        /// The note.
        note: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The output is not the one that the note tells of.
    #[error("{0:?} is not what its note tells of: it was changed, cut off or exchanged")]
    Changed(PathBuf),
    /// Two outputs claim to be the same shard.
    #[error("{first:?} and {second:?} are the same shard, {index} of {count}")]
    Twice {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// Which shard.
        index: u32,
        /// Of how many.
        count: u32,
    },
    /// Some are missing.
    #[error("{} of {count} shards are missing: {}", missing.len(), list(missing))]
    Missing {
        /// Which ones, from 0.
        missing: Vec<u32>,
        /// Of how many.
        count: u32,
    },
    /// Their rows are not all rows, each once; only a note that was changed says so.
    #[error("the notes of the shards do not add up to {files} rows, each once")]
    DoNotAddUp {
        /// How many rows there should be.
        files: usize,
    },
    /// They are not of one run.
    #[error("{first:?} and {second:?} are not of one run: {what} is {ours} and {theirs}")]
    Unlike {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// What differs.
        what: &'static str,
        /// Of the first.
        ours: String,
        /// Of the second.
        theirs: String,
    },
    /// The machines did not see the same files.
    #[error(
        "{first:?} and {second:?} are shards of different files ({ours} and {theirs} in all): \
         something was added, removed or renamed between the runs"
    )]
    OtherFiles {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// How many files there were for the first.
        ours: usize,
        /// How many there were for the second.
        theirs: usize,
    },
    /// The format cannot be merged, and need not be.
    #[error(
        "{0:?} is a Parquet file: these are not merged, because readers of Parquet take a folder of \
         them as one table; --check says whether all are there"
    )]
    Parquet(PathBuf),
    /// Writing failed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Numbers for a reader; not more than ten.
fn list(numbers: &[u32]) -> String {
    const MOST: usize = 10;
    let shown: Vec<String> = numbers.iter().take(MOST).map(u32::to_string).collect();
    let more = match numbers.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}
