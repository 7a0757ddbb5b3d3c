//! Reading names of files from a list, one at a time.

use std::io::{self, BufRead};
use std::path::PathBuf;

use thiserror::Error;

use super::names;

/// Longest path that a list may hold, in bytes. Linux takes 4,096, Windows 98,301.
pub const MAX_LISTED_PATH: usize = 1 << 17;

/// What ends a path in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListSeparator {
    /// A newline, or carriage return and newline. A byte order mark at the beginning
    /// of the list is passed over.
    #[default]
    Newline,
    /// A zero byte, as `find -print0` writes it: for names that hold a newline or end
    /// in a carriage return.
    Nul,
}

/// Why a list cannot be read on.
#[derive(Debug, Error)]
pub enum ListError {
    /// The list itself.
    #[error("cannot read the list")]
    Read(#[from] io::Error),
    /// What has no separator for so long is no list of paths.
    #[error("entry {entry} of the list is longer than {MAX_LISTED_PATH} bytes: no path is")]
    TooLong {
        /// Counted from 1, with blank entries.
        entry: u64,
    },
    /// A zero byte in a path.
    #[error(
        "entry {entry} of the list holds a zero byte; is it separated by these (-0), or in UTF-16?"
    )]
    ZeroByte {
        /// Counted from 1, with blank entries.
        entry: u64,
    },
    /// A path that this system has no way to write.
    #[error("entry {entry} of the list is not UTF-8")]
    NotUnicode {
        /// Counted from 1, with blank entries.
        entry: u64,
    },
}

/// The paths of a list; see [`read_list`].
#[derive(Debug)]
pub struct PathList<R> {
    reader: R,
    separator: ListSeparator,
    entry: u64,
    line: Vec<u8>,
    /// Nothing comes after an error.
    failed: bool,
}

/// The paths in `reader`, as they come; empty entries are passed over. Relative paths
/// stay so. No more is held than one path.
pub fn read_list<R: BufRead>(reader: R, separator: ListSeparator) -> PathList<R> {
    PathList {
        reader,
        separator,
        entry: 0,
        line: Vec::new(),
        failed: false,
    }
}

impl<R: BufRead> PathList<R> {
    /// The next path, or `None` at the end of the list.
    fn read(&mut self) -> Result<Option<PathBuf>, ListError> {
        let end = match self.separator {
            ListSeparator::Newline => b'\n',
            ListSeparator::Nul => 0,
        };
        loop {
            self.line.clear();
            self.entry += 1;
            let entry = self.entry;
            // The separator and a carriage return are not of the path.
            let limit = MAX_LISTED_PATH as u64 + 2;
            let mut limited = io::Read::take(&mut self.reader, limit);
            if limited.read_until(end, &mut self.line)? == 0 {
                return Ok(None);
            }
            let path = self.path();
            if path.len() > MAX_LISTED_PATH {
                return Err(ListError::TooLong { entry });
            }
            if path.contains(&0) {
                return Err(ListError::ZeroByte { entry });
            }
            if !path.is_empty() {
                let path = names::from_bytes(path).ok_or(ListError::NotUnicode { entry })?;
                return Ok(Some(path.to_path_buf()));
            }
        }
    }

    /// The path in what was read.
    fn path(&self) -> &[u8] {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let line = self.line.as_slice();
        match self.separator {
            ListSeparator::Nul => line.strip_suffix(b"\0").unwrap_or(line),
            ListSeparator::Newline => {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                match line.strip_prefix(BYTE_ORDER_MARK) {
                    Some(rest) if self.entry == 1 => rest,
                    _ => line,
                }
            }
        }
    }
}

impl<R: BufRead> Iterator for PathList<R> {
    type Item = Result<PathBuf, ListError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.read();
        self.failed = next.is_err();
        next.transpose()
    }
}
