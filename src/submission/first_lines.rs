//! Where each id stood first.

use std::collections::HashMap;

/// The most rows whose ids and numbers are held; see
/// [`Defect::BeyondLimit`](super::Defect::BeyondLimit).
///
/// Rows of predictions as this program writes them fill the 256 MiB that are
/// read of a file with fewer. Shorter rows, of few digits, could be seven
/// million, which need more than 1 GB of memory.
pub const MAX_ROWS: usize = 1_500_000;

/// The ids met so far, at most as many as there are rows held, and the line
/// that each was first met in.
#[derive(Default)]
pub(super) struct FirstLines(HashMap<Box<[u8]>, u64>);

impl FirstLines {
    /// Notes that `line` has this id. Returns the first line that had it if
    /// this is not the first.
    pub(super) fn note(&mut self, id: &[u8], line: u64) -> Option<u64> {
        let first_line = self.0.get(id).copied();
        if first_line.is_none() {
            self.0.insert(id.into(), line);
        }
        first_line
    }

    /// Whether no id was met yet.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are [`MAX_ROWS`] ids.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_ROWS
    }
}
