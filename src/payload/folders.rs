//! Which folders were met, whatever they were called.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// Number of a folder among those that were met.
pub(super) type FolderNumber = u32;

/// What makes two names names of one folder.
#[derive(Debug, PartialEq, Eq, Hash)]
enum FolderKey {
    /// Device and inode.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The path, where there is no more to be known.
    Path(PathBuf),
}

/// Every folder that was searched or that holds a file named by the user.
#[derive(Debug, Default)]
pub(super) struct Folders {
    numbers: HashMap<FolderKey, FolderNumber>,
    searched: Vec<bool>,
    /// The folder of the file before: lists name many files of one folder in a row.
    last_holder: Option<(PathBuf, FolderNumber)>,
}

impl Folders {
    /// Notes that a folder is searched: its number, and whether it was before.
    pub(super) fn search(&mut self, path: &Path, metadata: &Metadata) -> (FolderNumber, bool) {
        let number = self.number(key(path, Some(metadata)));
        let before = std::mem::replace(&mut self.searched[number as usize], true);
        (number, before)
    }

    /// Whether a folder was searched.
    pub(super) fn is_searched(&self, path: &Path, metadata: &Metadata) -> bool {
        let number = self.numbers.get(&key(path, Some(metadata)));
        number.is_some_and(|number| self.searched[*number as usize])
    }

    /// The number of the folder that holds the file at `path`.
    pub(super) fn holder(&mut self, path: &Path) -> FolderNumber {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        match &self.last_holder {
            Some((last, number)) if last.as_os_str() == folder.as_os_str() => *number,
            _ => {
                let number = self.number(key(folder, fs::metadata(folder).ok().as_ref()));
                self.last_holder = Some((folder.to_path_buf(), number));
                number
            }
        }
    }

    fn number(&mut self, key: FolderKey) -> FolderNumber {
        match self.numbers.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let number = u32::try_from(self.searched.len()).expect("fewer folders than 2^32");
                self.searched.push(false);
                *new.insert(number)
            }
        }
    }
}

#[cfg(unix)]
fn key(path: &Path, metadata: Option<&Metadata>) -> FolderKey {
    use std::os::unix::fs::MetadataExt;

    match metadata {
        Some(metadata) => FolderKey::Inode(metadata.dev(), metadata.ino()),
        None => FolderKey::Path(absolute(path)),
    }
}

#[cfg(not(unix))]
fn key(path: &Path, _metadata: Option<&Metadata>) -> FolderKey {
    FolderKey::Path(path.canonicalize().unwrap_or_else(|_| absolute(path)))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
