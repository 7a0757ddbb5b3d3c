//! What can be wrong with the input of a run.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::endings::Endings;

/// Why there is nothing to classify.
#[derive(Debug, Error)]
pub enum PayloadError {
    /// The root does not exist or cannot be looked at.
    #[error("cannot read the input {path:?}")]
    Root {
        /// The root as given.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// No folder holds a file of the kind that is asked for, at any depth, and no file
    /// was named.
    #[error("no {endings} files{}", NothingIn(*.endings, .searched))]
    NoFiles {
        /// The kind of files.
        endings: Endings,
        /// The folders that were searched, as given.
        searched: Vec<PathBuf>,
        /// What else is to be said of the input.
        warnings: Vec<PayloadWarning>,
    },
    /// The deadline came before the first file was found.
    #[error("no {endings} files were found{} before the deadline", Folders(.searched))]
    Deadline {
        /// The kind of files.
        endings: Endings,
        /// The folders that were searched, as given.
        searched: Vec<PathBuf>,
        /// What else is to be said of the input.
        warnings: Vec<PayloadWarning>,
    },
    /// There are more files than a run can take, or more inputs were named.
    #[error("more than {limit} files or names of files; give fewer at a time")]
    TooMany {
        /// How many a run can take.
        limit: usize,
    },
}

impl PayloadError {
    /// What the user should know beside the error, such as which inputs are missing.
    pub fn warnings(&self) -> &[PayloadWarning] {
        match self {
            Self::NoFiles { warnings, .. } | Self::Deadline { warnings, .. } => warnings,
            Self::Root { .. } | Self::TooMany { .. } => &[],
        }
    }
}

/// Something odd about the input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadWarning {
    /// A folder could not be read: the files in it have no rows.
    #[error("skipped {path:?}: {cause}")]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
    /// A link leads back to a folder that it lies in; nothing is missed.
    #[error("skipped {path:?}: a link that leads back to {ancestor:?}")]
    Loop {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        ancestor: PathBuf,
    },
    /// A folder was reached a second time, under another name; nothing is missed.
    #[error("skipped {path:?}: the folder {folder:?} is searched under another name")]
    Repeated {
        /// The second name.
        path: PathBuf,
        /// The folder, without links.
        folder: PathBuf,
    },
    /// Trash, snapshots and thumbnails were not searched, as
    /// [`DiscoverOptions::leave_out_trash`](super::DiscoverOptions::leave_out_trash) asks.
    #[error("left out {first:?}{}: trash, snapshots or thumbnails", and_more(*.folders))]
    LeftOut {
        /// How many.
        folders: usize,
        /// The first of them.
        first: PathBuf,
    },
    /// The deadline came while a folder was searched: files may be missing.
    #[error("the deadline came first: {path:?} was not searched to its end, files may be missing")]
    CutShort {
        /// The folder as given.
        path: PathBuf,
    },
    /// A file or folder that the user named cannot be looked at; it has no row.
    #[error("cannot read the input {path:?}: {cause}")]
    MissingInput {
        /// As given.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
    /// A file of a list cannot be looked at; it has a row all the same.
    #[error("cannot read {path:?}, which the list names: {cause}")]
    MissingListed {
        /// As given.
        path: PathBuf,
        /// The cause.
        cause: io::ErrorKind,
    },
    /// One of several folders that were named holds no file to classify.
    #[error("no {endings} files in {path:?}")]
    Empty {
        /// The kind of files.
        endings: Endings,
        /// As given.
        path: PathBuf,
    },
    /// Several files share a `file_id`, so they get a longer one.
    #[error("{path:?} shares its name with another file; its file_id is {id:?}")]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The id it got instead of its file name.
        id: String,
    },
}

impl PayloadWarning {
    /// Whether it means that files may be missing from a folder: nobody knows what is
    /// in the part that was not searched.
    pub fn is_unsearched_folder(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::CutShort { .. })
    }

    /// Whether it means that a file or folder that the user named is not there, and
    /// has no row.
    pub fn is_missing_input(&self) -> bool {
        matches!(self, Self::MissingInput { .. })
    }
}

/// How many folders there are beside the one that is named.
fn and_more(folders: usize) -> String {
    match folders {
        0 | 1 => String::new(),
        2 => " and 1 more folder".into(),
        more => format!(" and {} more folders", more - 1),
    }
}

/// The folders that were searched.
struct Folders<'f>(&'f [PathBuf]);

impl fmt::Display for Folders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        for (index, path) in self.0.iter().take(SHOWN).enumerate() {
            f.write_str(if index == 0 { " in " } else { ", " })?;
            write!(f, "{path:?}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Where there is nothing, and what would be something.
struct NothingIn<'f>(Endings, &'f [PathBuf]);

impl fmt::Display for NothingIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(endings, searched) = self;
        if searched.is_empty() {
            return f.write_str(": none of the inputs is a file or a folder that can be read");
        }
        let endings = endings.list().join(" ");
        let folders = Folders(searched);
        write!(
            f,
            "{folders} (looked for names ending in {endings}, in any case, in subfolders too)"
        )
    }
}
