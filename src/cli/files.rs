//! Finding the files that a command is to work on, and saying what is odd about them.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fma_genre::Deadline;
use fma_genre::payload::{
    self, DiscoverOptions, ListSeparator, Payload, PayloadError, PayloadWarning, Search, read_list,
};

use super::args::ClassifyArgs;
use super::input;

/// The files below `input`; what is odd about them is logged.
pub(super) fn find(input: &Path, wanted: &DiscoverOptions, deadline: Deadline) -> Result<Payload> {
    logged(payload::discover(input, wanted, deadline))
}

/// The music in `paths`; what is odd about it is logged.
pub(super) fn search_in(paths: &[PathBuf]) -> Result<Payload> {
    logged(begin_search(paths)?.finish())
}

fn begin_search(paths: &[PathBuf]) -> Result<Search> {
    let mut search = Search::new(DiscoverOptions::MUSIC, Deadline::NEVER);
    for path in paths {
        search.add(path)?;
    }
    Ok(search)
}

/// The files that `classify` is to work on; what is odd about them is logged.
pub(super) fn search(args: &ClassifyArgs) -> Result<Payload> {
    let mut search = begin_search(&args.paths)?;
    if let Some(list) = &args.files_from {
        let separator = if args.null {
            ListSeparator::Nul
        } else {
            ListSeparator::Newline
        };
        let (name, reader) = input::open(list)?;
        for path in read_list(BufReader::new(reader), separator) {
            let path = path.with_context(|| format!("cannot take files from {name}"))?;
            search.add_listed(&path)?;
        }
    }
    logged(search.finish())
}

fn logged(found: Result<Payload, PayloadError>) -> Result<Payload> {
    let log = |warning: &PayloadWarning| match warning {
        // It has a row, and is named when its turn comes.
        PayloadWarning::MissingListed { .. } => {}
        _ => tracing::warn!("{warning}"),
    };
    match &found {
        Ok(payload) => payload.warnings().for_each(|warning| log(&warning)),
        Err(error) => error.warnings().iter().for_each(log),
    }
    Ok(found?)
}

/// When the search for files ends: it leaves a tenth of the time for writing their
/// rows. Each file must have its row, so that even if there is no time to classify any
/// there are two seconds to find them: enough for a million on a local disk.
pub(super) fn time_to_search(budget: Option<(Instant, Duration)>) -> Deadline {
    const LEAST: Duration = Duration::from_secs(2);
    match budget {
        Some((start, budget)) => {
            let search = budget - budget / 10;
            Deadline::after(start, search.max(start.elapsed() + LEAST))
        }
        None => Deadline::NEVER,
    }
}
