//! A share of the files, for several machines that know nothing of each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::endings::is_separator;

/// One of the parts into which the files of a run are divided, counted from 0.
///
/// A file's shard is the CRC-32 (that of zlib and gzip) of its path below the folder that
/// was named, or of its name if it was itself named, times the number of shards, divided
/// by 2^32 and rounded down. So it depends on nothing but the path, and anybody can
/// compute it: `zlib.crc32(b"000/000002.mp3") * 16 >> 32` in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// Which of all files a shard has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// How many files all shards have together.
    pub files: usize,
    /// CRC-32 of all their ids and paths below the folders that were named, each followed
    /// by a NUL: shards of different files have different ones.
    pub files_crc32: u32,
    /// Where the shard's files stand among all, from 0, in order.
    pub positions: Vec<u32>,
}

/// The most shards of a run. All of their outputs are open at once when they are merged.
pub const MAX_SHARDS: u32 = 10_000;

/// Why a text is no shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShardError {
    /// It is not two numbers.
    #[error("must be I/N, such as 0/16 for the first of 16 shards")]
    Form,
    /// There is no such shard.
    #[error("shards count from 0: the last of {count} is {}/{count}", count - 1)]
    Index {
        /// How many shards there are.
        count: u32,
    },
    /// None, or too many.
    #[error("there must be from 1 to {MAX_SHARDS} shards")]
    Count,
}

impl Shard {
    /// Shard `index` of `count`.
    ///
    /// # Errors
    /// [`ShardError::Count`], [`ShardError::Index`].
    pub fn new(index: u32, count: u32) -> Result<Self, ShardError> {
        if !(1..=MAX_SHARDS).contains(&count) {
            Err(ShardError::Count)
        } else if index >= count {
            Err(ShardError::Index { count })
        } else {
            Ok(Self { index, count })
        }
    }

    /// Which of the shards it is, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether a file with this path below the folder that was named belongs to it.
    pub fn holds(self, path_below_root: &[u8]) -> bool {
        shard_of(hash(path_below_root), self.count) == self.index
    }
}

/// The remainder of a division would do, but names that count up are spread less evenly
/// by it: their checksums are alike in their low bits.
fn shard_of(hash: u32, count: u32) -> u32 {
    let product = u64::from(hash) * u64::from(count);
    (product >> 32) as u32
}

/// CRC-32, with `/` between folders on all systems.
fn hash(path: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for (index, part) in path.split(|byte| is_separator(*byte)).enumerate() {
        if index > 0 {
            hasher.update(b"/");
        }
        hasher.update(part);
    }
    hasher.finalize()
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (index, count) = text.split_once('/').ok_or(ShardError::Form)?;
        let number = |text: &str| text.parse().map_err(|_| ShardError::Form);
        Self::new(number(index)?, number(count)?)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        text.parse::<Shard>().unwrap_err().to_string()
    }

    #[test]
    fn shards_are_read_and_written() {
        let shard: Shard = "3/16".parse().unwrap();
        assert_eq!((shard.index(), shard.count()), (3, 16));
        assert_eq!(shard.to_string(), "3/16");
        let form = "must be I/N, such as 0/16 for the first of 16 shards";
        for text in ["", "3", "3/", "/3", "a/b", "-1/3", "1/2/3", "0.5/2", " 1/2"] {
            assert_eq!(message(text), form, "{text:?}");
        }
        assert_eq!(
            message("16/16"),
            "shards count from 0: the last of 16 is 15/16"
        );
        assert_eq!(message("0/0"), "there must be from 1 to 10000 shards");
    }

    /// The numbers are those of Python's `zlib.crc32`.
    #[test]
    fn a_path_has_the_shard_that_is_documented() {
        for (path, crc, of_16, of_1000) in [
            (&b"000/000002.mp3"[..], 0x58a3_5d59_u32, 5, 346),
            (b"x.mp3", 0x9f8d_c48d, 9, 623),
            (b"caf\xe9.mp3", 0x7de3_ee17, 7, 491),
        ] {
            assert_eq!(hash(path), crc, "{path:?}");
            assert!(Shard::new(0, 1).unwrap().holds(path));
            assert!(Shard::new(of_16, 16).unwrap().holds(path));
            assert!(Shard::new(of_1000, 1_000).unwrap().holds(path));
            let holders = (0..16).filter(|index| Shard::new(*index, 16).unwrap().holds(path));
            assert_eq!(holders.count(), 1);
        }
    }

    /// FMA's names: a folder for every thousand.
    #[test]
    fn names_that_count_up_are_spread_evenly() {
        for count in [2, 3, 7, 16, 64, 100] {
            let mut sizes = vec![0_u32; count as usize];
            for track in 0..50_000 {
                let path = format!("{:03}/{track:06}.mp3", track / 1_000);
                sizes[shard_of(hash(path.as_bytes()), count) as usize] += 1;
            }
            let mean = 50_000.0 / f64::from(count);
            for size in sizes {
                let size = f64::from(size) / mean;
                assert!((0.9..=1.1).contains(&size), "{size} of {count}");
            }
        }
    }
}
