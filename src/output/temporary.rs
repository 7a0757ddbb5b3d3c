//! Temporary files beside the outputs that they become.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tempfile::{NamedTempFile, TempPath};

/// A register of temporary files, for a program that may have to end at once.
/// Clones share their entries.
#[derive(Debug, Clone, Default)]
pub struct UnfinishedFiles(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    paths: BTreeSet<PathBuf>,
    closed: bool,
}

impl UnfinishedFiles {
    /// Removes every temporary file and lets no new one be made: for a program
    /// that is about to end.
    pub fn discard(&self) {
        let mut state = self.state();
        state.closed = true;
        for path in std::mem::take(&mut state.paths) {
            // Nothing is left to do about a file that cannot be removed.
            let _ = fs::remove_file(path);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; the paths would still be right.
        self.0.lock().unwrap_or_else(|error| error.into_inner())
    }
}

/// A file that is removed unless it is given its name.
///
/// It has a name from the beginning, because a file without one (`O_TMPFILE`)
/// can be linked to a new name but not over an existing one, and many file
/// systems do not have such files. It is locked while it is in use, which tells
/// it from those that killed runs have left.
#[derive(Debug)]
pub(super) struct Temporary {
    path: TempPath,
    unfinished: UnfinishedFiles,
}

impl Temporary {
    /// A new file beside `target`. For a target that is there, only we may read
    /// it until it gets the target's rights; for a new one, whom the umask lets:
    /// it becomes the output, which others may have to fetch.
    pub(super) fn beside(
        target: &Path,
        unfinished: &UnfinishedFiles,
        is_new: bool,
    ) -> io::Result<(File, Self)> {
        let mut state = unfinished.state();
        if state.closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let (file, path) = create(target, is_new)?.into_parts();
        state.paths.insert(path.to_path_buf());
        let unfinished = unfinished.clone();
        Ok((file, Self { path, unfinished }))
    }

    /// Gives the file its name, over whatever has it; the error comes with the
    /// file.
    pub(super) fn rename(&self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let mut state = self.unfinished.state();
        state.paths.remove(&*self.path);
        // Here, while the register is locked, because it also goes by the path.
        let _ = fs::remove_file(&self.path);
    }
}

fn create(target: &Path, is_new: bool) -> io::Result<NamedTempFile> {
    let prefix = prefix(target);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if is_new { 0o666 } else { 0o600 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    loop {
        // Less its context, which is the name of a file that the user never sees.
        let file = builder
            .tempfile_in(folder_of(target))
            .map_err(|error| io::Error::from(error.kind()))?;
        // Another run may have taken it for a stray before it was locked.
        match file.as_file().try_lock() {
            Err(TryLockError::WouldBlock) => continue,
            Ok(()) if !file.path().exists() => continue,
            // Where there are no locks, strays are left alone.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Makes a file beside `target` to see whether that works, removes it, and
/// removes those that killed runs left. The metadata is of the file.
pub(super) fn probe(target: &Path, unfinished: &UnfinishedFiles) -> io::Result<Metadata> {
    let (file, _temporary) = Temporary::beside(target, unfinished, true)?;
    remove_strays(target);
    file.metadata()
}

const PREFIX: &str = ".fma-genre-";
const SUFFIX: &str = ".part";

/// What the names of temporary files for `target` begin with. Its own name may
/// leave no room for more, so a checksum of it stands there.
fn prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default().as_encoded_bytes();
    format!("{PREFIX}{:08x}-", crc32fast::hash(name))
}

/// Removes temporary files for `target` that are no longer in use, as runs leave
/// them that were killed.
fn remove_strays(target: &Path) {
    remove_strays_in(folder_of(target), &prefix(target));
}

/// Removes all temporary files in `folder` that are no longer in use.
pub(super) fn remove_all_strays(folder: &Path) {
    remove_strays_in(folder, PREFIX);
}

fn remove_strays_in(folder: &Path, prefix: &str) {
    // What cannot be listed, opened, locked or removed stays: it does no harm.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_ours = name.starts_with(prefix.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
        if is_ours
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The folder that a file lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The user whose files ours are.
#[cfg(unix)]
pub(super) fn our_user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    let file = tempfile::tempfile().ok()?;
    Some(file.metadata().ok()?.uid())
}

/// Makes a rename durable, where the system can.
pub(super) fn sync_folder(folder: &Path) {
    // Some file systems refuse to sync a folder; the file itself is synced.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
