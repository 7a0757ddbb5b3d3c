//! Paths as bytes and back.
//!
//! On Unix a path is any bytes. Elsewhere only Unicode names are kept, as UTF-8.

use std::ffi::OsStr;
use std::path::Path;

/// The bytes of a name or path; `None` if it cannot be kept.
pub(super) fn as_bytes(name: &OsStr) -> Option<&[u8]> {
    let can_be_kept = cfg!(unix) || name.to_str().is_some();
    can_be_kept.then_some(name.as_encoded_bytes())
}

/// The path that has these bytes, which are those of names that can be kept.
#[cfg(unix)]
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;

    Path::new(OsStr::from_bytes(bytes))
}

/// The path that has these bytes, which are those of names that can be kept.
#[cfg(not(unix))]
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::str::from_utf8(bytes).expect("only Unicode names are kept"))
}

/// The path that has these bytes, whatever they are; `None` if none has.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<&Path> {
    (cfg!(unix) || std::str::from_utf8(bytes).is_ok()).then(|| as_path(bytes))
}
