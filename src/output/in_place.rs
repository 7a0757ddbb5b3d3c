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
