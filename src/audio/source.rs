//! The bytes of a file, all of them in memory or a window that moves.

use std::io::{self, Read, Seek, SeekFrom};

use super::timed::Timed;

/// Files up to this size are read at once; a minute at 320 kbit/s has 2.4 MB.
const MAX_IN_MEMORY: u64 = 16 << 20;

/// Bytes of a longer file that are in memory.
const WINDOW: usize = 256 << 10;

/// Bytes that can be asked for anywhere. A file that shrinks under the reader ends
/// earlier; one that grows ends where it did when it was opened.
#[derive(Debug)]
pub(super) struct Source<'d> {
    store: Store<'d>,
    len: u64,
}

#[derive(Debug)]
enum Store<'d> {
    Memory(&'d [u8]),
    Window {
        file: Timed,
        /// Where `bytes` begin in the file.
        start: u64,
        bytes: Vec<u8>,
    },
}

impl<'d> Source<'d> {
    /// Bytes that are in memory.
    pub(super) fn memory(bytes: &'d [u8]) -> Self {
        Self {
            len: bytes.len() as u64,
            store: Store::Memory(bytes),
        }
    }

    /// A regular file of `len` bytes. `buffer` takes it if it is small enough.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn file(mut file: Timed, len: u64, buffer: &'d mut Vec<u8>) -> io::Result<Self> {
        buffer.clear();
        if len <= MAX_IN_MEMORY {
            file.by_ref().take(MAX_IN_MEMORY).read_to_end(buffer)?;
            return Ok(Self::memory(buffer));
        }
        // A file may end before it says, but not be shorter than it says by chance.
        let len = file.seek(SeekFrom::End(0))?.min(len);
        let store = Store::Window {
            file,
            start: 0,
            bytes: Vec::new(),
        };
        Ok(Self { store, len })
    }

    /// Bytes in all.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// All bytes, if they are in memory.
    pub(super) fn bytes(&self) -> Option<&'d [u8]> {
        match &self.store {
            Store::Memory(bytes) => Some(bytes),
            Store::Window { .. } => None,
        }
    }

    /// The bytes from `offset` on: `wanted` of them, fewer at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn get(&mut self, offset: u64, wanted: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = wanted.min(left);
        match &mut self.store {
            Store::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(bytes.len());
                let rest = bytes.get(from..).unwrap_or_default();
                Ok(&rest[..wanted.min(rest.len())])
            }
            Store::Window { file, start, bytes } => {
                let is_there =
                    offset >= *start && offset + wanted as u64 <= *start + bytes.len() as u64;
                if !is_there && wanted > 0 {
                    file.seek(SeekFrom::Start(offset))?;
                    bytes.clear();
                    *start = offset;
                    let room = wanted.max(WINDOW.min(left));
                    file.by_ref().take(room as u64).read_to_end(bytes)?;
                }
                let from = usize::try_from(offset.saturating_sub(*start)).unwrap_or(usize::MAX);
                let until = from.saturating_add(wanted).min(bytes.len());
                Ok(bytes.get(from..until).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_window_gives_the_bytes_that_memory_gives() {
        let bytes: Vec<u8> = (0..3 * WINDOW).map(|i| (i % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let deadline = crate::Deadline::NEVER;
        let store = Store::Window {
            file: Timed { file, deadline },
            start: 0,
            bytes: Vec::new(),
        };
        let len = bytes.len() as u64;
        let mut window = Source { store, len };
        let mut memory = Source::memory(&bytes);
        for offset in [0, 5, 300_000, 299_000, 700_000, len - 10, len, len + 1, 0] {
            for wanted in [0, 4, 1_000, WINDOW + 1] {
                let expected = memory.get(offset, wanted).unwrap().to_vec();
                assert_eq!(
                    window.get(offset, wanted).unwrap(),
                    expected,
                    "{offset} {wanted}"
                );
            }
        }
    }
}
