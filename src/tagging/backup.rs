//! What is needed to take a run of tagging back, written before each file is
//! touched.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::delta::Delta;
use crate::path_text;

/// Version of the entries.
const VERSION: u32 = 1;

/// Why a backup cannot be used.
#[derive(Debug, Error)]
pub enum BackupError {
    /// It cannot be read or written.
    #[error("cannot use the backup {path:?}")]
    File {
        /// The backup.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A line is not one of ours.
    #[error("{path:?}, line {line}: this is no backup of `fma-genre tag`: {problem}")]
    Invalid {
        /// The backup.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Another version of this program wrote it.
    #[error(
        "{path:?}, line {line}: a backup of version {found}; this program reads version {VERSION}"
    )]
    OtherVersion {
        /// The backup.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The version that it has.
        found: u32,
    },
}

/// Length and CRC-32 of a whole file: what tells one version of it from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    bytes: u64,
    crc32: u32,
}

impl Version {
    pub(super) fn of(content: &[u8]) -> Self {
        Self {
            bytes: content.len() as u64,
            crc32: crc32fast::hash(content),
        }
    }
}

/// One file that was tagged.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    tag_backup_version: u32,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    pub(super) old: Version,
    pub(super) new: Version,
    /// How the old version is made from the new one.
    delta: Delta,
}

impl Entry {
    fn new(path: &Path, old: &[u8], new: &[u8]) -> Self {
        let (path, path_bytes) = path_text::write(path);
        Self {
            tag_backup_version: VERSION,
            path,
            path_bytes,
            old: Version::of(old),
            new: Version::of(new),
            delta: Delta::between(old, new),
        }
    }

    /// The file, without links.
    pub(super) fn path(&self) -> PathBuf {
        path_text::read(self.path.clone(), self.path_bytes.as_deref())
    }

    /// The old version, made from the new one; None if this entry is damaged.
    pub(super) fn restored(&self, new: &[u8]) -> Option<Vec<u8>> {
        let old = self.delta.applied_to(new)?;
        (Version::of(&old) == self.old).then_some(old)
    }
}

/// A backup that is being written.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
    file: File,
}

impl Backup {
    /// Goes on behind what the backup at `path` has, or begins one. A last line that
    /// was cut off is removed: its file was not touched yet.
    ///
    /// # Errors
    /// [`BackupError`] if it cannot be written, or the file is something else.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let fail = |source| BackupError::File {
            path: path.to_path_buf(),
            source,
        };
        let ends = match File::open(path) {
            Ok(file) => entry_ends(path, file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fail(error)),
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(fail)?;
        file.set_len(ends.last().copied().unwrap_or(0))
            .map_err(fail)?;
        file.seek(SeekFrom::End(0)).map_err(fail)?;
        let path = path.to_path_buf();
        Ok(Self { path, file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes what is needed to go back from `new` to `old`; when this returns, the
    /// disk has it.
    pub(super) fn append(
        &mut self,
        file: &Path,
        old: &[u8],
        new: &[u8],
    ) -> Result<(), BackupError> {
        let entry = Entry::new(file, old, new);
        let mut line = serde_json::to_vec(&entry).map_err(|error| self.failed(error.into()))?;
        line.push(b'\n');
        let written = self.file.write_all(&line);
        written
            .and_then(|()| self.file.sync_data())
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> BackupError {
        BackupError::File {
            path: self.path.clone(),
            source,
        }
    }
}

/// All entries of the backup at `path`, the last one first. Only their places are
/// held: the old tags of a collection may be large.
pub(super) fn entries_backwards(
    path: &Path,
) -> Result<impl Iterator<Item = Result<Entry, BackupError>>, BackupError> {
    let fail = |source| BackupError::File {
        path: path.to_path_buf(),
        source,
    };
    let mut file = File::open(path).map_err(fail)?;
    let mut starts = entry_ends(path, &file)?;
    starts.insert(0, 0);
    // Behind the last nothing begins.
    starts.pop();
    let path = path.to_path_buf();
    Ok(starts.into_iter().rev().map(move |start| {
        let mut line = String::new();
        file.seek(SeekFrom::Start(start))
            .and_then(|_| BufReader::new(&file).read_line(&mut line))
            .and_then(|_| Ok(serde_json::from_str(&line)?))
            .map_err(|source| BackupError::File {
                path: path.clone(),
                source,
            })
    }))
}

/// Checks the entries of a backup; the position behind each. A last line that was cut
/// off is none.
fn entry_ends(path: &Path, file: impl io::Read) -> Result<Vec<u64>, BackupError> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let mut ends = Vec::new();
    let mut end = 0;
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|source| BackupError::File {
            path: path.to_path_buf(),
            source,
        })?;
        let is_ours = number > 1 || line.is_empty() || line.starts_with(b"{\"tag_backup");
        if is_ours && !line.ends_with(b"\n") {
            break;
        }
        let entry: Entry = serde_json::from_slice(&line).map_err(|error| BackupError::Invalid {
            path: path.to_path_buf(),
            line: number,
            problem: error.to_string(),
        })?;
        if entry.tag_backup_version != VERSION {
            return Err(BackupError::OtherVersion {
                path: path.to_path_buf(),
                line: number,
                found: entry.tag_backup_version,
            });
        }
        end += read as u64;
        ends.push(end);
    }
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_removed_and_the_rest_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.jsonl");
        let mut backup = Backup::open(&path).unwrap();
        backup.append(Path::new("/a"), b"old", b"new").unwrap();
        drop(backup);
        let whole = std::fs::read(&path).unwrap();
        let mut cut = whole.clone();
        cut.extend_from_slice(&whole[..20]);
        std::fs::write(&path, &cut).unwrap();
        let mut backup = Backup::open(&path).unwrap();
        backup.append(Path::new("/b"), b"old", b"newer").unwrap();
        let paths: Vec<PathBuf> = entries_backwards(&path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(paths, [Path::new("/b"), Path::new("/a")]);
    }

    #[test]
    fn other_files_are_neither_continued_nor_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for text in ["my notes\n", "my notes", "{\"a\": 1}\n"] {
            std::fs::write(&path, text).unwrap();
            let error = Backup::open(&path).unwrap_err().to_string();
            assert!(error.contains("line 1: this is no backup"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
