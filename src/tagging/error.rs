//! Why a file is left as it is.

use std::io;

use thiserror::Error;

/// Why a file cannot be tagged, without its name. It is as it was.
#[derive(Debug, Error)]
pub enum TagError {
    /// It is not there any more, or cannot be read or written.
    #[error("{what}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("it is not a file")]
    NotAFile,
    /// Nobody may write it.
    #[error("it is read-only")]
    ReadOnly,
    /// Replacing it would part it from its other names.
    #[error("it has {0} names (hard links), and the others would keep the old tag")]
    HardLinks(u64),
    /// Tagging holds the whole file in memory.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// Its date is later than that of the results.
    #[error("it was changed after it was classified")]
    ChangedSince,
    /// It is not as tagging left it.
    #[error("it was changed after it was tagged")]
    ChangedSinceTagged,
    /// Somebody wrote to it while its tag was made.
    #[error("it changed while its tag was made")]
    ChangedMeanwhile,
    /// None of the formats with tags for genres.
    #[error("no genres can be written to files of this kind")]
    UnknownKind,
    /// Its tag cannot be read in full, so that it could not be kept.
    #[error("its tag cannot be read as a whole, and nothing of it may be lost: {0}")]
    Tag(String),
    /// The library that reads and writes tags has a limit for parts of them.
    #[error("a part of its tag is larger than 16 MiB")]
    TagTooLarge,
    /// There is nothing to compare, so nothing would show that the audio is kept.
    #[error("its audio cannot be told from its tags")]
    NoAudio,
    /// What would be written has other audio, other tags or not the genre.
    #[error("writing the genre would change {0}")]
    NotKept(&'static str),
}

impl TagError {
    /// For `map_err`: what was tried.
    pub(super) fn file(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { what, source }
    }
}
