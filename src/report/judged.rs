//! How right the genres are, where labels say what is right.

use serde::Serialize;

use crate::genre::GENRES;
use crate::metrics::{Estimate, Evaluation};

/// An [`Evaluation`] as the page shows it.
#[derive(Debug, Serialize)]
pub struct Judged {
    clips: usize,
    left_out: usize,
    figures: Vec<Figure>,
    genres: Vec<Row>,
    confusion: Vec<ConfusionRow>,
    bins: Vec<Bin>,
    expected_error: String,
}

#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    value: String,
    interval: String,
}

#[derive(Debug, Serialize)]
struct Row {
    genre: &'static str,
    support: u64,
    predicted: u64,
    precision: String,
    recall: String,
    f1: String,
    log_loss: String,
}

#[derive(Debug, Serialize)]
struct ConfusionRow {
    genre: &'static str,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    count: u64,
    /// Share of the row, in whole percents.
    percent: u64,
}

/// A dot of the reliability plot, in a square of 100 units.
#[derive(Debug, Serialize)]
struct Bin {
    x: f64,
    y: f64,
    radius: f64,
    text: String,
}

impl Judged {
    /// Of an evaluation; `left_out` files had no label, or labels no file.
    pub fn new(evaluation: &Evaluation, left_out: usize) -> Self {
        let figure = |name, estimate: &Estimate| Figure {
            name,
            value: format!("{:.3}", estimate.value),
            interval: format!("{:.3} to {:.3}", estimate.low, estimate.high),
        };
        let genres = evaluation.genres.iter().filter(|genre| genre.support > 0);
        Self {
            clips: evaluation.clips,
            left_out,
            figures: vec![
                figure("Log loss", &evaluation.log_loss),
                figure("Accuracy", &evaluation.accuracy),
                figure("Macro F1", &evaluation.macro_f1),
            ],
            genres: genres
                .map(|genre| Row {
                    genre: genre.genre,
                    support: genre.support,
                    predicted: genre.predicted,
                    precision: shown(genre.precision),
                    recall: shown(genre.recall),
                    f1: shown(genre.f1),
                    log_loss: shown(genre.log_loss),
                })
                .collect(),
            confusion: confusion(evaluation),
            bins: bins(evaluation),
            expected_error: format!("{:.3}", evaluation.calibration.expected_error),
        }
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.2}"))
}

fn confusion(evaluation: &Evaluation) -> Vec<ConfusionRow> {
    let counts = evaluation.confusion.counts();
    let rows = GENRES.iter().zip(counts);
    let rows = rows.filter(|(_, row)| row.iter().any(|count| *count > 0));
    rows.map(|(genre, row)| {
        let sum: u64 = row.iter().sum();
        let cells = row.iter().map(|count| Cell {
            count: *count,
            percent: count * 100 / sum,
        });
        ConfusionRow {
            genre,
            cells: cells.collect(),
        }
    })
    .collect()
}

fn bins(evaluation: &Evaluation) -> Vec<Bin> {
    let bins = evaluation.calibration.bins.iter();
    bins.filter_map(|bin| {
        let (confidence, accuracy) = (bin.confidence?, bin.accuracy?);
        let share = bin.clips as f64 / evaluation.clips as f64;
        Some(Bin {
            x: confidence * 100.0,
            y: 100.0 - accuracy * 100.0,
            radius: 1.0 + 5.0 * share.sqrt(),
            text: format!(
                "{} files with a probability near {confidence:.2}: {accuracy:.2} are right",
                bin.clips
            ),
        })
    })
    .collect()
}
