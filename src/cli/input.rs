//! Opening input files; `-` is standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use fma_genre::results::ResultsReader;

/// Whether `path` means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Results of `classify`, one after the other.
pub(super) fn results(path: &Path) -> Result<ResultsReader<Box<dyn Read>>> {
    let (name, reader) = open(path)?;
    Ok(ResultsReader::new(name, reader))
}

/// Whether a path is one of results, by its ending.
pub(super) fn is_results(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| matches!(ending, "jsonl" | "ndjson"))
}

/// What messages call the file, and its content.
pub(super) fn open(path: &Path) -> Result<(String, Box<dyn Read>)> {
    if is_stdin(path) {
        return Ok(("standard input".into(), Box::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot open {path:?}"))?;
    Ok((format!("{path:?}"), Box::new(file)))
}
