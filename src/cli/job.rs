//! The part that `predict` and `embed` share: analysing all files, saying what
//! went wrong, summing up.

use std::path::Path;

use anyhow::Result;
use fma_genre::audio::{Formats, contain_panic};
use fma_genre::pipeline::batch;
use fma_genre::pipeline::{Analysis, AnalysisError, Analyzer};

use super::Outcome;
use super::options::JobOptions;
use super::progress::Progress;

/// How the files of a run fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) analysed: usize,
    pub(super) failed: usize,
    /// Of the failed: those that the deadline left no time for.
    pub(super) not_reached: usize,
    /// Folders that were not searched, or not to their end: nobody knows what is in them.
    pub(super) folders_unread: usize,
}

/// One result per file: what `finish` makes of its analysis, or `None` if it
/// failed. Failures and warnings go to standard error as they happen.
pub(super) fn run<T: Send>(
    options: &JobOptions,
    finish: impl Fn(&mut Analyzer<'_>, Analysis) -> Result<T, AnalysisError> + Sync,
) -> Result<(Vec<Option<T>>, Summary)> {
    let files = &options.payload;
    let progress = Progress::new(files.len());
    let results = batch::run(
        files.len(),
        options.jobs,
        || Analyzer::new(&options.model, Formats::Mpeg, options.deadline),
        |analyzer, index| {
            let path = files.path(index);
            let result = analyzer.features(path).and_then(|analysis| {
                report_success(path, &analysis);
                contain_panic(|| finish(analyzer, analysis))
                    .unwrap_or_else(|panic| Err(AnalysisError::Panic(panic)))
            });
            progress.file_done();
            if let Err(error) = &result {
                report_failure(path, error);
            }
            result
        },
    )?;
    let mut tally = Tally {
        folders_unread: files.folders_unsearched(),
        ..Tally::default()
    };
    let results = results
        .into_iter()
        .map(|result| {
            match &result {
                Ok(_) => tally.analysed += 1,
                Err(error) => {
                    tally.failed += 1;
                    tally.not_reached += usize::from(matches!(error, AnalysisError::Deadline));
                }
            }
            result.ok()
        })
        .collect();
    let summary = Summary {
        tally,
        seconds: progress.seconds(),
        jobs: options.jobs.get().min(files.len()),
    };
    Ok((results, summary))
}

fn report_success(path: &Path, analysis: &Analysis) {
    tracing::debug!(
        "{path:?}: {:.1} s, {} patches",
        analysis.audio.seconds,
        analysis.features.patches.len()
    );
    if let Some(warning) = &analysis.remark {
        tracing::warn!("{path:?}: {warning}");
    }
}

fn report_failure(path: &Path, error: &AnalysisError) {
    match error {
        // One line for all of them is in the summary.
        AnalysisError::Deadline => tracing::debug!("{path:?} {error}"),
        _ => tracing::warn!("{path:?} {error}"),
    }
}

/// What a run did, for its last line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    pub(super) tally: Tally,
    seconds: f64,
    jobs: usize,
}

impl Summary {
    /// `done` and `failed` name what became of the files.
    pub(super) fn log(&self, output: &Path, done: &str, failed: &str) {
        let Tally {
            analysed,
            failed: failures,
            not_reached,
            folders_unread,
        } = self.tally;
        let unread = match folders_unread {
            0 => String::new(),
            count => format!("; {count} folders could not be read"),
        };
        let deadline = match not_reached {
            0 => String::new(),
            count => format!(" (of these {count} not reached before the deadline)"),
        };
        tracing::info!(
            "wrote {output:?}: {analysed} {done}, {failures} {failed}{deadline}{unread}; \
             {:.1} s, {:.1} files/s with {} jobs",
            self.seconds,
            (analysed + failures - not_reached) as f64 / self.seconds.max(1e-9),
            self.jobs,
        );
    }

    pub(super) fn outcome(&self, strict: bool) -> Outcome {
        if strict && self.tally.failed + self.tally.folders_unread > 0 {
            Outcome::Incomplete
        } else {
            Outcome::Success
        }
    }
}
