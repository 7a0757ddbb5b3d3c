//! Printing to standard output, whole or with an error.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Writes all of `text`.
///
/// # Errors
/// If not all could be written. [`io::Error`] can be downcast from it, so that
/// a reader who has had enough can be told from a full disk.
pub(super) fn print(text: &str) -> Result<()> {
    write(text.as_bytes()).context("cannot write to standard output")
}

/// Writes to the file descriptor itself: [`io::stdout`] keeps silent about one
/// that is not open for writing.
#[cfg(unix)]
fn write(bytes: &[u8]) -> io::Result<()> {
    use std::os::fd::AsFd;

    let descriptor = io::stdout().as_fd().try_clone_to_owned()?;
    std::fs::File::from(descriptor).write_all(bytes)
}

#[cfg(not(unix))]
fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(bytes)?;
    stdout.flush()
}
