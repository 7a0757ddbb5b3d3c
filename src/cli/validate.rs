//! `fma-genre validate`.

use anyhow::Result;
use fma_genre::Deadline;
use fma_genre::payload::DiscoverOptions;
use fma_genre::submission::{self, Remark};

use super::args::ValidateArgs;
use super::{RunEnd, files, input, stdout};

pub(super) fn run(args: &ValidateArgs) -> Result<RunEnd> {
    let payload = match &args.payload {
        Some(folder) => Some(files::find(
            folder,
            &DiscoverOptions::EVERY_MP3,
            Deadline::NEVER,
        )?),
        None => None,
    };
    let expected: Option<Vec<&[u8]>> = payload
        .as_ref()
        .map(|payload| payload.iter().map(|file| file.id).collect());

    let (origin, reader) = input::open(&args.predictions)?;
    let predictions = submission::validate(&origin, reader, expected.as_deref())?;
    for remark in Remark::about(&predictions) {
        // With a payload, the ids were found to be those of its files.
        if payload.is_none() || matches!(remark, Remark::NotUtf8 { .. }) {
            tracing::warn!("{remark}");
        }
    }
    let compared = match payload {
        Some(_) => ", one for every mp3 file",
        None => "",
    };
    let count = predictions.rows.len();
    let noun = if count == 1 { "row" } else { "rows" };
    stdout::print(&format!("{origin} is valid: {count} {noun}{compared}\n"))?;
    Ok(RunEnd::Success)
}
