//! What kind of output a file holds, told by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What is written to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A CSV with one of this program's headers.
    Csv,
    /// NumPy's array format.
    Npy,
    /// Apache Parquet.
    Parquet,
    /// JSON objects, one per line.
    Jsonl,
    /// The table for people.
    Table,
    /// What lies beside the output of a shard.
    ShardNote,
    /// An M3U8 playlist.
    Playlist,
    /// The page of `report`.
    Report,
}

impl Content {
    /// What files of this kind begin with.
    fn beginnings(self) -> &'static [&'static [u8]] {
        match self {
            Self::Csv => &[b"file_id", b"file,status"],
            Self::Npy => &[b"\x93NUMPY"],
            Self::Parquet => &[b"PAR1"],
            Self::Jsonl => &[b"{"],
            Self::Table => &[b"file\tgenres"],
            Self::ShardNote => &[b"{\"shard_note_version\""],
            Self::Playlist => &[b"#EXTM3U"],
            Self::Report => &[b"<!doctype html>\n<!-- fma-genre"],
        }
    }

    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "a CSV of this program",
            Self::Npy => "an .npy file",
            Self::Parquet => "a Parquet file",
            Self::Jsonl => "JSON lines",
            Self::Table => "a table of this program",
            Self::ShardNote => "a note of a shard",
            Self::Playlist => "a playlist",
            Self::Report => "a report of this program",
        }
    }

    /// Whether the file at `path` is of this kind, or empty. A file that cannot
    /// be read is not.
    pub(super) fn is_in(self, path: &Path) -> bool {
        const LONGEST: u64 = 32;
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut start));
        let begins = |beginning: &&[u8]| start.starts_with(beginning);
        read.is_ok() && (start.is_empty() || self.beginnings().iter().any(begins))
    }
}
