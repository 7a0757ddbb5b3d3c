//! A file that gives nothing more after a deadline: a slow disk may take hours.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use thiserror::Error;

use crate::deadline::Deadline;

/// What reads fail with after the deadline.
#[derive(Debug, Error)]
#[error("the deadline has passed")]
struct DeadlinePassed;

/// Whether a read failed because of the deadline.
pub(super) fn is_deadline(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<DeadlinePassed>())
}

/// A file with a deadline. A read that has begun is waited for.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) file: File,
    pub(crate) deadline: Deadline,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.deadline.has_passed() {
            return Err(io::Error::other(DeadlinePassed));
        }
        self.file.read(buffer)
    }
}

impl Seek for Timed {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::AudioError;
    use std::time::{Duration, Instant};

    #[test]
    fn nothing_is_read_after_the_deadline() {
        let mut timed = Timed {
            file: tempfile::tempfile().unwrap(),
            deadline: Deadline::NEVER,
        };
        assert_eq!(timed.read(&mut [0; 8]).unwrap(), 0);
        timed.deadline = Deadline::after(Instant::now(), Duration::ZERO);
        let error = timed.read(&mut [0; 8]).unwrap_err();
        assert!(matches!(AudioError::from(error), AudioError::Deadline));
    }
}
