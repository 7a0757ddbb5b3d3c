//! Where output goes, checked before the work starts, written whole or not at
//! all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::NamedTempFile;

use super::{OutputError, Sink};

/// A place that was found to be writable.
#[derive(Debug)]
pub struct Destination {
    path: PathBuf,
    method: Method,
}

#[derive(Debug, PartialEq, Eq)]
enum Method {
    /// A temporary file beside it that takes its name when it is complete.
    Replace,
    /// Devices and pipes, and files that are mounted alone or lie in a folder
    /// that cannot be written: built in memory first, then written at once.
    InPlace,
    Stdout,
}

/// The temporary file that is being written, for [`discard_unfinished`].
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Removes the temporary file that is being written, if any: for a program
/// that is told to end at once.
pub fn discard_unfinished() {
    if let Ok(mut unfinished) = UNFINISHED.lock()
        && let Some(path) = unfinished.take()
    {
        // Nothing is left to do about a file that cannot be removed.
        let _ = fs::remove_file(path);
    }
}

impl Destination {
    /// Checks that `path` can be written, creating missing folders. `-` is
    /// standard output. A link is followed: its target is replaced.
    ///
    /// # Errors
    /// [`OutputError`] that says why not.
    pub fn prepare(path: &Path) -> Result<Self, OutputError> {
        if path == Path::new("-") {
            return Ok(Self {
                path: path.to_path_buf(),
                method: Method::Stdout,
            });
        }
        let fail = |source| OutputError::Destination {
            path: path.to_path_buf(),
            source,
        };
        let (path, exists, is_regular) = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(OutputError::IsFolder(path.to_path_buf()));
            }
            Ok(metadata) => {
                let target = fs::canonicalize(path).map_err(fail)?;
                (target, true, metadata.is_file())
            }
            Err(_) => (path.to_path_buf(), false, true),
        };
        if !is_regular {
            OpenOptions::new().write(true).open(&path).map_err(fail)?;
            return Ok(Self {
                path,
                method: Method::InPlace,
            });
        }
        let folder = folder_of(&path);
        let replaceable = fs::create_dir_all(folder).and_then(|()| temporary_in(folder).map(drop));
        match replaceable {
            Ok(()) => Ok(Self {
                path,
                method: Method::Replace,
            }),
            Err(error) => {
                if exists && OpenOptions::new().append(true).open(&path).is_ok() {
                    return Ok(Self {
                        path,
                        method: Method::InPlace,
                    });
                }
                Err(fail(error))
            }
        }
    }

    /// The place as it was resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is standard output.
    pub fn is_stdout(&self) -> bool {
        self.method == Method::Stdout
    }

    /// Writes what `fill` produces.
    ///
    /// # Errors
    /// Those of `fill` and of the file system; a file that was there before is
    /// then still there.
    pub fn write(
        &self,
        fill: impl Fn(Sink<'_>) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        match self.method {
            Method::Replace => self.replace(fill),
            Method::InPlace | Method::Stdout => self.overwrite(fill),
        }
    }

    fn replace(
        &self,
        fill: impl Fn(Sink<'_>) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let fail = |source| OutputError::Destination {
            path: self.path.clone(),
            source,
        };
        let folder = folder_of(&self.path);
        let file = temporary_in(folder).map_err(fail)?;
        let _unfinished = Unfinished::register(file.path());
        let mut writer = BufWriter::new(file);
        fill(&mut writer)?;
        let file = writer.into_inner().map_err(|e| fail(e.into_error()))?;
        file.as_file().sync_all().map_err(fail)?;
        match file.persist(&self.path) {
            Ok(_) => {
                sync_folder(folder);
                Ok(())
            }
            // A file that is mounted alone can be written but not replaced.
            Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => self.overwrite(fill),
            Err(error) => Err(fail(error.error)),
        }
    }

    fn overwrite(
        &self,
        fill: impl Fn(Sink<'_>) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let mut bytes = Vec::new();
        fill(&mut bytes)?;
        if self.is_stdout() {
            let mut stdout = io::stdout().lock();
            stdout.write_all(&bytes)?;
            stdout.flush()?;
            return Ok(());
        }
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(&self.path)?;
            file.write_all(&bytes)?;
            // Pipes and devices cannot be synced, and need not be.
            if file.metadata()?.is_file() {
                file.sync_all()?;
            }
            Ok(())
        })();
        written.map_err(|source| OutputError::Destination {
            path: self.path.clone(),
            source,
        })
    }
}

/// Announces a temporary file to [`discard_unfinished`] while it lives.
struct Unfinished;

impl Unfinished {
    fn register(path: &Path) -> Self {
        set_unfinished(Some(path.to_path_buf()));
        Self
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        set_unfinished(None);
    }
}

fn set_unfinished(path: Option<PathBuf>) {
    if let Ok(mut unfinished) = UNFINISHED.lock() {
        *unfinished = path;
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A new file in `folder`, readable by whom the umask lets: it becomes the
/// output, which others may have to fetch.
fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fma-genre-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Makes the rename durable, where the system can.
fn sync_folder(folder: &Path) {
    // Some file systems refuse to sync a folder; the file itself is synced.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(destination: &Destination, text: &str) -> Result<(), OutputError> {
        destination.write(|sink| Ok(sink.write_all(text.as_bytes())?))
    }

    #[test]
    fn missing_folders_are_created_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/out.csv");
        put(&Destination::prepare(&path).unwrap(), "x").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "x");
        let parent = path.parent().unwrap();
        assert_eq!(fs::read_dir(parent).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let destination = Destination::prepare(&path).unwrap();
        let result = destination.write(|sink| {
            sink.write_all(b"half")?;
            Err(io::Error::other("disk on fire").into())
        });
        assert!(result.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_and_a_file_as_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Destination::prepare(folder.path()),
            Err(OutputError::IsFolder(_))
        ));
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Destination::prepare(&file.join("out.csv")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_its_place_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target.csv");
        let link = folder.path().join("link.csv");
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        put(&Destination::prepare(&link).unwrap(), "new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_in_place() {
        let destination = Destination::prepare(Path::new("/dev/null")).unwrap();
        assert_eq!(destination.method, Method::InPlace);
        put(&destination, "x").unwrap();
    }
}
