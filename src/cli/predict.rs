//! `fma-genre predict`.

use std::time::Instant;

use anyhow::Result;
use fma_genre::output::{NumberColumns, NumberRow, Numbers, OutputRules};

use super::args::PredictArgs;
use super::options::PredictOptions;
use super::{Outcome, job};

pub(super) fn run(args: &PredictArgs, start: Instant, rules: &OutputRules) -> Result<Outcome> {
    let PredictOptions { job, output, prior } = PredictOptions::resolve(args, start, rules)?;
    let mut sink = output.open(&NumberColumns::genres())?;
    let (rows, summary) = job::run(&job, |analyzer, analysis| {
        let logits = analyzer.logits(&analysis.features)?;
        Ok(job.model.posterior(&logits, &prior))
    })?;
    let fallback = job.model.manifest().calibration().fallback(&prior);
    for (file, row) in job.payload.iter().zip(rows) {
        sink.write(&NumberRow {
            id: file.id,
            patch: 0,
            numbers: Numbers::Probabilities(&row.unwrap_or(fallback)),
        })?;
    }
    sink.finish()?;
    summary.log(output.path(), "classified", "fallback");
    Ok(summary.outcome(job.strict))
}
