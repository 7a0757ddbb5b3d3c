//! `fma-genre validate`.

use std::io::{self, Write};

use anyhow::Result;
use fma_genre::{payload, submission};

use super::args::ValidateArgs;
use super::{Outcome, input};

pub(super) fn run(args: &ValidateArgs) -> Result<Outcome> {
    let payload = match &args.payload {
        Some(folder) => Some(payload::discover(folder)?),
        None => None,
    };
    let warnings = payload.iter().flat_map(|payload| &payload.warnings);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let expected: Option<Vec<&[u8]>> = payload.as_ref().map(|payload| {
        payload
            .files
            .iter()
            .map(|file| file.id.as_slice())
            .collect()
    });

    let (origin, reader) = input::open(&args.predictions)?;
    let predictions = submission::validate(&origin, reader, expected.as_deref())?;
    let rows = &predictions.rows;
    if payload.is_none() && rows.iter().all(|row| row.id.ends_with(b".mp3")) {
        tracing::warn!("every file_id ends in .mp3; it should be the file name without its ending");
    }
    let compared = match payload {
        Some(_) => ", one for every mp3 file",
        None => "",
    };
    let noun = if rows.len() == 1 { "row" } else { "rows" };
    let mut stdout = io::stdout();
    writeln!(stdout, "{origin} is valid: {} {noun}{compared}", rows.len())?;
    Ok(Outcome::Success)
}
