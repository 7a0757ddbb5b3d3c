//! Writing into a file that cannot be replaced.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::OutputError;

/// Makes `bytes` all that `file` holds; pipes and devices just take them.
///
/// First what is longer than the old content is written behind it: this is all
/// that needs room on the disk, and if there is none the old content is still
/// there. Then the old content is written over.
///
/// # Errors
/// [`OutputError::Write`] with the old content in place, or
/// [`OutputError::LeftEmpty`], which does not know the path.
pub(super) fn write(file: &File, bytes: &mut (impl Read + Seek)) -> Result<(), OutputError> {
    let mut target = file;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        bytes.seek(SeekFrom::Start(0))?;
        io::copy(bytes, &mut target)?;
        return Ok(());
    }
    let old = metadata.len();
    let new = bytes.seek(SeekFrom::End(0))?;
    if let Err(error) = copy_range(bytes, target, old, new).and_then(|()| file.sync_all()) {
        file.set_len(old)?;
        return Err(error.into());
    }
    let mut rewrite = || {
        copy_range(bytes, target, 0, old.min(new))?;
        target.set_len(new)?;
        target.sync_all()
    };
    rewrite().map_err(|source| {
        // A mixture of old and new would be worse than nothing.
        let _ = target.set_len(0);
        OutputError::LeftEmpty {
            path: PathBuf::new(),
            source,
        }
    })
}

/// Copies `bytes[start..end]` to the same place of `target`.
fn copy_range(
    bytes: &mut (impl Read + Seek),
    mut target: &File,
    start: u64,
    end: u64,
) -> io::Result<()> {
    let Some(length) = end.checked_sub(start) else {
        return Ok(());
    };
    bytes.seek(SeekFrom::Start(start))?;
    target.seek(SeekFrom::Start(start))?;
    io::copy(&mut bytes.take(length), &mut target)?;
    target.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Cursor;

    /// What is in a file that held `old` after `new` is written into it.
    fn over(old: &str, new: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), old).unwrap();
        write(file.as_file(), &mut Cursor::new(new)).unwrap();
        fs::read_to_string(file.path()).unwrap()
    }

    #[test]
    fn the_new_content_is_all_there_is() {
        assert_eq!(over("", "new"), "new");
        assert_eq!(over("old", "longer"), "longer");
        assert_eq!(over("longer", "new"), "new");
        assert_eq!(over("old", ""), "");
    }

    /// Bytes of which the first are there and the rest fail, as a disk does
    /// that is full.
    struct Failing {
        position: u64,
        good: u64,
        length: u64,
    }

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.position >= self.good {
                return Err(io::ErrorKind::StorageFull.into());
            }
            buffer[0] = b'n';
            self.position += 1;
            Ok(1)
        }
    }

    impl Seek for Failing {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.position = match to {
                SeekFrom::Start(at) => at,
                _ => self.length,
            };
            Ok(self.position)
        }
    }

    #[test]
    fn without_room_for_what_is_longer_the_old_content_stays() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "old").unwrap();
        let mut bytes = Failing {
            position: 0,
            good: 5,
            length: 9,
        };
        let error = write(file.as_file(), &mut bytes).unwrap_err();
        assert!(matches!(error, OutputError::Write(_)), "{error:?}");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "old");
    }

    #[test]
    fn a_failure_while_the_old_content_is_written_over_leaves_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "old content").unwrap();
        let mut bytes = Failing {
            position: 0,
            good: 2,
            length: 9,
        };
        let error = write(file.as_file(), &mut bytes).unwrap_err();
        assert!(matches!(error, OutputError::LeftEmpty { .. }), "{error:?}");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "");
    }
}
