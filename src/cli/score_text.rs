//! An evaluation as text with aligned columns.

use std::fmt::{self, Write};

use fma_genre::genre::{GENRE_COUNT, GENRES};
use fma_genre::metrics::{Estimate, Evaluation, GenreReport};

/// Width of the column of genre names: the longest is `Old-Time / Historic`.
const NAME: usize = 19;

/// The figures, the `notes` below them, a table of genres, the confusion matrix.
pub(super) fn render(evaluation: &Evaluation, notes: &[String]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, evaluation, notes);
    text
}

fn write_all(text: &mut String, evaluation: &Evaluation, notes: &[String]) -> fmt::Result {
    write_figures(text, evaluation)?;
    for note in notes {
        writeln!(text, "{note}")?;
    }
    writeln!(text)?;
    write_genres(text, &evaluation.genres)?;
    writeln!(text)?;
    write_confusion(text, evaluation.confusion.counts())
}

fn write_figures(text: &mut String, evaluation: &Evaluation) -> fmt::Result {
    let mut line = |name: &str, estimate: &Estimate| {
        let Estimate { value, low, high } = estimate;
        writeln!(text, "{name:NAME$} {value:7.4}   [{low:.4}, {high:.4}]")
    };
    line("log loss", &evaluation.log_loss)?;
    line("accuracy", &evaluation.accuracy)?;
    line("macro F1", &evaluation.macro_f1)?;
    let mut line = |name: &str, value: f64| writeln!(text, "{name:NAME$} {value:7.4}");
    line("balanced log loss", evaluation.balanced_log_loss)?;
    line("balanced accuracy", evaluation.balanced_accuracy)?;
    line("calibration error", evaluation.calibration.expected_error)?;
    let clips = evaluation.clips;
    let noun = if clips == 1 { "clip" } else { "clips" };
    writeln!(
        text,
        "{clips} {noun}; in brackets 95 % intervals (percentile bootstrap)"
    )
}

fn write_genres(text: &mut String, genres: &[GenreReport]) -> fmt::Result {
    writeln!(
        text,
        "{:NAME$} {:>7} {:>9} {:>9} {:>7} {:>7} {:>8} {:>9} {:>7}",
        "genre",
        "support",
        "predicted",
        "precision",
        "recall",
        "F1",
        "log loss",
        "frequency",
        "mean p"
    )?;
    for genre in genres {
        writeln!(
            text,
            "{:NAME$} {:>7} {:>9} {:>9} {:>7} {:>7} {:>8} {:>9.4} {:>7.4}",
            genre.genre,
            genre.support,
            genre.predicted,
            optional(genre.precision),
            optional(genre.recall),
            optional(genre.f1),
            optional(genre.log_loss),
            genre.frequency,
            genre.mean_probability,
        )?;
    }
    Ok(())
}

/// A number, or a dash where there is none.
fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.4}"))
}

fn write_confusion(text: &mut String, counts: &[[u64; GENRE_COUNT]; GENRE_COUNT]) -> fmt::Result {
    let largest = counts.as_flattened().iter().max().unwrap_or(&0);
    let width = largest.to_string().len().max(ABBREVIATION);
    write!(text, "{:NAME$}", "true \\ predicted")?;
    for genre in GENRES {
        write!(text, " {:>width$}", abbreviated(genre))?;
    }
    writeln!(text)?;
    for (genre, row) in GENRES.iter().zip(counts) {
        write!(text, "{genre:NAME$}")?;
        for count in row {
            match count {
                0 => write!(text, " {:>width$}", ".")?,
                count => write!(text, " {count:>width$}")?,
            }
        }
        writeln!(text)?;
    }
    Ok(())
}

/// Letters of an abbreviated genre: as few as tell all of them apart, and
/// enough to read them.
const ABBREVIATION: usize = 5;

/// The first letters of a genre's name.
fn abbreviated(genre: &str) -> String {
    let letters = genre.chars().filter(char::is_ascii_alphabetic);
    letters.take(ABBREVIATION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_fit_and_abbreviations_differ() {
        assert!(GENRES.iter().all(|genre| genre.len() <= NAME));
        let short: HashSet<String> = GENRES.iter().map(|genre| abbreviated(genre)).collect();
        assert_eq!(short.len(), GENRE_COUNT);
        assert!(short.contains("Instr") && short.contains("Inter") && short.contains("OldTi"));
    }
}
