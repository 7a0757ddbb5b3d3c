//! `fma-genre classify`.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::Result;
use fma_genre::pipeline::journal::{Fingerprint, Found, Journal};
use fma_genre::pipeline::stream::StreamEnd;
use fma_genre::pipeline::{AnalysisError, Classifier, Question, Record, Status};

use super::RunEnd;
use super::args::ClassifyArgs;
use super::job::{self, Tally};
use super::options::ClassifyOptions;
use super::session::Session;

pub(super) fn run(args: &ClassifyArgs, session: &Session) -> Result<RunEnd> {
    let mut options = ClassifyOptions::resolve(args, session)?;
    let shard = options.shard.take();
    let question = options.question();
    let outcome = match &options.journal {
        None => straight(&options, &question, session),
        Some(path) => with_journal(&options, &question, path, session),
    }?;
    match shard {
        Some(shard) if outcome != RunEnd::Interrupted => shard.finish(options.output.path())?,
        _ => {}
    }
    Ok(outcome)
}

/// Rows go out as they come: nobody could put the rest behind them later.
fn straight(
    options: &ClassifyOptions,
    question: &Question<'_>,
    session: &Session,
) -> Result<RunEnd> {
    let files = &options.payload;
    let mut sink = options.open()?;
    let mut tally = Tally::begin(&options.payload);
    let pace = job::classify(
        session,
        question,
        options.jobs,
        files.len(),
        |index| files.file(index),
        |record, error| {
            report(options, &record, error);
            tally.count(record.status, error);
            Ok(sink.write(&record)?)
        },
    )?;
    sink.finish()?;
    tally.log(&pace, options.output.path(), "classified", "unusable");
    Ok(tally.outcome(options.strict))
}

/// Results are collected in a journal first, from which the output is written when
/// all are there.
fn with_journal(
    options: &ClassifyOptions,
    question: &Question<'_>,
    path: &Path,
    session: &Session,
) -> Result<RunEnd> {
    let files = &options.payload;
    let mut tally = Tally::begin(&options.payload);
    let (mut journal, found) = Journal::open(path, question, files, options.if_found)?;
    say_what_was_found(path, &found);
    let pending = journal.pending();
    session.interrupts.finish_first();
    let pace = job::run(
        session,
        pending.len(),
        options.jobs,
        || Ok(Classifier::new(question)?),
        |classifier, item| {
            let file = files.file(pending[item]);
            // Before the file is read: a change while it is read is one.
            let fingerprint = Fingerprint::of(file.path);
            (classifier.classify(pending[item], file), fingerprint)
        },
        |_, ((record, error), fingerprint)| {
            if let Some(AnalysisError::Model(error)) = error {
                return Err(job::model_failure(question.model, error));
            }
            report(options, &record, error.as_ref());
            journal.append(&record, fingerprint)?;
            Ok(record.status)
        },
    )?;
    if pace.end == StreamEnd::Stopped {
        journal.sync()?;
        tracing::warn!(
            "interrupted: the journal {path:?} has {} of {} files; the same command with --resume \
             goes on from there",
            files.len() - journal.pending().len(),
            files.len()
        );
        return Ok(RunEnd::Interrupted);
    }
    let mut sink = options.open()?;
    for record in journal.records(files) {
        let record = record?;
        tally.count(record.status, None);
        sink.write(&record)?;
    }
    sink.finish()?;
    journal.remove()?;
    tally.log(&pace, options.output.path(), "classified", "unusable");
    Ok(tally.outcome(options.strict))
}

fn say_what_was_found(path: &Path, found: &Found) {
    let Found {
        done,
        changed,
        dropped,
        other_versions,
    } = found;
    if let Some(versions) = other_versions {
        tracing::warn!("the journal {path:?} was written by {versions}: all files are done again");
    }
    if *dropped > 0 && other_versions.is_none() {
        tracing::warn!("the journal {path:?}: {dropped} damaged bytes at its end are dropped");
    }
    if *done + *changed > 0 {
        tracing::info!("going on from {path:?}: {done} files are done, {changed} changed since");
    }
}

/// On a terminal, the table says why a file is unusable.
fn report(options: &ClassifyOptions, record: &Record, error: Option<&AnalysisError>) {
    let is_seen = options.is_table_on_stdout() && io::stdout().is_terminal();
    if !(is_seen && record.status == Status::Unusable) {
        job::report(record, error);
    }
}
