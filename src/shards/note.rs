//! What lies beside the output of a shard.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::MergeError;
use super::made_by::MadeBy;
use crate::payload::{Portion, Shard};

/// Version of the notes' own format.
const NOTE_VERSION: u32 = 1;

/// The longest note that is read: ten million positions have 90 MB.
const MAX_NOTE: u64 = 256 << 20;

/// What is known of the output of a shard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardNote {
    shard_note_version: u32,
    /// Which shard, from 0.
    pub shard: u32,
    /// Of how many.
    pub shards: u32,
    /// CRC-32 of the output's bytes.
    pub output_crc32: u32,
    /// What made the rows.
    pub made_by: MadeBy,
    /// Which rows these are.
    #[serde(flatten)]
    pub portion: Portion,
}

/// Where the note of an output lies: `part.csv` -> `part.csv.shard.json`.
pub fn note_path(output: &Path) -> PathBuf {
    let mut name: OsString = output.into();
    name.push(".shard.json");
    name.into()
}

impl ShardNote {
    /// The note of a complete output.
    ///
    /// # Errors
    /// Those of reading the output.
    pub fn of_output(
        output: &Path,
        shard: Shard,
        made_by: MadeBy,
        portion: Portion,
    ) -> io::Result<Self> {
        Ok(Self {
            shard_note_version: NOTE_VERSION,
            shard: shard.index(),
            shards: shard.count(),
            output_crc32: crc32_of(File::open(output)?)?,
            made_by,
            portion,
        })
    }

    /// Reads the note beside the output of a shard.
    ///
    /// # Errors
    /// [`MergeError::NoNote`], [`MergeError::Read`] and [`MergeError::InvalidNote`].
    pub fn beside(output: &Path) -> Result<Self, MergeError> {
        let path = note_path(output);
        let fail = |source| MergeError::Read {
            path: path.clone(),
            source,
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Whoever mistyped a name is not told about notes.
                output.metadata().map_err(|source| MergeError::Read {
                    path: output.to_path_buf(),
                    source,
                })?;
                let shard = output.to_path_buf();
                return Err(MergeError::NoNote { shard, note: path });
            }
            Err(error) => return Err(fail(error)),
        };
        let mut text = Vec::new();
        file.take(MAX_NOTE).read_to_end(&mut text).map_err(fail)?;
        Self::parse(&text).map_err(|problem| MergeError::InvalidNote {
            note: path,
            problem,
        })
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        /// What notes of all versions have.
        #[derive(Deserialize)]
        struct Version {
            shard_note_version: u32,
        }
        let Version { shard_note_version } =
            serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if shard_note_version != NOTE_VERSION {
            return Err(format!(
                "it has version {shard_note_version}, this program reads version {NOTE_VERSION}"
            ));
        }
        let note: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        Shard::new(note.shard, note.shards)
            .map_err(|error| format!("{}/{}: {error}", note.shard, note.shards))?;
        let Portion {
            files, positions, ..
        } = &note.portion;
        let is_sorted = positions.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = positions
            .last()
            .is_none_or(|last| (*last as usize) < *files);
        if is_sorted && fits {
            Ok(note)
        } else {
            Err("its positions are not in order".into())
        }
    }
}

fn crc32_of(mut input: impl Read) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match input.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(&buffer[..read]),
        }
    }
}
