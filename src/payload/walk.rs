//! Goes through a folder in the order of the bytes of the paths in it.
//!
//! A name is looked at more closely only where it has to be: the folder's list says
//! what is a file and what a folder, so that there is one call per folder and per link,
//! and none per file.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use super::discover::DiscoverOptions;
use super::endings::is_separator;
use super::error::{PayloadError, PayloadWarning};
use super::files::Files;
use super::folders::{FolderNumber, Folders};
use super::{left_out, names};
use crate::deadline::Deadline;

/// What walks find, and what they have to know of each other.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Files,
    /// For each file the folder that holds it.
    pub(super) holders: Vec<FolderNumber>,
    pub(super) folders: Folders,
    pub(super) warnings: Vec<PayloadWarning>,
    /// Folders that nobody wants searched: how many, and the first.
    pub(super) left_out: usize,
    pub(super) first_left_out: Option<PathBuf>,
}

/// Why a walk ended early.
pub(super) enum WalkError {
    /// The root cannot be read.
    Root(io::Error),
    /// Nothing can be read any more.
    Payload(PayloadError),
}

impl From<PayloadError> for WalkError {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

/// Adds what is in the folder `root`, which has this metadata. A deadline that passes
/// ends the walk with a warning; what was found stays.
pub(super) fn walk(
    root: &Path,
    metadata: &Metadata,
    options: &DiscoverOptions,
    deadline: Deadline,
    found: &mut Found,
) -> Result<(), WalkError> {
    let mut walk = Walk {
        // An empty name adds what must stand between the root and what is below.
        path: root.join("").as_os_str().as_encoded_bytes().to_vec(),
        stack: Vec::new(),
        options,
        deadline,
        cut_short: false,
        found,
    };
    walk.run(root, metadata)?;
    if walk.cut_short {
        let path = root.to_path_buf();
        found.warnings.push(PayloadWarning::CutShort { path });
    }
    Ok(())
}

struct Walk<'w> {
    /// Of what is looked at, as bytes that grow and shrink.
    path: Vec<u8>,
    /// The folders that this path leads through.
    stack: Vec<Ancestor>,
    options: &'w DiscoverOptions,
    deadline: Deadline,
    cut_short: bool,
    found: &'w mut Found,
}

/// A folder that is being walked through.
struct Ancestor {
    folder: FolderNumber,
    /// Length of its path, with a separator at the end.
    path_len: usize,
    /// What is in it and still to be visited.
    listing: Listing,
}

/// Names in a folder, those that come first at the end.
#[derive(Default)]
struct Listing {
    /// Names of folders end in a separator. Sorted so, they come in the order of the
    /// paths of what is in them.
    bytes: Vec<u8>,
    names: Vec<(u32, u32)>,
}

impl Listing {
    fn add(&mut self, name: &[u8], is_folder: bool) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        if is_folder {
            self.bytes.push(MAIN_SEPARATOR as u8);
        }
        let place = |at: usize| u32::try_from(at).expect("a folder with less than 4 GB of names");
        self.names.push((place(start), place(self.bytes.len())));
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        let name = |range: &(u32, u32)| &bytes[range.0 as usize..range.1 as usize];
        self.names.sort_unstable_by(|a, b| name(b).cmp(name(a)));
        // A folder that changes while it is read may list a name twice.
        self.names.dedup_by(|a, b| name(a) == name(b));
        self.names.shrink_to_fit();
    }

    fn pop(&mut self) -> Option<&[u8]> {
        let (start, end) = self.names.pop()?;
        Some(&self.bytes[start as usize..end as usize])
    }
}

impl Walk<'_> {
    fn run(&mut self, root: &Path, metadata: &Metadata) -> Result<(), WalkError> {
        let below = self.path.len();
        let Some(folder) = self.begin(root, metadata) else {
            return Ok(());
        };
        let listing = self.list(root).map_err(WalkError::Root)?;
        self.push(folder, listing);
        while let Some(ancestor) = self.stack.last_mut() {
            self.path.truncate(ancestor.path_len);
            let Some(name) = ancestor.listing.pop() else {
                self.stack.pop();
                continue;
            };
            self.path.extend_from_slice(name);
            if !self.path.last().is_some_and(|byte| is_separator(*byte)) {
                let holder = ancestor.folder;
                self.found.files.push(&self.path, below, None)?;
                self.found.holders.push(holder);
            } else if !self.is_out_of_time() {
                self.enter();
            }
        }
        Ok(())
    }

    /// Goes into the folder at the path, unless it was searched before.
    fn enter(&mut self) {
        let path = without_separator(&self.path).to_vec();
        let path = names::as_path(&path);
        let listed = fs::metadata(path).and_then(|metadata| {
            let folder = self.begin(path, &metadata);
            folder
                .map(|folder| Ok((folder, self.list(path)?)))
                .transpose()
        });
        match listed {
            Ok(Some((folder, listing))) => self.push(folder, listing),
            Ok(None) => {}
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn push(&mut self, folder: FolderNumber, listing: Listing) {
        let path_len = self.path.len();
        self.stack.push(Ancestor {
            folder,
            path_len,
            listing,
        });
    }

    /// The number of a folder that was not searched before; of others a warning.
    fn begin(&mut self, path: &Path, metadata: &Metadata) -> Option<FolderNumber> {
        let (folder, before) = self.found.folders.search(path, metadata);
        if !before {
            return Some(folder);
        }
        let path = path.to_path_buf();
        let above = self.stack.iter().find(|above| above.folder == folder);
        self.found.warnings.push(match above {
            Some(above) => {
                let ancestor = without_separator(&self.path[..above.path_len]);
                let ancestor = names::as_path(ancestor).to_path_buf();
                PayloadWarning::Loop { path, ancestor }
            }
            None => PayloadWarning::Repeated {
                folder: path.canonicalize().unwrap_or_else(|_| path.clone()),
                path,
            },
        });
        None
    }

    /// What is to be visited in a folder.
    fn list(&mut self, folder: &Path) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for entry in fs::read_dir(folder)? {
            if self.is_out_of_time() {
                break;
            }
            match entry {
                Ok(entry) => self.add(&entry, &mut listing),
                Err(error) => self.unreadable(folder, &error),
            }
        }
        listing.sort();
        Ok(listing)
    }

    fn add(&mut self, entry: &DirEntry, listing: &mut Listing) {
        let name = entry.file_name();
        let Some(name) = names::as_bytes(&name) else {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "its name is not Unicode");
            return self.unreadable(&entry.path(), &error);
        };
        let fits = self.options.endings.fit(name);
        match is_folder(entry) {
            Ok(true) if self.options.leave_out_trash && left_out::is_left_out(name) => {
                self.found.left_out += 1;
                self.found
                    .first_left_out
                    .get_or_insert_with(|| entry.path());
            }
            Ok(true) => listing.add(name, true),
            Ok(false) if fits => listing.add(name, false),
            Ok(false) => {}
            // A link to nothing still gets its row.
            Err(_) if fits => listing.add(name, false),
            Err(error) => self.unreadable(&entry.path(), &error),
        }
    }

    /// Once the deadline has passed, nothing more is read; what was read stays.
    fn is_out_of_time(&mut self) -> bool {
        self.cut_short = self.cut_short || self.deadline.has_passed();
        self.cut_short
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.found.warnings.push(PayloadWarning::Unreadable {
            path: path.to_path_buf(),
            cause: error.to_string(),
        });
    }
}

/// Whether it is a folder or a link to one.
fn is_folder(entry: &DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_symlink() {
        return Ok(fs::metadata(entry.path())?.is_dir());
    }
    Ok(kind.is_dir())
}

/// The path of a folder as people write it. That of the topmost folder stays.
fn without_separator(path: &[u8]) -> &[u8] {
    match path.split_last() {
        Some((last, rest)) if is_separator(*last) && !rest.is_empty() => rest,
        _ => path,
    }
}
