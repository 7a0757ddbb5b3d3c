//! `fma-genre score`.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use fma_genre::genre::GENRES;
use fma_genre::metrics::{Bootstrap, CONFIDENCE, Evaluation};
use fma_genre::submission::{
    self, Coverage, Defect, Labels, LeftOut, Predictions, SUM_TOLERANCE, SubmissionError, Sums,
};
use serde::Serialize;

use super::args::ScoreArgs;
use super::{RunEnd, input, score_text, stdout};

/// Grows when a key of the JSON output changes its name or meaning; new keys
/// may come at any time.
const FORMAT_VERSION: u32 = 1;

/// What is printed, as text or as this very structure in JSON.
#[derive(Debug, Serialize)]
struct Report {
    format_version: u32,
    program_version: &'static str,
    predictions: String,
    labels: String,
    /// Rows that did not sum to 1 within the tolerance and were accepted.
    renormalised_rows: usize,
    /// Ids that only one file has; 0 without `--partial`.
    left_out: LeftOut,
    /// Rows of FMA's `tracks.csv` that were left out because they have none.
    labels_without_genre: usize,
    confidence: f64,
    bootstrap: Bootstrap,
    genre_order: [&'static str; GENRES.len()],
    #[serde(flatten)]
    evaluation: Evaluation,
}

pub(super) fn run(args: &ScoreArgs) -> Result<RunEnd> {
    if input::is_stdin(&args.predictions) && input::is_stdin(&args.labels) {
        bail!("only one of the predictions and the labels can come from standard input");
    }
    let sums = if args.renormalise {
        Sums::Accept
    } else {
        Sums::Check
    };
    let (origin, reader) = input::open(&args.predictions)?;
    let predictions = Predictions::read(&origin, reader, sums).map_err(with_way_out)?;
    let (origin, reader) = input::open(&args.labels)?;
    let labels = Labels::read(&origin, reader)?;
    let coverage = if args.partial {
        Coverage::Partial
    } else {
        Coverage::Complete
    };
    let pairs = submission::pair(&predictions, &labels, coverage).map_err(with_way_out)?;
    if let Some(hint) = pairs.hint {
        tracing::warn!("some ids were left out that may be meant to be equal: {hint}");
    }
    let renormalised_rows = predictions.unnormalised();
    if renormalised_rows > 0 {
        tracing::warn!(
            "{}: {renormalised_rows} rows do not sum to 1 within {SUM_TOLERANCE} and were \
             renormalised",
            predictions.origin
        );
    }

    let bootstrap = Bootstrap {
        seed: args.seed,
        ..Bootstrap::default()
    };
    let report = Report {
        format_version: FORMAT_VERSION,
        program_version: env!("CARGO_PKG_VERSION"),
        predictions: shown(&args.predictions),
        labels: shown(&args.labels),
        renormalised_rows,
        left_out: pairs.left_out,
        labels_without_genre: labels.without_genre,
        confidence: CONFIDENCE,
        bootstrap,
        genre_order: GENRES,
        evaluation: Evaluation::new(&pairs.samples, bootstrap),
    };
    let mut text = if args.json {
        serde_json::to_string_pretty(&report)?
    } else {
        let notes = notes(args, &report);
        score_text::render(&report.evaluation, &notes)
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    stdout::print(&text)?;
    Ok(RunEnd::Success)
}

/// What was left out, a sentence each.
fn notes(args: &ScoreArgs, report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if args.partial {
        let LeftOut {
            predictions,
            labels,
        } = report.left_out;
        notes.push(format!(
            "left out: {predictions} predicted, but not labelled; {labels} labelled, but not \
             predicted"
        ));
    }
    match report.labels_without_genre {
        0 => {}
        1 => notes.push("left out: 1 row of the labels without a genre".into()),
        count => notes.push(format!(
            "left out: {count} rows of the labels without a genre"
        )),
    }
    notes
}

/// Tells of the flags that accept rows with other sums than 1, or ids without
/// counterpart.
fn with_way_out(error: SubmissionError) -> anyhow::Error {
    let SubmissionError::Invalid(problems) = &error else {
        return error.into();
    };
    let any = |is_meant: fn(&Defect) -> bool| problems.first().iter().any(|p| is_meant(&p.defect));
    if any(|defect| matches!(defect, Defect::Sum(_))) {
        anyhow!("{error}\n  hint: --renormalise divides such rows by their sum")
    } else if any(|defect| matches!(defect, Defect::Missing(_) | Defect::Extra(_)))
        && problems.hint().is_none()
    {
        anyhow!("{error}\n  hint: --partial scores the ids that both files have")
    } else {
        error.into()
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
