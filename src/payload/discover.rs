//! Walks a folder and lists its mp3 files in a reproducible order.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use walkdir::WalkDir;

use super::ids;

/// One file to classify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mp3File {
    /// Where to read it.
    pub path: PathBuf,
    /// The row's `file_id`: raw bytes, because file names need not be UTF-8.
    pub id: Vec<u8>,
}

/// The files of a run, sorted by the bytes of their path below the root.
#[derive(Debug, Default)]
pub struct Payload {
    /// At least one file.
    pub files: Vec<Mp3File>,
    /// What the user should know about the folder.
    pub warnings: Vec<PayloadWarning>,
}

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
    /// The folder holds no mp3 file, at any depth.
    #[error(
        "no mp3 files in {0:?} (looked for names ending in .mp3, in any case, in subfolders too)"
    )]
    NoMp3(PathBuf),
}

/// Something odd about the folder.
#[derive(Debug, Error)]
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
    /// Several files share a `file_id`, so they get a longer one.
    #[error("{path:?} shares its name with another file; its file_id is {id:?}")]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The id it got instead of its file name.
        id: String,
    },
}

/// Lists every mp3 below `root`, or `root` itself when it is a file.
///
/// An mp3 is anything but a folder whose name ends in `.mp3` in any case,
/// except the `._*` companions that macOS leaves on foreign file systems.
/// Symbolic links are followed, loops are reported and left. A dangling link
/// or an unreadable file is listed as well: it still gets its row.
///
/// # Errors
/// [`PayloadError`] when the root cannot be read or holds no mp3.
pub fn discover(root: &Path) -> Result<Payload, PayloadError> {
    let metadata = std::fs::metadata(root).map_err(|source| PayloadError::Root {
        path: root.to_path_buf(),
        source,
    })?;
    if !metadata.is_dir() {
        let name = root.file_name().unwrap_or(root.as_os_str());
        let id = ids::without_ending(name.as_encoded_bytes()).to_vec();
        let path = root.to_path_buf();
        return Ok(Payload {
            files: vec![Mp3File { path, id }],
            warnings: Vec::new(),
        });
    }

    let mut payload = Payload::default();
    let mut paths = Vec::new();
    for entry in WalkDir::new(root).min_depth(1).follow_links(true) {
        match entry {
            Ok(entry) => {
                if !entry.file_type().is_dir() && is_mp3_name(entry.file_name()) {
                    paths.push(entry.into_path());
                }
            }
            Err(error) if error.depth() == 0 => {
                return Err(PayloadError::Root {
                    path: root.to_path_buf(),
                    source: error.into(),
                });
            }
            Err(error) => match dangling_mp3(&error) {
                Some(path) => paths.push(path),
                None => payload.warnings.push(warning(root, error)),
            },
        }
    }
    if paths.is_empty() {
        return Err(PayloadError::NoMp3(root.to_path_buf()));
    }

    let mut relative: Vec<(Vec<u8>, PathBuf)> = paths
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(root).unwrap_or(&path);
            (below.as_os_str().as_encoded_bytes().to_vec(), path)
        })
        .collect();
    relative.sort();

    let names: Vec<&[u8]> = relative.iter().map(|(name, _)| name.as_slice()).collect();
    let ids = ids::assign(&names);
    for ((name, path), id) in relative.iter().zip(ids) {
        if id != ids::without_ending(ids::file_name(name)) {
            payload.warnings.push(PayloadWarning::DuplicateId {
                path: path.clone(),
                id: String::from_utf8_lossy(&id).into_owned(),
            });
        }
        payload.files.push(Mp3File {
            path: path.clone(),
            id,
        });
    }
    Ok(payload)
}

fn is_mp3_name(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    ids::without_ending(bytes).len() < bytes.len() && !bytes.starts_with(b"._")
}

/// The path of a link named like an mp3 whose target is missing.
fn dangling_mp3(error: &walkdir::Error) -> Option<PathBuf> {
    let path = error.path()?;
    let is_link = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_symlink());
    let is_mp3 = path.file_name().is_some_and(is_mp3_name);
    (error.loop_ancestor().is_none() && is_link && is_mp3).then(|| path.to_path_buf())
}

fn warning(root: &Path, error: walkdir::Error) -> PayloadWarning {
    let path = error.path().unwrap_or(root).to_path_buf();
    match error.loop_ancestor() {
        Some(ancestor) => PayloadWarning::Loop {
            path,
            ancestor: ancestor.to_path_buf(),
        },
        None => PayloadWarning::Unreadable {
            path,
            cause: match error.io_error() {
                Some(io) => io.to_string(),
                None => error.to_string(),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mp3_names_in_any_case_but_no_macos_companions() {
        for name in ["a.mp3", "a.MP3", "a b.Mp3", ".hidden.mp3", "a.mp3.mp3"] {
            assert!(is_mp3_name(OsStr::new(name)), "{name}");
        }
        for name in ["._a.mp3", ".mp3", "mp3", "a.mp3~", "a.mp33", "a.m4a", ""] {
            assert!(!is_mp3_name(OsStr::new(name)), "{name}");
        }
    }
}
