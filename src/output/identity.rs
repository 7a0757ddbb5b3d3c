//! Whether two names are of one file.

use std::fs::Metadata;
use std::path::Path;

/// Whether `input` is the file `path`, which has this metadata: by device and
/// inode, so that links of both kinds are seen through.
#[cfg(unix)]
pub(super) fn is_same(_path: &Path, metadata: &Metadata, input: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata(input)
        .is_ok_and(|input| (input.dev(), input.ino()) == (metadata.dev(), metadata.ino()))
}

/// Other systems: by the path without links.
#[cfg(not(unix))]
pub(super) fn is_same(path: &Path, _metadata: &Metadata, input: &Path) -> bool {
    match (path.canonicalize(), input.canonicalize()) {
        (Ok(path), Ok(input)) => path == input,
        _ => false,
    }
}
