//! What was probably done to ids that have no counterpart.

use std::borrow::Cow;
use std::collections::HashSet;

use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use super::{IdKind, Reference};

/// A way to spell an id that other tools may have changed, and what is said if
/// two ids agree in it.
struct Spelling {
    of: fn(&[u8]) -> Cow<'_, [u8]>,
    hint: &'static str,
}

/// Guesses from the ids that are only in the `reference` (`missing`) and those
/// that are only in the predictions (`extra`) why they are not the same.
pub(super) fn id_hint(
    missing: &[&[u8]],
    extra: &[&[u8]],
    reference: Reference,
) -> Option<&'static str> {
    let spellings = [
        Spelling {
            of: without_ending,
            hint: "a file_id is the file name without its .mp3",
        },
        Spelling {
            of: composed,
            hint: "some ids look alike but are other bytes: accents are one character in the one \
                and two in the other (Unicode NFC and NFD)",
        },
        Spelling {
            of: without_zeros,
            hint: match reference {
                Reference::Labels => {
                    "leading zeros differ; ids are compared as numbers if the labels' first column is \
                    called track_id"
                }
                Reference::Payload => {
                    "ids lost their leading zeros; in pandas, dtype={'file_id': str} keeps them"
                }
            },
        },
        Spelling {
            of: whole_number,
            hint: "ids such as 2.0 were read as numbers; in pandas, dtype={'file_id': str} keeps \
                them as they are",
        },
    ];
    let explains = |spelling: &&Spelling| {
        let missing: HashSet<Cow<'_, [u8]>> = missing.iter().map(|id| (spelling.of)(id)).collect();
        extra.iter().any(|id| missing.contains(&(spelling.of)(id)))
    };
    spellings.iter().find(explains).map(|found| found.hint)
}

/// Without `.mp3`.
fn without_ending(id: &[u8]) -> Cow<'_, [u8]> {
    id.strip_suffix(b".mp3").unwrap_or(id).into()
}

/// In Unicode's normalisation form C, if it is Unicode.
fn composed(id: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(id) {
        Ok(text) if is_nfc_quick(text.chars()) != unicode_normalization::IsNormalized::Yes => {
            text.nfc().collect::<String>().into_bytes().into()
        }
        _ => id.into(),
    }
}

/// As a track number.
fn without_zeros(id: &[u8]) -> Cow<'_, [u8]> {
    IdKind::TrackNumber.key(id).into()
}

/// As a track number that may have become a number with decimals.
fn whole_number(id: &[u8]) -> Cow<'_, [u8]> {
    without_zeros(without_decimals(id).unwrap_or(id))
}

/// A number as it is without its `.0`; none if it has none.
pub(super) fn without_decimals(id: &[u8]) -> Option<&[u8]> {
    let digits = id.strip_suffix(b".0")?;
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_to_ids_is_guessed_whichever_side_it_was_done_to() {
        for (one, other, part) in [
            ("a.mp3", "a", "without its .mp3"),
            ("Caf\u{e9}", "Cafe\u{301}", "NFC and NFD"),
            ("000002", "2", "leading zeros"),
            ("2.0", "2", "numbers"),
            ("2.0", "000002", "numbers"),
        ] {
            let hint = |missing: &str, extra: &str| {
                id_hint(
                    &[b"x", missing.as_bytes()],
                    &[b"y", extra.as_bytes()],
                    Reference::Payload,
                )
            };
            assert!(hint(one, other).unwrap().contains(part), "{one} {other}");
            assert!(hint(other, one).unwrap().contains(part), "{other} {one}");
        }
        let unrelated: [&[u8]; 2] = [b"2.5", b"\xff"];
        assert_eq!(id_hint(&unrelated, &[b"2", b"y"], Reference::Labels), None);
    }
}
