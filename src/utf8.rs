//! Names as text, for formats that know no other.

use std::borrow::Cow;
use std::fmt::Write;

/// `name` as it is where it is UTF-8; every byte that is not part of UTF-8
/// becomes `\x` and two hexadecimal digits. Python says the same with
/// `name.decode("utf-8", "backslashreplace")`.
pub(crate) fn text(name: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(name) {
        return text.into();
    }
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_escaped_one_by_one() {
        assert_eq!(text("Café".as_bytes()), "Café");
        assert_eq!(text(b"caf\xe9 \xff\xfe."), "caf\\xe9 \\xff\\xfe.");
        // The beginning of a sign of three bytes.
        assert_eq!(text(b"\xe9\x9f"), "\\xe9\\x9f");
    }
}
