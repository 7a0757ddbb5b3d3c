//! Opening input files; `-` is standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};

/// Whether `path` means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call the file, and its content.
pub(super) fn open(path: &Path) -> Result<(String, Box<dyn Read>)> {
    if is_stdin(path) {
        return Ok(("standard input".into(), Box::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot open {path:?}"))?;
    Ok((format!("{path:?}"), Box::new(file)))
}
