//! Getting the old tags back.

use std::path::Path;

use super::backup::{self, BackupError, Entry, Version};
use super::error::TagError;
use super::tagger;
use crate::output::{StraySweeper, UnfinishedFiles, replace_file};

/// What became of one file of a backup.
#[derive(Debug)]
pub enum Undone {
    /// It has its old bytes again.
    Restored,
    /// It had them already.
    AsBefore,
    /// It was left as it is.
    Refused(TagError),
}

/// Gives all files of the backup at `path` the very bytes that they had before, the
/// last change first; `each` is told of every one. Files that have neither the old
/// nor the new content are left alone: somebody else changed them.
///
/// # Errors
/// [`BackupError`] if the backup cannot be read; what was restored stays so.
pub fn undo(
    path: &Path,
    unfinished: &UnfinishedFiles,
    mut each: impl FnMut(&Path, Undone),
) -> Result<(), BackupError> {
    let mut strays = StraySweeper::default();
    for entry in backup::entries_backwards(path)? {
        let entry = entry?;
        let file = entry.path();
        strays.sweep_beside(&file);
        let undone = restore(&file, &entry, unfinished).unwrap_or_else(Undone::Refused);
        each(&file, undone);
    }
    Ok(())
}

fn restore(file: &Path, entry: &Entry, unfinished: &UnfinishedFiles) -> Result<Undone, TagError> {
    let metadata = tagger::checked(file)?;
    let content = tagger::read(file)?;
    let version = Version::of(&content);
    if version == entry.old {
        return Ok(Undone::AsBefore);
    }
    let old = (version == entry.new)
        .then(|| entry.restored(&content))
        .flatten()
        .ok_or(TagError::ChangedSinceTagged)?;
    replace_file(file, &metadata, &old, unfinished)
        .map_err(TagError::file("its old version cannot be written"))?;
    Ok(Undone::Restored)
}
