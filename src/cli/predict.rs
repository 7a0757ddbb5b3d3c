//! `fma-genre predict`.

use anyhow::Result;
use fma_genre::audio::Formats;
use fma_genre::output::{NumberColumns, NumberRow, Numbers};
use fma_genre::pipeline::Question;

use super::RunEnd;
use super::args::PredictArgs;
use super::job::{self, Tally};
use super::options::PredictOptions;
use super::session::Session;

pub(super) fn run(args: &PredictArgs, session: &Session) -> Result<RunEnd> {
    let PredictOptions {
        job,
        output,
        prior,
        shard,
    } = PredictOptions::resolve(args, session)?;
    let question = Question {
        model: &job.model,
        prior,
        formats: Formats::Mpeg,
        limits: job.limits,
        timeline: None,
        read_tags: false,
        embedding: false,
    };
    let mut sink = output.open(&NumberColumns::genres())?;
    let files = &job.payload;
    let mut tally = Tally::begin(&job.payload);
    let pace = job::classify(
        session,
        &question,
        job.jobs,
        files.len(),
        |index| files.file(index),
        |record, error| {
            job::report(&record, error);
            tally.count(record.status, error);
            sink.write(&NumberRow {
                id: &record.id,
                patch: 0,
                numbers: Numbers::Probabilities(&record.probabilities),
            })?;
            Ok(())
        },
    )?;
    sink.finish()?;
    if let Some(shard) = shard {
        shard.finish(output.path())?;
    }
    tally.log(&pace, output.path(), "classified", "fallback");
    Ok(tally.outcome(job.strict))
}
