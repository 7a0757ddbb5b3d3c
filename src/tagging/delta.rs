//! One version of a file told by the other: what they share is only pointed at, so
//! that the backup of a tag does not hold its cover art.
//!
//! The method is that of rsync (Tridgell and Mackerras 1996), with the blocks
//! themselves in place of rolling checksums.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// Shorter matches cost more to tell than the bytes themselves.
const BLOCK: usize = 32;

/// A part of the old version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Piece {
    /// So many bytes of the new version from a position on.
    Copy(usize, usize),
    /// Bytes that it does not have, in Base64.
    Insert(String),
}

/// The old version of a file, in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delta(Vec<Piece>);

impl Delta {
    /// Tells `old` by `new`.
    pub(super) fn between(old: &[u8], new: &[u8]) -> Self {
        let front = equal_bytes(old.iter().zip(new));
        let (old_rest, new_rest) = (&old[front..], &new[front..]);
        let back = equal_bytes(old_rest.iter().rev().zip(new_rest.iter().rev()));
        let mut delta = Self(Vec::new());
        delta.copy(0, front);
        let end = new.len() - back;
        delta.tell(&old_rest[..old_rest.len() - back], new, front..end);
        delta.copy(end, back);
        delta
    }

    /// Tells `old` by the part of `new` in `range`.
    fn tell(&mut self, old: &[u8], new: &[u8], range: std::ops::Range<usize>) {
        // The first of equal blocks: what is ahead of it is the longest.
        let mut blocks: HashMap<&[u8], usize> = HashMap::new();
        for (number, block) in new[range.clone()].chunks_exact(BLOCK).enumerate() {
            blocks.entry(block).or_insert(range.start + number * BLOCK);
        }
        // `old[told..at]` is in no block found so far.
        let (mut told, mut at) = (0, 0);
        while let Some(block) = old.get(at..at + BLOCK) {
            let Some(&found) = blocks.get(block) else {
                at += 1;
                continue;
            };
            let ahead = equal_bytes(old[at..].iter().zip(&new[found..range.end]));
            let before = old[told..at].iter().rev();
            let behind = equal_bytes(before.zip(new[range.start..found].iter().rev()));
            self.insert(&old[told..at - behind]);
            self.copy(found - behind, behind + ahead);
            at += ahead;
            told = at;
        }
        self.insert(&old[told..]);
    }

    fn copy(&mut self, at: usize, len: usize) {
        if len > 0 {
            self.0.push(Piece::Copy(at, len));
        }
    }

    fn insert(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.push(Piece::Insert(BASE64.encode(bytes)));
        }
    }

    /// The old version; None if this does not fit `new`.
    pub(super) fn applied_to(&self, new: &[u8]) -> Option<Vec<u8>> {
        let mut old = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Copy(at, len) => old.extend(new.get(*at..at.checked_add(*len)?)?),
                Piece::Insert(text) => old.extend(BASE64.decode(text).ok()?),
            }
        }
        Some(old)
    }
}

fn equal_bytes<'b>(pairs: impl Iterator<Item = (&'b u8, &'b u8)>) -> usize {
    pairs.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_old_version_comes_back_from_any_change(
            old in prop::collection::vec(0..2_u8, 0..200),
            new in prop::collection::vec(0..2_u8, 0..200),
        ) {
            prop_assert_eq!(Delta::between(&old, &new).applied_to(&new), Some(old));
        }

        #[test]
        fn so_it_does_where_parts_moved(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 4),
            order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
        ) {
            let old = parts.concat();
            let new: Vec<u8> = order.iter().flat_map(|part: &usize| parts[*part].clone()).collect();
            prop_assert_eq!(Delta::between(&old, &new).applied_to(&new), Some(old));
        }
    }

    #[test]
    fn what_only_moved_is_not_held() {
        let art: Vec<u8> = (0..100_000_u32)
            .map(|i| (i.wrapping_mul(i) >> 7) as u8)
            .collect();
        let old = [b"size 1, genre: none", &art[..], b"audio"].concat();
        let new = [b"size 22", &art[..], b"genre: Jazz, audio"].concat();
        let text = serde_json::to_string(&Delta::between(&old, &new)).unwrap();
        assert!(text.len() < 200, "{text}");
    }

    #[test]
    fn a_delta_that_does_not_fit_is_none() {
        let delta = Delta(vec![Piece::Copy(3, usize::MAX)]);
        assert_eq!(delta.applied_to(b"abcdef"), None);
    }
}
