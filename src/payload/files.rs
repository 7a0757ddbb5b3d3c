//! The files of a run, in little memory: a million of them fit in some 100 MB.

use std::io;
use std::path::Path;

use super::endings::Endings;
use super::error::{PayloadError, PayloadWarning};
use super::ids::{self, Level};
use super::names;
use super::shard::{Portion, Shard};

/// How many files a run can take: a list that never ends is not read for ever. Ten
/// million paths of 100 bytes are 1.2 GB.
pub const MAX_FILES: usize = 10_000_000;

/// The files of a run, in the order of its roots and within each sorted by the bytes
/// of their path below it. At least one, unless it is a [shard](Self::keep).
#[derive(Debug)]
pub struct Payload {
    pub(super) files: Files,
    pub(super) endings: Endings,
    pub(super) warnings: Vec<PayloadWarning>,
}

/// One file to classify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadFile<'p> {
    /// Where to read it.
    pub path: &'p Path,
    /// The row's `file_id`: raw bytes, because file names need not be UTF-8.
    pub id: &'p [u8],
}

impl Payload {
    /// How many files there are.
    #[expect(clippy::len_without_is_empty, reason = "only a shard can be empty")]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Keeps the files of one shard, under the ids that they have among all.
    pub fn keep(&mut self, shard: Shard) -> Portion {
        let files = self.len();
        let mut crc32 = crc32fast::Hasher::new();
        let mut positions = Vec::new();
        for index in 0..files {
            let below_root = self.files.below_root(index);
            for part in [self.id(index), b"\0", below_root, b"\0"] {
                crc32.update(part);
            }
            if shard.holds(below_root) {
                positions.push(u32::try_from(index).expect("fewer files than 2^32"));
            }
        }
        let mut next = positions.iter().peekable();
        self.files
            .retain(|index| next.next_if(|kept| **kept as usize == index).is_some());
        Portion {
            files,
            files_crc32: crc32.finalize(),
            positions,
        }
    }

    /// Where to read file `index`.
    ///
    /// # Panics
    /// If there are not so many files.
    pub fn path(&self, index: usize) -> &Path {
        names::as_path(self.files.path(index))
    }

    /// The path of file `index` below the folder that was named; its name, if the file
    /// itself was named.
    ///
    /// # Panics
    /// If there are not so many files.
    pub fn path_below_root(&self, index: usize) -> &Path {
        names::as_path(self.files.below_root(index))
    }

    /// The `file_id` of file `index`: raw bytes, because file names need not be UTF-8.
    /// No two files have the same.
    ///
    /// # Panics
    /// If there are not so many files.
    pub fn id(&self, index: usize) -> &[u8] {
        let entry = &self.files.entries[index];
        ids::candidate(
            self.files.path(index),
            entry.below,
            entry.level,
            self.endings,
        )
    }

    /// File `index`.
    ///
    /// # Panics
    /// If there are not so many files.
    pub fn file(&self, index: usize) -> PayloadFile<'_> {
        PayloadFile {
            path: self.path(index),
            id: self.id(index),
        }
    }

    /// All files in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = PayloadFile<'_>> + Clone {
        (0..self.len()).map(|index| self.file(index))
    }

    /// The paths of all files in order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Path> + Clone {
        (0..self.len()).map(|index| self.path(index))
    }

    /// What the user should know, made as it is asked for: folders that were not
    /// searched, then listed files that are missing, then files with a longer id.
    pub fn warnings(&self) -> impl Iterator<Item = PayloadWarning> {
        let all = || 0..self.len();
        let missing = all().filter_map(|index| {
            let cause = self.files.entries[index].missing?;
            let path = self.path(index).to_path_buf();
            Some(PayloadWarning::MissingListed { path, cause })
        });
        let renamed = all().filter_map(|index| {
            let id = self.id(index);
            let name = ids::file_name(self.files.path(index));
            (id != self.endings.strip(name)).then(|| PayloadWarning::DuplicateId {
                path: self.path(index).to_path_buf(),
                id: String::from_utf8_lossy(id).into_owned(),
            })
        });
        self.warnings.iter().cloned().chain(missing).chain(renamed)
    }

    /// How many folders were not searched, or not to their end: nobody knows what is
    /// in them.
    pub fn folders_unsearched(&self) -> usize {
        let unsearched = |warning: &&PayloadWarning| warning.is_unsearched_folder();
        self.warnings.iter().filter(unsearched).count()
    }

    /// How many files and folders that the user named are not there and have no row;
    /// those that a list names have one.
    pub fn inputs_missing(&self) -> usize {
        let missing = |warning: &&PayloadWarning| warning.is_missing_input();
        self.warnings.iter().filter(missing).count()
    }
}

/// Paths, one after the other.
#[derive(Debug, Default)]
pub(super) struct Files {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// Where the path ends in the bytes; it begins where the one before ends.
    end: usize,
    /// How many bytes of the path are those of the root.
    below: u32,
    level: Level,
    /// Why a listed file cannot be looked at.
    missing: Option<io::ErrorKind>,
}

impl Files {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds a path whose part below the root begins at byte `below`.
    pub(super) fn push(
        &mut self,
        path: &[u8],
        below: usize,
        missing: Option<io::ErrorKind>,
    ) -> Result<(), PayloadError> {
        if self.len() >= MAX_FILES {
            return Err(PayloadError::TooMany { limit: MAX_FILES });
        }
        self.bytes.extend_from_slice(path);
        self.entries.push(Entry {
            end: self.bytes.len(),
            below: u32::try_from(below).expect("a path of less than 4 GB"),
            level: 0,
            missing,
        });
        Ok(())
    }

    pub(super) fn path(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.entries[index].end]
    }

    fn below_root(&self, index: usize) -> &[u8] {
        &self.path(index)[self.entries[index].below as usize..]
    }

    fn start(&self, index: usize) -> usize {
        index
            .checked_sub(1)
            .map_or(0, |before| self.entries[before].end)
    }

    /// Drops the files for which `keep` is false; it is asked in order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let (mut start, mut kept, mut index) = (0, 0, 0);
        self.entries.retain_mut(|entry| {
            let path = start..entry.end;
            start = entry.end;
            let keeps = keep(index);
            index += 1;
            if keeps {
                let len = path.len();
                self.bytes.copy_within(path, kept);
                kept += len;
                entry.end = kept;
            }
            keeps
        });
        self.bytes.truncate(kept);
    }

    /// Gives every file an id of its own. `roots` is how many inputs they come from.
    pub(super) fn name_rows(&mut self, endings: Endings, roots: usize) {
        let paths = |index: usize| (self.path(index), self.entries[index].below);
        let levels = ids::assign(self.len(), paths, endings, ids::highest_level(roots));
        for (entry, level) in self.entries.iter_mut().zip(levels) {
            entry.level = level;
        }
        self.bytes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retained_paths_are_whole() {
        let mut files = Files::default();
        for path in ["a/x.mp3", "b.mp3", "", "long/er.mp3", "z"] {
            files.push(path.as_bytes(), 0, None).unwrap();
        }
        files.retain(|index| index % 2 == 1);
        assert_eq!(files.len(), 2);
        assert_eq!(files.path(0), b"b.mp3");
        assert_eq!(files.path(1), b"long/er.mp3");
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 16);
    }
}
