//! The journal of a run: every result as it comes, so that a run that was
//! killed can go on where it was.
//!
//! A journal is a text file that only grows. Each line is JSON with a checksum
//! in front: first a header with what the results depend on, then one line per
//! file, in any order; of two lines of one file the later counts. A line that
//! is torn or damaged ends the journal: it and what follows is dropped.

mod entry;
mod header;
mod line;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use same_file::Handle;
use thiserror::Error;

pub use entry::Fingerprint;

use self::entry::Entry;
use self::header::{Header, Version};
use super::{Question, Record};
use crate::faults::fault_point;
use crate::payload::Payload;

/// Why there is no journal to write to or to read.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("cannot use the journal {path:?}: {source}")]
    Io {
        /// The journal.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another run has it.
    #[error("another run is writing the journal {0:?}; wait for it or name another output")]
    InUse(PathBuf),
    /// It was left by a run that did not end, and what to do with it was not said.
    #[error(
        "the journal {0:?} of a run that did not end is there: go on with --resume, or begin \
         anew with --force"
    )]
    Unfinished(PathBuf),
    /// It is something else.
    #[error("{0:?} is no journal of this program; move it away, or overwrite it with --force")]
    NotAJournal(PathBuf),
    /// Its results would be others.
    #[error(
        "cannot go on from the journal {path:?}: {}; use what it was begun with, or begin anew \
         with --force", .differences.join("; ")
    )]
    Differs {
        /// The journal.
        path: PathBuf,
        /// What is not as it was.
        differences: Vec<String>,
    },
    /// A line that was whole is so no more.
    #[error("the journal {0:?} was changed while it was read")]
    Changed(PathBuf),
}

/// What to do about a journal that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfFound {
    /// Refuse, unless it has no results in it.
    Refuse,
    /// Go on from it.
    Resume,
    /// Begin anew.
    Overwrite,
}

/// What was found in a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Files whose results are kept.
    pub done: usize,
    /// Files with results that changed since and are done again.
    pub changed: usize,
    /// Bytes of torn or damaged lines at the end that were dropped.
    pub dropped: u64,
    /// The versions that wrote it, if they are others: its results are dropped.
    pub other_versions: Option<String>,
}

/// The journal of a run over a list of files, locked against other runs.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    /// Where the line of each file begins; the header is at 0.
    places: Vec<Option<NonZero<u64>>>,
}

impl Journal {
    /// Opens or makes the journal at `path` for a run that asks `question` about
    /// `files`.
    ///
    /// # Errors
    /// [`JournalError`] that says what to do; the journal is then as it was.
    pub fn open(
        path: &Path,
        question: &Question<'_>,
        files: &Payload,
        if_found: IfFound,
    ) -> Result<(Self, Found), JournalError> {
        let file = lock(path)?;
        let mut journal = Self {
            path: path.to_path_buf(),
            file,
            length: 0,
            places: vec![None; files.len()],
        };
        let header = Header::new(question);
        let found = match if_found {
            IfFound::Overwrite => Found::default(),
            IfFound::Refuse => {
                journal.refuse_results()?;
                Found::default()
            }
            IfFound::Resume => journal.read(&header, files)?,
        };
        if journal.length == 0 {
            journal.begin(&header)?;
        } else {
            // A torn line is not to be written behind.
            let length = journal.length;
            journal.file.set_len(length).map_err(|e| journal.io(e))?;
        }
        Ok((journal, found))
    }

    /// Indices of the files that have no result yet.
    pub fn pending(&self) -> Vec<usize> {
        (0..self.places.len())
            .filter(|index| self.places[*index].is_none())
            .collect()
    }

    /// Adds the result of a file, whose fingerprint was taken before it was read;
    /// without one, the file is done again by a run that resumes.
    ///
    /// # Errors
    /// [`JournalError::Io`], for one when the disk is full; what was added before
    /// stays.
    pub fn append(
        &mut self,
        record: &Record,
        fingerprint: Option<Fingerprint>,
    ) -> Result<(), JournalError> {
        fault_point!("journal");
        let place = NonZero::new(self.length);
        self.write_line(&Entry::new(record, fingerprint))?;
        if let Some(entry) = self.places.get_mut(record.index) {
            *entry = place;
        }
        Ok(())
    }

    /// The results so far of these files, the ones that the journal was opened
    /// for, in their order.
    ///
    /// # Errors
    /// Each is [`JournalError`] if it cannot be read back.
    pub fn records<'j>(
        &'j self,
        files: &'j Payload,
    ) -> impl Iterator<Item = Result<Record, JournalError>> + 'j {
        let mut reader = BufReader::new(&self.file);
        let mut position = None;
        let mut line = Vec::new();
        let places = self.places.iter().zip(files.iter()).enumerate();
        places.filter_map(move |(index, (place, file))| {
            let place = (*place)?.get();
            let read = seek(&mut reader, position, place)
                .and_then(|()| line::read(&mut reader, &mut line));
            position = Some(place + line.len() as u64);
            Some(match read {
                Err(error) => Err(self.io(error)),
                Ok(_) => line::decode::<Entry>(&line)
                    .map(|entry| entry.into_record(index, file))
                    .ok_or_else(|| JournalError::Changed(self.path.clone())),
            })
        })
    }

    /// Makes sure that what was added survives the end of the machine too.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(|e| self.io(e))
    }

    /// Removes the journal: the run is complete.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn remove(self) -> Result<(), JournalError> {
        fs::remove_file(&self.path).map_err(|e| self.io(e))
    }

    fn io(&self, source: io::Error) -> JournalError {
        JournalError::Io {
            path: self.path.clone(),
            source,
        }
    }

    /// An error if there is anything that a user may want to keep.
    fn refuse_results(&self) -> Result<(), JournalError> {
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        if !line::read(&mut reader, &mut line).map_err(|e| self.io(e))? {
            return Ok(());
        }
        if line::decode::<Version>(&line).is_none() {
            return Err(JournalError::NotAJournal(self.path.clone()));
        }
        match reader.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err(JournalError::Unfinished(self.path.clone())),
            Err(error) => Err(self.io(error)),
        }
    }

    /// Takes over the results that still hold; `length` is then that of the whole
    /// lines, or 0 if there is nothing to go on from.
    fn read(&mut self, header: &Header, files: &Payload) -> Result<Found, JournalError> {
        let mut found = Found::default();
        let size = self.file.metadata().map_err(|e| self.io(e))?.len();
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        if !line::read(&mut reader, &mut line).map_err(|e| self.io(e))? {
            return Ok(found);
        }
        let not_a_journal = || JournalError::NotAJournal(self.path.clone());
        let differs = |differences| JournalError::Differs {
            path: self.path.clone(),
            differences,
        };
        let version: Version = line::decode(&line).ok_or_else(not_a_journal)?;
        if let Some(difference) = version.difference() {
            return Err(differs(vec![difference]));
        }
        let journal: Header = line::decode(&line).ok_or_else(not_a_journal)?;
        let differences = header.differences(&journal);
        if !differences.is_empty() {
            return Err(differs(differences));
        }
        found.other_versions = header.other_versions(&journal);
        if found.other_versions.is_some() {
            return Ok(found);
        }

        let paths = files
            .paths()
            .map(|path| path.as_os_str().as_encoded_bytes());
        let index_of: HashMap<&[u8], usize> = paths.zip(0..).collect();
        let mut length = line.len() as u64;
        let mut fingerprints = vec![None; files.len()];
        while line::read(&mut reader, &mut line).map_err(|e| self.io(e))?
            && let Some(entry) = line::decode::<Entry>(&line)
        {
            if let Some(&index) = index_of.get(entry.path.as_bytes()) {
                self.places[index] = NonZero::new(length);
                fingerprints[index] = entry.fingerprint;
            }
            length += line.len() as u64;
        }
        for ((place, fingerprint), path) in
            self.places.iter_mut().zip(fingerprints).zip(files.paths())
        {
            if place.is_none() {
                continue;
            }
            if fingerprint.is_some() && fingerprint == Fingerprint::of(path) {
                found.done += 1;
            } else {
                *place = None;
                found.changed += 1;
            }
        }
        found.dropped = size.saturating_sub(length);
        self.length = length;
        Ok(found)
    }

    /// Empties the file and writes the header.
    fn begin(&mut self, header: &Header) -> Result<(), JournalError> {
        self.file.set_len(0).map_err(|e| self.io(e))?;
        self.write_line(header)
    }

    /// One write per line, so that a kill tears the last one at most.
    fn write_line(&mut self, value: &impl serde::Serialize) -> Result<(), JournalError> {
        let line = line::encode(value).map_err(|e| self.io(e.into()))?;
        if let Err(error) = self.file.write_all(&line) {
            // Less what fitted of the line on a full disk. If this fails too, the
            // next run drops it.
            let _ = self.file.set_len(self.length);
            return Err(self.io(error));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// Opens the file at `path` or makes it, and locks it for as long as it is open.
fn lock(path: &Path) -> Result<File, JournalError> {
    let fail = |source| JournalError::Io {
        path: path.to_path_buf(),
        source,
    };
    loop {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_path_buf())),
            // A file system without locks: two runs at once then go unnoticed.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // The run that had it may have removed it between opening and locking.
        let opened = Handle::from_file(file.try_clone().map_err(fail)?).map_err(fail)?;
        if Handle::from_path(path).is_ok_and(|there| there == opened) {
            return Ok(file);
        }
    }
}

/// Moves `reader` to `place`, within its buffer where it knows its position.
fn seek(reader: &mut BufReader<&File>, position: Option<u64>, place: u64) -> io::Result<()> {
    match position.map(|position| i64::try_from(i128::from(place) - i128::from(position))) {
        Some(Ok(offset)) => reader.seek_relative(offset),
        _ => reader.seek(SeekFrom::Start(place)).map(|_| ()),
    }
}
