//! Where output goes, checked before the work starts.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::content::Content;
use super::links;
use super::opened::Output;
use super::temporary::{self, UnfinishedFiles};
use super::{OutputError, identity};

/// What holds for all outputs of a run.
#[derive(Debug, Clone, Default)]
pub struct OutputRules {
    /// Replace files that do not look like what replaces them.
    pub force: bool,
    /// Where temporary files are announced while they live.
    pub unfinished: UnfinishedFiles,
    /// Whether the program was started without a standard output.
    pub stdout_is_closed: bool,
}

impl OutputRules {
    /// The same rules, with `force` as given.
    #[must_use]
    pub fn with_force(&self, force: bool) -> Self {
        Self {
            force,
            ..self.clone()
        }
    }
}

/// A place that was found to be writable.
#[derive(Debug)]
pub struct Destination {
    /// As given, for messages.
    given: PathBuf,
    method: Method,
    unfinished: UnfinishedFiles,
}

#[derive(Debug)]
enum Method {
    /// A temporary file beside this one takes its name when it is complete, and
    /// the rights of the one that is there, if any.
    Replace(PathBuf, Option<Metadata>),
    /// Devices, pipes, and files that cannot be replaced because they lie in a
    /// folder that is not ours: the output is written into the open file when it
    /// is complete.
    InPlace(File),
    Stdout,
}

impl Destination {
    /// Checks that `path` can be written, creating missing folders, and removes
    /// what killed runs left beside it. `-` is standard output. Links are
    /// followed: what they lead to is replaced.
    ///
    /// # Errors
    /// [`OutputError`] that says why not.
    pub fn prepare(
        path: &Path,
        content: Content,
        rules: &OutputRules,
    ) -> Result<Self, OutputError> {
        let method = if path == Path::new("-") {
            if rules.stdout_is_closed {
                return Err(OutputError::StdoutClosed);
            }
            Method::Stdout
        } else {
            method_for(path, content, rules)?
        };
        Ok(Self {
            given: path.to_path_buf(),
            method,
            unfinished: rules.unfinished.clone(),
        })
    }

    /// The place as it was given.
    pub fn path(&self) -> &Path {
        &self.given
    }

    /// Refuses an output that is one of the inputs, under whatever name, forced or
    /// not.
    ///
    /// A file that is not there cannot be one, so inputs are looked at only if
    /// the output is there.
    ///
    /// # Errors
    /// [`OutputError::IsInput`].
    pub fn refuse_inputs<'p>(
        &self,
        inputs: impl IntoIterator<Item = &'p Path>,
    ) -> Result<(), OutputError> {
        let metadata = match &self.method {
            Method::Replace(_, metadata) => metadata.clone(),
            Method::InPlace(file) => file.metadata().ok(),
            Method::Stdout => None,
        };
        let Some(metadata) = metadata.filter(Metadata::is_file) else {
            return Ok(());
        };
        let same = |input: &&Path| identity::is_same(&self.given, &metadata, input);
        match inputs.into_iter().find(same) {
            Some(input) => Err(OutputError::IsInput {
                path: self.given.clone(),
                input: input.to_path_buf(),
            }),
            None => Ok(()),
        }
    }

    /// Begins to write. What goes to standard output appears as it comes.
    ///
    /// # Errors
    /// [`OutputError::Destination`] if the file cannot be made.
    pub fn open(&self) -> Result<Output, OutputError> {
        let output = match &self.method {
            Method::Replace(target, existing) => {
                Output::beside(target, existing.as_ref(), &self.unfinished)
            }
            Method::InPlace(file) => file.try_clone().map(Output::into_file),
            Method::Stdout => Ok(Output::stdout()),
        };
        output.map_err(|error| OutputError::from(error).at(&self.given))
    }

    /// Writes what `fill` produces.
    ///
    /// # Errors
    /// Those of `fill` and of the file system. A file that was to be replaced is
    /// then as it was.
    pub fn write(
        &self,
        fill: impl FnOnce(&mut Output) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        let mut output = self.open()?;
        fill(&mut output)
            .and_then(|()| output.commit())
            .map_err(|error| error.at(&self.given))
    }
}

fn method_for(path: &Path, content: Content, rules: &OutputRules) -> Result<Method, OutputError> {
    let fail = |source| OutputError::Destination {
        path: path.to_path_buf(),
        source,
    };
    let target = links::follow(path)?;
    let names_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    // Not of the target: a link such as /dev/stdout leads to a pipe that has no
    // name.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(OutputError::IsFolder(path.to_path_buf())),
        Ok(metadata) if metadata.is_file() => {
            if is_protected(&metadata) {
                return Err(OutputError::WriteProtected(path.to_path_buf()));
            }
            let file = open_to_write(&target).map_err(fail)?;
            if !rules.force && !content.is_in(&target) {
                return Err(OutputError::OtherKind {
                    path: path.to_path_buf(),
                    wanted: content.name(),
                });
            }
            Ok(match temporary::probe(&target, &rules.unfinished) {
                Ok(ours) if may_replace(&target, &metadata, &ours) => {
                    Method::Replace(target, Some(metadata))
                }
                _ => Method::InPlace(file),
            })
        }
        Ok(_) => Ok(Method::InPlace(open_to_write(path).map_err(fail)?)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(fail(error)),
        Err(_) if names_folder => Err(OutputError::IsFolder(path.to_path_buf())),
        Err(_) => {
            fs::create_dir_all(temporary::folder_of(&target)).map_err(fail)?;
            temporary::probe(&target, &rules.unfinished).map_err(fail)?;
            Ok(Method::Replace(target, None))
        }
    }
}

fn open_to_write(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Whether nobody may write the file. The system lets root do so nevertheless;
/// whoever took the right from everybody meant it.
#[cfg(unix)]
pub(crate) fn is_protected(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    const WRITE_BITS: u32 = 0o222;
    metadata.mode() & WRITE_BITS == 0
}

#[cfg(not(unix))]
pub(crate) fn is_protected(metadata: &Metadata) -> bool {
    metadata.permissions().readonly()
}

/// In a sticky folder such as /tmp, only the owners of a file and of the folder
/// (and root) may replace it. `ours` is of a file that we made there.
#[cfg(unix)]
fn may_replace(target: &Path, metadata: &Metadata, ours: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    const STICKY: u32 = 0o1000;
    const ROOT: u32 = 0;
    fs::metadata(temporary::folder_of(target)).is_ok_and(|folder| {
        let owned = [folder.uid(), metadata.uid()].contains(&ours.uid());
        folder.mode() & STICKY == 0 || owned || ours.uid() == ROOT
    })
}

#[cfg(not(unix))]
fn may_replace(_target: &Path, _metadata: &Metadata, _ours: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn prepare(path: &Path) -> Result<Destination, OutputError> {
        Destination::prepare(path, Content::Csv, &OutputRules::default())
    }

    fn put(destination: &Destination, text: &str) -> Result<(), OutputError> {
        destination.write(|output| Ok(output.write_all(text.as_bytes())?))
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn missing_folders_are_created_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/out.csv");
        put(&prepare(&path).unwrap(), "x").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "x");
        assert_eq!(entries(path.parent().unwrap()), 1);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "file_id,old").unwrap();
        let result = prepare(&path).unwrap().write(|output| {
            output.write_all(b"half")?;
            Err(io::Error::other("disk on fire").into())
        });
        assert!(result.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "file_id,old");
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn an_output_that_is_dropped_never_appears() {
        let folder = tempfile::tempdir().unwrap();
        let destination = prepare(&folder.path().join("out.csv")).unwrap();
        let mut output = destination.open().unwrap();
        output.write_all(b"half").unwrap();
        assert_eq!(entries(folder.path()), 1, "a temporary file");
        drop(output);
        assert_eq!(entries(folder.path()), 0);
    }

    #[test]
    fn two_outputs_at_once_are_both_discarded_and_none_is_begun_after() {
        let folder = tempfile::tempdir().unwrap();
        let rules = OutputRules::default();
        let [one, two] = ["one.csv", "two.csv"].map(|name| {
            Destination::prepare(&folder.path().join(name), Content::Csv, &rules).unwrap()
        });
        let _outputs = [one.open().unwrap(), two.open().unwrap()];
        assert_eq!(entries(folder.path()), 2);
        rules.unfinished.discard();
        assert_eq!(entries(folder.path()), 0);
        assert!(one.open().is_err());
        assert_eq!(entries(folder.path()), 0);
    }

    #[test]
    fn strays_of_a_killed_run_are_removed_and_files_in_use_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let destination = prepare(&folder.path().join("out.csv")).unwrap();
        let in_use = destination.open().unwrap();
        let names = || -> Vec<_> {
            let entries = fs::read_dir(folder.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        let [used] = names().try_into().unwrap();
        // What a killed run leaves has such a name and is not locked.
        let stray = used.to_str().unwrap().replace(".part", "x.part");
        fs::write(folder.path().join(&stray), "half").unwrap();
        fs::write(folder.path().join(".fma-genre-other.part"), "").unwrap();
        prepare(&folder.path().join("out.csv")).unwrap();
        let mut left = names();
        left.sort();
        let mut expected = vec![used, ".fma-genre-other.part".into()];
        expected.sort();
        assert_eq!(left, expected);
        in_use.commit().unwrap();
    }

    #[test]
    fn a_folder_and_a_file_as_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            prepare(folder.path()),
            Err(OutputError::IsFolder(_))
        ));
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(prepare(&file.join("out.csv")).is_err());
    }

    #[test]
    fn names_that_cannot_be_files_are_refused_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        assert!(prepare(&folder.path().join("new/")).is_err());
        let long = "x".repeat(300);
        assert!(prepare(&folder.path().join(long)).is_err());
        assert_eq!(entries(folder.path()), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_its_place_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target.csv");
        let link = folder.path().join("link.csv");
        fs::write(&target, "").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        put(&prepare(&link).unwrap(), "new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn a_chain_of_dangling_links_is_followed_to_its_end() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.csv");
        fs::create_dir(folder.path().join("sub")).unwrap();
        symlink("sub/second", &link).unwrap();
        symlink("../third", folder.path().join("sub/second")).unwrap();
        symlink("target.csv", folder.path().join("third")).unwrap();
        put(&prepare(&link).unwrap(), "new").unwrap();
        let target = folder.path().join("target.csv");
        assert!(!target.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_are_refused() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        symlink("b.csv", folder.path().join("a.csv")).unwrap();
        symlink("a.csv", folder.path().join("b.csv")).unwrap();
        let error = prepare(&folder.path().join("a.csv")).unwrap_err();
        assert!(matches!(error, OutputError::LinkLoop(_)), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_in_place() {
        let destination = prepare(Path::new("/dev/null")).unwrap();
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
        put(&prepare(&pipe).unwrap(), "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
    }
}
