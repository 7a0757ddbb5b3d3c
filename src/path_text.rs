//! Paths in files of text: as text, and byte by byte where they are none.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::utf8;

/// What stands as it is in an encoded path, beside letters and digits.
const AS_IT_IS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A path as text, and for one that is not UTF-8 also its bytes as a URL writes them:
/// letters, digits and `-._~/` as they are, every other byte as `%` and two
/// hexadecimal digits.
pub(crate) fn write(path: &Path) -> (String, Option<String>) {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_text = path.to_str().is_some();
    let encoded = (!is_text).then(|| percent_encode(bytes, AS_IT_IS).to_string());
    (utf8::text(bytes).into_owned(), encoded)
}

/// The path that was written so.
pub(crate) fn read(text: String, encoded: Option<&str>) -> PathBuf {
    match encoded {
        Some(encoded) => path_of_bytes(percent_decode_str(encoded).collect()),
        None => text.into(),
    }
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

/// Only Unix has paths that are any bytes.
#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn every_path_comes_back() {
        use std::os::unix::ffi::OsStrExt;

        for bytes in [
            &b"music/a b.mp3"[..],
            "Caf\u{e9}".as_bytes(),
            b"a b/\xff\x1b%41.mp3",
        ] {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
            let (text, encoded) = write(path);
            assert_eq!(encoded.is_some(), path.to_str().is_none());
            assert_eq!(read(text, encoded.as_deref()), path);
        }
    }
}
