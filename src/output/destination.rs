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
    /// As given, for messages.
    given: PathBuf,
    method: Method,
}

#[derive(Debug)]
enum Method {
    /// A temporary file beside this one that takes its name when it is
    /// complete.
    Replace(PathBuf),
    /// Devices, pipes, and files that cannot be replaced because they are
    /// mounted alone or lie in a folder that is not ours: the output is built
    /// in memory and written into the open file at the end.
    InPlace(File),
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
        let fail = |source| OutputError::Destination {
            path: path.to_path_buf(),
            source,
        };
        let names_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let method = if path == Path::new("-") {
            Method::Stdout
        } else {
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => {
                    return Err(OutputError::IsFolder(path.to_path_buf()));
                }
                Ok(metadata) if metadata.is_file() => existing_file(path).map_err(fail)?,
                Ok(_) => Method::InPlace(open_to_write(path).map_err(fail)?),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
                Err(_) if names_folder => return Err(OutputError::IsFolder(path.to_path_buf())),
                Err(_) => new_file(path).map_err(fail)?,
            }
        };
        Ok(Self {
            given: path.to_path_buf(),
            method,
        })
    }

    /// The place as it was given.
    pub fn path(&self) -> &Path {
        &self.given
    }

    /// Writes what `fill` produces.
    ///
    /// # Errors
    /// Those of `fill` and of the file system. A file that was to be replaced is
    /// then as it was; one that is written in place may be incomplete.
    pub fn write(
        &self,
        fill: impl Fn(Sink<'_>) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let fail = |source| OutputError::Destination {
            path: self.given.clone(),
            source,
        };
        let in_memory = || {
            let mut bytes = Vec::new();
            fill(&mut bytes)?;
            Ok::<_, OutputError>(bytes)
        };
        match &self.method {
            Method::Stdout => write_stdout(&in_memory()?).map_err(fail),
            Method::InPlace(file) => overwrite(file, &in_memory()?).map_err(fail),
            Method::Replace(path) => {
                let file = temporary_in(folder_of(path)).map_err(fail)?;
                let _unfinished = Unfinished::register(file.path());
                let mut writer = BufWriter::new(file);
                fill(&mut writer)?;
                let file = writer.into_inner().map_err(|e| fail(e.into_error()))?;
                file.as_file().sync_all().map_err(fail)?;
                match file.persist(path) {
                    Ok(_) => {
                        sync_folder(folder_of(path));
                        Ok(())
                    }
                    // A file that is mounted alone can be written, not replaced.
                    Err(error) => match open_to_write(path) {
                        Ok(file) => overwrite(&file, &in_memory()?).map_err(fail),
                        Err(_) => Err(fail(error.error)),
                    },
                }
            }
        }
    }
}

/// How to write a file that is there: replace it where that is allowed.
fn existing_file(path: &Path) -> io::Result<Method> {
    let target = fs::canonicalize(path)?;
    match temporary_in(folder_of(&target)) {
        Ok(temporary) if may_replace(&target, &temporary) => Ok(Method::Replace(target)),
        _ => Ok(Method::InPlace(open_to_write(&target)?)),
    }
}

/// How to write a file that is not there, or a link to one.
fn new_file(path: &Path) -> io::Result<Method> {
    let target = match fs::read_link(path) {
        Ok(target) => folder_of(path).join(target),
        Err(_) => path.to_path_buf(),
    };
    fs::create_dir_all(folder_of(&target))?;
    temporary_in(folder_of(&target))?;
    Ok(Method::Replace(target))
}

/// In a sticky folder such as /tmp, only the owners of a file and of the folder
/// (and root) may replace it. Ours are what `temporary` belongs to.
#[cfg(unix)]
fn may_replace(target: &Path, temporary: &NamedTempFile) -> bool {
    use std::os::unix::fs::MetadataExt;

    const STICKY: u32 = 0o1000;
    const ROOT: u32 = 0;
    let owners = || -> io::Result<bool> {
        let folder = fs::metadata(folder_of(target))?;
        let ours = temporary.as_file().metadata()?.uid();
        let owned = [folder.uid(), fs::metadata(target)?.uid()].contains(&ours);
        Ok(folder.mode() & STICKY == 0 || owned || ours == ROOT)
    };
    owners().unwrap_or(false)
}

#[cfg(not(unix))]
fn may_replace(_target: &Path, _temporary: &NamedTempFile) -> bool {
    true
}

fn open_to_write(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

fn overwrite(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    // Pipes and devices have no length and cannot be synced, and need not be.
    let is_regular = file.metadata()?.is_file();
    if is_regular {
        file.set_len(0)?;
    }
    file.write_all(bytes)?;
    if is_regular {
        file.sync_all()?;
    }
    Ok(())
}

/// A reader that has had enough, as `head` has, is no failure.
fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
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
    // Less its context, which is the name of a file that the user never sees.
    builder
        .tempfile_in(folder)
        .map_err(|error| error.kind().into())
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
    fn a_dangling_link_keeps_its_place_and_its_target_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink("target.csv", &link).unwrap();
        put(&Destination::prepare(&link).unwrap(), "new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&link).unwrap(), "new");
    }

    #[test]
    fn names_that_cannot_be_files_are_refused_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Destination::prepare(&folder.path().join("new/")).is_err());
        let long = "x".repeat(300);
        assert!(Destination::prepare(&folder.path().join(long)).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_in_place() {
        let destination = Destination::prepare(Path::new("/dev/null")).unwrap();
        assert!(matches!(destination.method, Method::InPlace(_)));
        put(&destination, "x").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_gets_the_output_of_one_opening() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        put(&Destination::prepare(&pipe).unwrap(), "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
    }
}
