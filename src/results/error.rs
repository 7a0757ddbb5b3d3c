//! Why results cannot be read.

use std::io;

use thiserror::Error;

use crate::output::JSONL_SCHEMA_VERSION;

/// Why a line of results cannot be used. Lines count from 1.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// Reading failed.
    #[error("cannot read {origin}")]
    Read {
        /// What was read, as messages show it.
        origin: String,
        /// The cause.
        source: io::Error,
    },
    /// A line is longer than any result.
    #[error("{origin}, line {line}: more than {limit} bytes; that is no result of this program")]
    LongLine {
        /// What was read, as messages show it.
        origin: String,
        /// Where.
        line: u64,
        /// The most that is accepted.
        limit: usize,
    },
    /// The last line has no end: whoever wrote it was stopped.
    #[error("{origin}, line {line}: the last line is cut off; the results are not complete")]
    CutOff {
        /// What was read, as messages show it.
        origin: String,
        /// Where.
        line: u64,
    },
    /// Another version of this program wrote it.
    #[error(
        "{origin}, line {line}: results of schema version {found}; this program reads version \
         {JSONL_SCHEMA_VERSION}"
    )]
    OtherVersion {
        /// What was read, as messages show it.
        origin: String,
        /// Where.
        line: u64,
        /// The version that it has.
        found: u64,
    },
    /// It is no result as `classify` writes them.
    #[error(
        "{origin}, line {line}: {problem}; a result is what `fma-genre classify --format jsonl` \
         writes"
    )]
    Invalid {
        /// What was read, as messages show it.
        origin: String,
        /// Where.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
}
