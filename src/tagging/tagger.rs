//! One file: look at it, make its new version, replace it.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use super::backup::{Backup, BackupError};
use super::edit::with_genres;
use super::error::TagError;
use crate::output::{StraySweeper, UnfinishedFiles, is_protected, replace_file};
use crate::pipeline::tag_genre;

/// Larger files are refused, in bytes: they are held in memory three times over.
pub const MAX_FILE: u64 = 1 << 30;

/// What becomes of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum TagOutcome {
    /// It gets the genres, or would without a backup to write to; with the genre
    /// that it had before.
    Tagged(Option<String>),
    /// It has a genre, and those are not to be replaced.
    HasGenre(String),
    /// The tag is as it would be.
    Unchanged,
}

/// Writes genres into files.
#[derive(Debug)]
pub struct Tagger {
    /// Where old tags are kept; without one nothing is written.
    pub backup: Option<Backup>,
    /// Replace genres that are there.
    pub overwrite: bool,
    /// Files that changed after this are refused.
    pub not_after: Option<SystemTime>,
    /// Where temporary files are announced while they live.
    pub unfinished: UnfinishedFiles,
    strays: StraySweeper,
}

/// Why a file was not tagged.
#[derive(Debug, thiserror::Error)]
pub enum TaggerError {
    /// It is as it was; the next one may fare better.
    #[error(transparent)]
    File(#[from] TagError),
    /// Nothing can be written without a backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

impl Tagger {
    /// Writes into `backup`; without one it only finds out what it would do.
    pub fn new(backup: Option<Backup>, unfinished: UnfinishedFiles) -> Self {
        Self {
            backup,
            overwrite: false,
            not_after: None,
            unfinished,
            strays: StraySweeper::default(),
        }
    }

    /// Gives the file at `path` these genres.
    ///
    /// # Errors
    /// [`TaggerError::File`] says why this file cannot be tagged,
    /// [`TaggerError::Backup`] that none can.
    pub fn tag(&mut self, path: &Path, genres: &[String]) -> Result<TagOutcome, TaggerError> {
        let target = fs::canonicalize(path).map_err(TagError::file("it cannot be found"))?;
        let metadata = checked(&target)?;
        let changed = metadata.modified().ok();
        if changed
            .zip(self.not_after)
            .is_some_and(|(changed, limit)| changed > limit)
        {
            return Err(TagError::ChangedSince.into());
        }
        let old_genre = tag_genre(&target);
        match &old_genre {
            Some(genre) if !self.overwrite => return Ok(TagOutcome::HasGenre(genre.clone())),
            Some(genre) if *genre == genres.join("; ") => return Ok(TagOutcome::Unchanged),
            _ => {}
        }
        let old = read(&target)?;
        let new = with_genres(&old, path, genres)?;
        if new == old {
            return Ok(TagOutcome::Unchanged);
        }
        if let Some(backup) = &mut self.backup {
            self.strays.sweep_beside(&target);
            if !is_as_it_was(&target, &metadata) {
                return Err(TagError::ChangedMeanwhile.into());
            }
            backup.append(&target, &old, &new)?;
            replace_file(&target, &metadata, &new, &self.unfinished)
                .map_err(TagError::file("its new version cannot be written"))?;
        }
        Ok(TagOutcome::Tagged(old_genre))
    }
}

/// The metadata of a file that may be replaced.
pub(super) fn checked(target: &Path) -> Result<Metadata, TagError> {
    let metadata = fs::metadata(target).map_err(TagError::file("it cannot be found"))?;
    if !metadata.is_file() {
        return Err(TagError::NotAFile);
    }
    if is_protected(&metadata) {
        return Err(TagError::ReadOnly);
    }
    File::options()
        .write(true)
        .open(target)
        .map_err(TagError::file("it cannot be written"))?;
    match names(&metadata) {
        1 => Ok(metadata),
        count => Err(TagError::HardLinks(count)),
    }
}

/// The whole content of a file.
pub(super) fn read(target: &Path) -> Result<Vec<u8>, TagError> {
    let mut bytes = Vec::new();
    File::open(target)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(TagError::file("it cannot be read"))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(TagError::TooLarge(MAX_FILE));
    }
    Ok(bytes)
}

fn is_as_it_was(target: &Path, before: &Metadata) -> bool {
    fs::metadata(target)
        .is_ok_and(|now| now.len() == before.len() && now.modified().ok() == before.modified().ok())
}

#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_metadata: &Metadata) -> u64 {
    1
}
