//! `fma-genre predict`.

use std::time::Instant;

use anyhow::Result;
use fma_genre::genre::{GENRE_COUNT, GENRES};
use fma_genre::output::{Table, Values};
use ndarray::Array2;

use super::args::PredictArgs;
use super::options::PredictOptions;
use super::{Outcome, job};

pub(super) fn run(args: &PredictArgs, start: Instant) -> Result<Outcome> {
    let PredictOptions { job, output, prior } = PredictOptions::resolve(args, start)?;
    let (rows, summary) = job::run(&job, |analyzer, analysis| {
        let logits = analyzer.logits(&analysis.features)?;
        Ok(job.model.posterior(&logits, &prior))
    })?;
    let fallback = job.model.manifest().calibration().fallback(&prior);
    let mut values = Array2::zeros((rows.len(), GENRE_COUNT));
    for (mut target, row) in values.rows_mut().into_iter().zip(rows) {
        target.assign(&ndarray::arr1(&row.unwrap_or(fallback)));
    }
    let table = Table {
        ids: job
            .payload
            .files
            .iter()
            .map(|file| file.id.clone())
            .collect(),
        patches: None,
        columns: GENRES.map(String::from).to_vec(),
        values: Values::Probabilities(values),
    };
    output.write(&table)?;
    summary.log(output.path(), "classified", "fallback");
    Ok(summary.outcome(job.strict))
}
