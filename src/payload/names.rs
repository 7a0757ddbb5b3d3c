//! Paths as bytes and back.
//!
//! On Unix a path is any bytes. Elsewhere only Unicode names are kept, as UTF-8.

use std::ffi::OsStr;
use std::path::Path;

#[cfg(unix)]
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;

    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::str::from_utf8(bytes).expect("only Unicode names are kept"))
}

/// The bytes of a name or path; `None` if it cannot be kept.
pub(super) fn as_bytes(name: &OsStr) -> Option<&[u8]> {
    (cfg!(unix) || name.to_str().is_some()).then(|| name.as_encoded_bytes())
}

/// The path that these bytes of a stranger are; `None` if they cannot be one.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<&Path> {
    (cfg!(unix) || std::str::from_utf8(bytes).is_ok()).then(|| as_path(bytes))
}
