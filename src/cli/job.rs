//! The part that `predict`, `embed`, `check` and `classify` share: working on all
//! files, saying what went wrong, summing up.

use std::num::NonZero;
use std::path::Path;

use anyhow::{Error, Result};
use fma_genre::model::{Model, ModelError};
use fma_genre::payload::{Payload, PayloadFile};
use fma_genre::pipeline::stream::{self, StreamEnd, StreamError};
use fma_genre::pipeline::{AnalysisError, Classifier, Question, Record, Status};

use super::RunEnd;
use super::progress::Progress;
use super::session::Session;

/// How fast a run was, and whether it came to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) end: StreamEnd,
    /// Files that were worked on.
    pub(super) files: usize,
    seconds: f64,
    jobs: usize,
}

/// Does `work` on the items `0..count` with `jobs` threads, each with a worker of
/// its own, and hands the results to `consume` in order, with progress on
/// standard error. `consume` says how the file fared.
pub(super) fn run<W, T: Send>(
    session: &Session,
    count: usize,
    jobs: NonZero<usize>,
    make_worker: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, usize) -> T + Sync,
    mut consume: impl FnMut(usize, T) -> Result<Status>,
) -> Result<Pace> {
    let mut progress = Progress::new(count, &session.console);
    let mut files = 0;
    let end = stream::run(
        count,
        jobs,
        session.interrupts.came(),
        make_worker,
        work,
        |item, result| {
            let status = consume(item, result)?;
            progress.file_done(status != Status::Unusable);
            files += 1;
            Ok(())
        },
    );
    let end = match end {
        Ok(end) => end,
        Err(StreamError::Worker(error) | StreamError::Consumer(error)) => return Err(error),
    };
    Ok(Pace {
        end,
        files,
        seconds: progress.seconds(),
        jobs: jobs.get().min(count),
    })
}

/// Classifies the files `0..count` with `jobs` threads and hands each record to
/// `consume`, in order, with the error behind its being unusable.
///
/// # Errors
/// Those of `consume`, and of the model: no file is to blame for these.
pub(super) fn classify<'f>(
    session: &Session,
    question: &Question<'_>,
    jobs: NonZero<usize>,
    count: usize,
    file: impl Fn(usize) -> PayloadFile<'f> + Sync,
    mut consume: impl FnMut(Record, Option<&AnalysisError>) -> Result<()>,
) -> Result<Pace> {
    run(
        session,
        count,
        jobs,
        || Ok(Classifier::new(question)?),
        |classifier, index| classifier.classify(index, file(index)),
        |_, (record, error)| {
            if let Some(AnalysisError::Model(error)) = error {
                return Err(model_failure(question.model, error));
            }
            let status = record.status;
            consume(record, error.as_ref())?;
            Ok(status)
        },
    )
}

/// How the files of a run fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) analysed: usize,
    pub(super) failed: usize,
    /// Of the failed: those that the deadline left no time for.
    not_reached: usize,
    /// Folders that were not searched, or not to their end: nobody knows what is in them.
    pub(super) folders_unread: usize,
    /// Files and folders that were named and are not there.
    inputs_missing: usize,
}

impl Tally {
    /// Before the first file.
    pub(super) fn begin(payload: &Payload) -> Self {
        Self {
            folders_unread: payload.folders_unsearched(),
            inputs_missing: payload.inputs_missing(),
            ..Self::default()
        }
    }

    pub(super) fn count(&mut self, status: Status, error: Option<&AnalysisError>) {
        if status == Status::Unusable {
            self.failed += 1;
            self.not_reached += usize::from(matches!(error, Some(AnalysisError::Deadline)));
        } else {
            self.analysed += 1;
        }
    }

    /// The last line of a run; `done` and `failed` name what became of the files.
    pub(super) fn log(&self, pace: &Pace, output: &Path, done: &str, failed: &str) {
        let Self {
            analysed,
            failed: failures,
            not_reached,
            folders_unread,
            ..
        } = self;
        let deadline = match not_reached {
            0 => String::new(),
            count => format!(" (of these {count} not reached before the deadline)"),
        };
        tracing::info!(
            "wrote {output:?}: {analysed} {done}, {failures} {failed}{deadline}{}; \
             {:.1} s, {:.1} files/s with {} jobs",
            unread_folders(*folders_unread),
            pace.seconds,
            (pace.files - not_reached) as f64 / pace.seconds.max(1e-9),
            pace.jobs,
        );
    }

    pub(super) fn outcome(&self, strict: bool) -> RunEnd {
        let is_incomplete = strict && self.failed + self.folders_unread > 0;
        if is_incomplete || self.inputs_missing > 0 {
            RunEnd::Incomplete
        } else {
            RunEnd::Success
        }
    }
}

/// The end of a run whose model failed: no file is to blame for it.
pub(super) fn model_failure(model: &Model, error: ModelError) -> Error {
    let name = &model.manifest().name;
    Error::new(error).context(format!("the model {name:?} failed"))
}

/// The end of a summary; nothing if all folders could be read.
pub(super) fn unread_folders(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!("; {count} folders could not be read"),
    }
}

/// Says what is to be said of a file; `error` is behind its being unusable.
pub(super) fn report(record: &Record, error: Option<&AnalysisError>) {
    let (path, remark) = (&record.path, record.remark.as_deref().unwrap_or_default());
    match (record.status, error) {
        (Status::Ok, _) => {}
        (Status::Warning, _) => tracing::warn!("{path:?}: {remark}"),
        // One line for all of them is in the summary.
        (Status::Unusable, Some(AnalysisError::Deadline)) => tracing::debug!("{path:?} {remark}"),
        (Status::Unusable, _) => tracing::warn!("{path:?} {remark}"),
    }
}
