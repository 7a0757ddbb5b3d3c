//! Lines that know whether they are whole: `CRC-32 in hexadecimal, a space,
//! JSON, LF`.

use std::io::{self, BufRead};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Digits of the checksum and the space behind them.
const PREFIX: usize = 9;

/// `value` as a line.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = vec![b' '; PREFIX];
    serde_json::to_writer(&mut line, value)?;
    let checksum = format!("{:08x}", crc32fast::hash(&line[PREFIX..]));
    line[..PREFIX - 1].copy_from_slice(checksum.as_bytes());
    line.push(b'\n');
    Ok(line)
}

/// The value of a line with its LF; none if the line is torn, damaged or holds
/// something else.
pub(super) fn decode<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let (checksum, rest) = line.strip_suffix(b"\n")?.split_at_checked(PREFIX - 1)?;
    let json = rest.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    if checksum != crc32fast::hash(json) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// Reads the next line into the emptied `line`, with its LF if it has one.
/// Whether there is one.
pub(super) fn read(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(reader.read_until(b'\n', line)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_its_checksum_and_json() {
        // The CRC-32 of `"123456789"` with its quotes, as zlib computes it.
        assert_eq!(encode(&"123456789").unwrap(), b"83593021 \"123456789\"\n");
    }

    proptest! {
        #[test]
        fn whole_lines_read_back_and_damaged_ones_do_not(text in ".*", at in any::<usize>(), with in any::<u8>()) {
            let line = encode(&text).unwrap();
            prop_assert_eq!(decode::<String>(&line), Some(text));
            let at = at % line.len();
            prop_assert_eq!(decode::<String>(&line[..at]), None);
            let mut damaged = line.clone();
            damaged[at] = with;
            // Digits of the checksum may be of either case.
            if !damaged.eq_ignore_ascii_case(&line) {
                prop_assert_eq!(decode::<String>(&damaged), None);
            }
        }
    }
}
