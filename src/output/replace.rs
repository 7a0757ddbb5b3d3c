//! Replacing a file that is there by another version of itself.

use std::fs::{FileTimes, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::opened::take_over_rights;
use super::temporary::{self, Temporary, UnfinishedFiles};

/// Removes the temporary files that killed runs left, once for each folder in a row.
#[derive(Debug, Default)]
pub(crate) struct StraySweeper(Option<PathBuf>);

impl StraySweeper {
    /// Sweeps the folder that `file` lies in, unless it was the last one.
    pub(crate) fn sweep_beside(&mut self, file: &Path) {
        let folder = temporary::folder_of(file);
        if self.0.as_deref() != Some(folder) {
            temporary::remove_all_strays(folder);
            self.0 = Some(folder.to_path_buf());
        }
    }
}

/// Puts `bytes` in the place of the file at `target` in one step: at every moment
/// the old or the new version is there, whole. Owner, group, mode and dates are those
/// in `existing`, as far as the system lets us set them.
///
/// # Errors
/// Those of the file system; the old version is then still there.
pub(crate) fn replace_file(
    target: &Path,
    existing: &Metadata,
    bytes: &[u8],
    unfinished: &UnfinishedFiles,
) -> io::Result<()> {
    let (mut file, temporary) = Temporary::beside(target, unfinished, false)?;
    file.write_all(bytes)?;
    take_over_rights(&file, existing)?;
    file.set_times(times(existing)?)?;
    file.sync_all()?;
    temporary.rename(target)?;
    temporary::sync_folder(temporary::folder_of(target));
    Ok(())
}

fn times(existing: &Metadata) -> io::Result<FileTimes> {
    let times = FileTimes::new().set_modified(existing.modified()?);
    Ok(match existing.accessed() {
        Ok(accessed) => times.set_accessed(accessed),
        Err(_) => times,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};

    #[test]
    fn mode_and_dates_stay_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(then).unwrap();
        let existing = fs::metadata(&path).unwrap();
        replace_file(&path, &existing, b"new", &UnfinishedFiles::default()).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(after.modified().unwrap(), then);
        assert_eq!(after.permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn strays_go_and_files_in_use_stay() {
        let folder = tempfile::tempdir().unwrap();
        let stray = folder.path().join(".fma-genre-00000000-x.part");
        fs::write(&stray, "half").unwrap();
        let target = folder.path().join("a.mp3");
        let (_file, _temporary) =
            Temporary::beside(&target, &UnfinishedFiles::default(), false).unwrap();
        StraySweeper::default().sweep_beside(&target);
        assert!(!stray.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
