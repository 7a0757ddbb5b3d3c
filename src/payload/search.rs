//! Searching several files, folders and lists.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::discover::DiscoverOptions;
use super::error::{PayloadError, PayloadWarning};
use super::files::{MAX_FILES, Payload};
use super::walk::{Found, WalkError, walk};
use super::{ids, names};
use crate::deadline::Deadline;

/// A search that is told one input after the other.
///
/// Each folder is searched as [`discover`](super::discover()) does; each file is taken,
/// whatever its ending. The files come in the order of the inputs, each once: a file is
/// a name in a folder, by whatever way one gets there, and the first way is kept.
/// Inputs are limited in number to [`MAX_FILES`], as files are: no list is endless.
///
/// ```
/// use fma_genre::Deadline;
/// use fma_genre::payload::{DiscoverOptions, ListSeparator, Search, read_list};
///
/// let mut search = Search::new(DiscoverOptions::MUSIC, Deadline::NEVER);
/// search.add("examples".as_ref())?;
/// let list = "Cargo.toml\nno-such-file.flac\n".as_bytes();
/// for path in read_list(list, ListSeparator::Newline) {
///     search.add_listed(&path?)?;
/// }
/// let payload = search.finish()?;
/// assert_eq!(payload.id(payload.len() - 1), b"no-such-file");
/// assert_eq!(payload.warnings().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Search {
    options: DiscoverOptions,
    deadline: Deadline,
    found: Found,
    inputs: Inputs,
}

/// What the search was told.
#[derive(Debug, Default)]
struct Inputs {
    /// How many, with those that are missing and those that were searched before.
    count: usize,
    /// How many files, with listed ones that are missing.
    files: usize,
    folders: Vec<PathBuf>,
    /// Of the folders those that hold nothing to classify.
    empty: Vec<PathBuf>,
}

impl Search {
    /// A search that has found nothing yet.
    pub fn new(options: DiscoverOptions, deadline: Deadline) -> Self {
        Self {
            options,
            deadline,
            found: Found::default(),
            inputs: Inputs::default(),
        }
    }

    /// Adds a file, or what is in a folder. One that cannot be read is left out with
    /// [`PayloadWarning::MissingInput`].
    ///
    /// # Errors
    /// [`PayloadError::TooMany`].
    pub fn add(&mut self, path: &Path) -> Result<(), PayloadError> {
        match self.add_root(path) {
            Err(PayloadError::Root { path, source }) => {
                let cause = source.to_string();
                let missing = PayloadWarning::MissingInput { path, cause };
                self.found.warnings.push(missing);
                Ok(())
            }
            result => result,
        }
    }

    /// Adds what a list names: as [`add`](Self::add) does, but what is missing is taken
    /// for a file and gets a row, with [`PayloadWarning::MissingListed`].
    ///
    /// # Errors
    /// [`PayloadError::TooMany`].
    pub fn add_listed(&mut self, path: &Path) -> Result<(), PayloadError> {
        match self.add_root(path) {
            Err(PayloadError::Root { path, source }) => self.add_file(&path, Some(source.kind())),
            result => result,
        }
    }

    /// Adds a file, or what is in a folder.
    ///
    /// # Errors
    /// [`PayloadError::Root`] if it cannot be read, [`PayloadError::TooMany`].
    pub(super) fn add_root(&mut self, path: &Path) -> Result<(), PayloadError> {
        let fail = |source| PayloadError::Root {
            path: path.to_path_buf(),
            source,
        };
        self.inputs.count += 1;
        if self.inputs.count > MAX_FILES {
            return Err(PayloadError::TooMany { limit: MAX_FILES });
        }
        if names::as_bytes(path.as_os_str()).is_none() {
            let reason = "its name is not Unicode";
            return Err(fail(io::Error::new(io::ErrorKind::InvalidInput, reason)));
        }
        let metadata = fs::metadata(path).map_err(fail)?;
        if !metadata.is_dir() {
            return self.add_file(path, None);
        }
        if self.found.folders.is_searched(path, &metadata) {
            return Ok(());
        }
        let files = self.found.files.len();
        let warnings = self.found.warnings.len();
        walk(
            path,
            &metadata,
            &self.options,
            self.deadline,
            &mut self.found,
        )
        .map_err(|error| match error {
            WalkError::Root(source) => fail(source),
            WalkError::Payload(error) => error,
        })?;
        self.inputs.folders.push(path.to_path_buf());
        // A folder of which something was not searched is not called empty.
        if (files, warnings) == (self.found.files.len(), self.found.warnings.len()) {
            self.inputs.empty.push(path.to_path_buf());
        }
        Ok(())
    }

    fn add_file(
        &mut self,
        path: &Path,
        missing: Option<io::ErrorKind>,
    ) -> Result<(), PayloadError> {
        self.inputs.files += 1;
        let bytes = path.as_os_str().as_encoded_bytes();
        let name = path.file_name().unwrap_or(path.as_os_str());
        // A name followed by separators is no file's, but a list may hold it.
        let below = match bytes.strip_suffix(name.as_encoded_bytes()) {
            Some(folder) => folder.len(),
            None => return self.add_file(&path.components().collect::<PathBuf>(), missing),
        };
        let holder = self.found.folders.holder(path);
        self.found.holders.push(holder);
        self.found.files.push(bytes, below, missing)
    }

    /// What was found.
    ///
    /// # Errors
    /// [`PayloadError::NoFiles`] or [`PayloadError::Deadline`] if that is nothing.
    pub fn finish(mut self) -> Result<Payload, PayloadError> {
        if self.inputs.files > 0 {
            self.drop_repeated_files();
        }
        let Found {
            mut files,
            mut warnings,
            left_out,
            first_left_out,
            ..
        } = self.found;
        if let Some(first) = first_left_out {
            let folders = left_out;
            warnings.push(PayloadWarning::LeftOut { folders, first });
        }
        let endings = self.options.endings;
        let roots = self.inputs.files + self.inputs.folders.len();
        if files.len() == 0 {
            let is_cut =
                |warning: &PayloadWarning| matches!(warning, PayloadWarning::CutShort { .. });
            let searched = self.inputs.folders;
            return Err(if warnings.iter().any(is_cut) {
                PayloadError::Deadline {
                    endings,
                    searched,
                    warnings,
                }
            } else {
                PayloadError::NoFiles {
                    endings,
                    searched,
                    warnings,
                }
            });
        }
        let empty = self.inputs.empty.into_iter();
        warnings.extend(empty.map(|path| PayloadWarning::Empty { endings, path }));
        files.name_rows(endings, roots);
        Ok(Payload {
            files,
            endings,
            warnings,
        })
    }

    /// Of files of one name in one folder, which have been reached in several ways,
    /// keeps the first.
    fn drop_repeated_files(&mut self) {
        let Found { files, holders, .. } = &mut self.found;
        let entry = |file: u32| {
            let path = files.path(file as usize);
            (holders[file as usize], ids::file_name(path))
        };
        let count = u32::try_from(files.len()).expect("fewer files than 2^32");
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by(|a, b| entry(*a).cmp(&entry(*b)).then(a.cmp(b)));
        let mut repeated: Vec<u32> = order
            .windows(2)
            .filter(|pair| entry(pair[0]) == entry(pair[1]))
            .map(|pair| pair[1])
            .collect();
        repeated.sort_unstable();
        let mut next = repeated.into_iter().peekable();
        files.retain(|index| {
            next.next_if(|repeated| *repeated as usize == index)
                .is_none()
        });
    }
}
