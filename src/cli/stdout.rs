//! Printing to standard output, whole or with an error.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use anyhow::{Context, Result};

/// Writes all of `text`.
///
/// It goes to the file descriptor itself: [`io::stdout`] keeps silent about
/// one that cannot be written to.
///
/// # Errors
/// If not all could be written. [`io::Error`] can be downcast from it, so that
/// a reader who has had enough can be told from a full disk.
pub(super) fn print(text: &str) -> Result<()> {
    let print = || {
        let mut descriptor = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        descriptor.write_all(text.as_bytes())
    };
    print().context("cannot write to standard output")
}
