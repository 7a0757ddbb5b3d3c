//! `fma-genre merge`.

use anyhow::Result;
use fma_genre::output::{Destination, OutputError, RecordFormat};
use fma_genre::shards::{MergeError, Shards};

use super::args::MergeArgs;
use super::session::Session;
use super::{RunEnd, stdout};

pub(super) fn run(args: &MergeArgs, session: &Session) -> Result<RunEnd> {
    let shards = Shards::gather(&args.shards)?;
    let Some(path) = &args.output else {
        return check(&shards, session);
    };
    let Some(made_by) = shards.made_by() else {
        return Ok(RunEnd::Success);
    };
    let format = match made_by.format.as_str() {
        "csv" => RecordFormat::Csv,
        "jsonl" => RecordFormat::Jsonl,
        _ => return Err(MergeError::Parquet(args.shards[0].clone()).into()),
    };
    let is_stdout = path.as_os_str() == "-";
    if !is_stdout && RecordFormat::for_path(path)? != format {
        anyhow::bail!(
            "cannot write to {path:?}: the shards are .{}",
            made_by.format
        );
    }
    let rules = session.rules.with_force(args.force);
    let destination = Destination::prepare(path, format.content(), &rules)?;
    destination.refuse_inputs(shards.paths())?;
    shards.merge(&destination)?;
    tracing::info!(
        "wrote {path:?}: {} rows of {} shards",
        shards.rows(),
        shards.count()
    );
    Ok(RunEnd::Success)
}

/// Says that all shards are there and as they were written.
fn check(shards: &Shards, session: &Session) -> Result<RunEnd> {
    if session.rules.stdout_is_closed {
        return Err(OutputError::StdoutClosed.into());
    }
    shards.check()?;
    let (count, rows) = (shards.count(), shards.rows());
    stdout::print(&format!("{count} shards, complete: {rows} rows\n"))?;
    Ok(RunEnd::Success)
}
