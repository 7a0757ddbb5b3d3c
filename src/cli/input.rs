//! Opening input files; `-` is standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, bail};
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

/// The file of results among `paths`, by its ending, if that is what was named.
///
/// # Errors
/// If something else was named beside it.
pub(super) fn results_among(paths: &[PathBuf]) -> Result<Option<&Path>> {
    let is_results = |path: &&PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| matches!(ending, "jsonl" | "ndjson"))
    };
    let found = paths.iter().find(is_results);
    if found.is_some() && paths.len() > 1 {
        bail!("name files and folders, or one file of results, not both");
    }
    Ok(found.map(PathBuf::as_path))
}

/// Why a file of results that has none cannot be used.
pub(super) fn no_results(path: &Path) -> Error {
    anyhow!("there are no results in {path:?}")
}

/// What messages call the file, and its content.
pub(super) fn open(path: &Path) -> Result<(String, Box<dyn Read>)> {
    if is_stdin(path) {
        return Ok(("standard input".into(), Box::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot open {path:?}"))?;
    Ok((format!("{path:?}"), Box::new(file)))
}
