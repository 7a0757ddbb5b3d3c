//! `fma-genre score`.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use fma_genre::genre::GENRES;
use fma_genre::metrics::{Bootstrap, CONFIDENCE, Evaluation};
use fma_genre::submission::{
    self, Defect, Labels, Predictions, SUM_TOLERANCE, SubmissionError, Sums,
};
use serde::Serialize;

use super::args::ScoreArgs;
use super::{Outcome, input, score_text};

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
    confidence: f64,
    bootstrap: Bootstrap,
    genre_order: [&'static str; GENRES.len()],
    #[serde(flatten)]
    evaluation: Evaluation,
}

pub(super) fn run(args: &ScoreArgs) -> Result<Outcome> {
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
    let samples = submission::pair(&predictions, &labels)?;
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
        confidence: CONFIDENCE,
        bootstrap,
        genre_order: GENRES,
        evaluation: Evaluation::new(&samples, bootstrap),
    };
    let mut text = if args.json {
        serde_json::to_string_pretty(&report)?
    } else {
        score_text::render(&report.evaluation)
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Success)
}

/// Tells of the flag that accepts rows with other sums than 1.
fn with_way_out(error: SubmissionError) -> anyhow::Error {
    match &error {
        SubmissionError::Invalid(problems)
            if problems
                .list()
                .iter()
                .any(|problem| matches!(problem.defect, Defect::Sum(_))) =>
        {
            anyhow!("{error}\n  hint: --renormalise divides such rows by their sum")
        }
        _ => error.into(),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
