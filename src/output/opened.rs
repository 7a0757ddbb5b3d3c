//! An output that is being written.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::SpooledTempFile;

use super::OutputError;
use super::in_place;
use super::temporary::{self, Temporary, UnfinishedFiles};

/// Bytes that a spool keeps in memory before it takes to an unnamed file.
const SPOOL_IN_MEMORY: usize = 16 << 20;

/// Takes the bytes of an output; dropped before [`commit`](Self::commit), it
/// leaves nothing behind, unless it is standard output as it comes.
#[derive(Debug)]
pub struct Output(Kind);

#[derive(Debug)]
enum Kind {
    /// A file that will replace another, or be new.
    Beside {
        writer: BufWriter<File>,
        temporary: Temporary,
        target: PathBuf,
    },
    /// Kept until it is complete, then copied into an open file.
    Spooled(BufWriter<SpooledTempFile>, File),
    /// Standard output as it comes.
    Live(BufWriter<io::Stdout>),
}

impl Output {
    /// A temporary file that will be `target`, with the rights of the one that is
    /// there.
    pub(super) fn beside(
        target: &Path,
        existing: Option<&Metadata>,
        unfinished: &UnfinishedFiles,
    ) -> io::Result<Self> {
        let (file, temporary) = Temporary::beside(target, unfinished, existing.is_none())?;
        if let Some(existing) = existing {
            take_over_rights(&file, existing)?;
        }
        Ok(Self(Kind::Beside {
            writer: BufWriter::new(file),
            temporary,
            target: target.to_path_buf(),
        }))
    }

    /// Into this file, once it is complete.
    pub(super) fn into_file(file: File) -> Self {
        let spool = SpooledTempFile::new(SPOOL_IN_MEMORY);
        Self(Kind::Spooled(BufWriter::new(spool), file))
    }

    /// To standard output, as it comes.
    pub(super) fn stdout() -> Self {
        Self(Kind::Live(BufWriter::new(io::stdout())))
    }

    /// Whether somebody may read what is written as it comes, so that a row
    /// should not wait for the next one.
    pub fn is_read_along(&self) -> bool {
        matches!(self.0, Kind::Live(_))
    }

    /// Marks the end of a row, for one who reads along.
    pub(super) fn end_row(&mut self) -> io::Result<()> {
        match self.is_read_along() {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Writes over the first bytes.
    pub(super) fn rewrite_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        fn rewrite(writer: &mut (impl Write + Seek), bytes: &[u8]) -> io::Result<()> {
            writer.seek(SeekFrom::Start(0))?;
            writer.write_all(bytes)?;
            writer.seek(SeekFrom::End(0)).map(drop)
        }
        match &mut self.0 {
            Kind::Beside { writer, .. } => rewrite(writer, bytes),
            Kind::Spooled(writer, _) => rewrite(writer, bytes),
            Kind::Live(_) => Err(io::ErrorKind::NotSeekable.into()),
        }
    }

    /// Makes the output appear.
    ///
    /// # Errors
    /// [`OutputError`]; a file that was to be replaced is then as it was.
    pub fn commit(self) -> Result<(), OutputError> {
        self.complete()?.publish()
    }

    /// Makes sure that all bytes are stored, so that little can still go wrong.
    pub(super) fn complete(mut self) -> Result<Complete, OutputError> {
        self.flush()?;
        if let Kind::Beside { writer, .. } = &self.0 {
            writer.get_ref().sync_all()?;
        }
        Ok(Complete(self))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Beside { writer, .. } => writer.write(bytes),
            Kind::Spooled(writer, _) => writer.write(bytes),
            Kind::Live(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Beside { writer, .. } => writer.flush(),
            Kind::Spooled(writer, _) => writer.flush(),
            Kind::Live(writer) => writer.flush(),
        }
    }
}

/// An output all of whose bytes are stored, though not yet under its name.
#[derive(Debug)]
pub(super) struct Complete(Output);

impl Complete {
    /// Makes the output appear.
    pub(super) fn publish(self) -> Result<(), OutputError> {
        match self.0.0 {
            Kind::Live(_) => Ok(()),
            Kind::Spooled(writer, file) => {
                let mut spool = writer.into_inner().map_err(|e| e.into_error())?;
                in_place::write(&file, &mut spool)
            }
            Kind::Beside {
                writer,
                temporary,
                target,
            } => {
                let Err(error) = temporary.rename(&target) else {
                    temporary::sync_folder(temporary::folder_of(&target));
                    return Ok(());
                };
                // A file that is mounted alone can be written, not replaced.
                let Ok(file) = OpenOptions::new().write(true).open(&target) else {
                    return Err(error.into());
                };
                let mut bytes = writer.into_inner().map_err(|e| e.into_error())?;
                in_place::write(&file, &mut bytes)
            }
        }
    }
}

/// Gives `file` the mode of one that it will replace, and its owner and group
/// where the system lets us.
#[cfg(unix)]
pub(super) fn take_over_rights(file: &File, existing: &Metadata) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    const RIGHTS: u32 = 0o777;
    let (owner, group) = (existing.uid(), existing.gid());
    // Only root may give a file away; its owner may change the group to another
    // of theirs.
    let keeps_group =
        fchown(file, Some(owner), Some(group)).is_ok() || fchown(file, None, Some(group)).is_ok();
    let mode = existing.mode() & RIGHTS;
    let mode = match keeps_group {
        true => mode,
        false => without_group_rights(mode),
    };
    file.set_permissions(Permissions::from_mode(mode))
}

/// A mode whose group may do no more than everybody: what the group might do was
/// not meant for another one.
#[cfg(unix)]
fn without_group_rights(mode: u32) -> u32 {
    const GROUP: u32 = 0o070;
    const OTHERS: u32 = 0o007;
    mode & !GROUP | (mode & OTHERS) << 3
}

#[cfg(not(unix))]
pub(super) fn take_over_rights(_file: &File, _existing: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_group_gets_no_rights_that_were_not_meant_for_it() {
        assert_eq!(without_group_rights(0o640), 0o600);
        assert_eq!(without_group_rights(0o664), 0o644);
        assert_eq!(without_group_rights(0o600), 0o600);
    }
}
