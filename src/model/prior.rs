//! Class priors.

use std::io::Read;

use thiserror::Error;

use crate::genre::{GENRE_COUNT, GENRES, Probabilities, genre_index};

/// Tracks per genre in the training part of FMA-medium that have usable audio
/// (24,971 in all), as published with the data set and counted in the
/// challenge's starter kit; the secret test set was drawn alike.
pub const FMA_MEDIUM_COUNTS: [u32; GENRE_COUNT] = [
    74, 619, 178, 21, 6310, 2248, 1517, 2190, 1348, 1018, 384, 510, 1186, 7096, 154, 118,
];

/// How likely each genre is before anything was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior(Probabilities);

/// Weights that are no prior.
#[derive(Debug, Error)]
pub enum PriorError {
    /// Not one weight per genre.
    #[error("{0} weights, must be 16, one per genre")]
    Count(usize),
    /// Negative, infinite, NaN, or all zero.
    #[error("weights must be finite and not negative, with a sum above 0")]
    Weights,
    /// Not a CSV that can be read.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A row is not `genre,weight`.
    #[error("line {line}: {problem}")]
    Row {
        /// Line in the file, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A genre has no row.
    #[error("there is no row for {0:?}")]
    Missing(&'static str),
}

impl Prior {
    /// The class distribution of FMA-medium: what the challenge's test set
    /// looks like.
    pub fn fma() -> Self {
        Self::normalised(FMA_MEDIUM_COUNTS.map(f64::from))
    }

    /// All genres alike.
    pub fn uniform() -> Self {
        Self::normalised([1.0; GENRE_COUNT])
    }

    /// Normalises 16 weights in the order of [`GENRES`].
    ///
    /// # Errors
    /// [`PriorError::Count`] and [`PriorError::Weights`].
    pub fn from_weights(weights: &[f64]) -> Result<Self, PriorError> {
        let weights: Probabilities = weights
            .try_into()
            .map_err(|_| PriorError::Count(weights.len()))?;
        let sum: f64 = weights.iter().sum();
        let valid = weights.iter().all(|weight| *weight >= 0.0) && sum > 0.0 && sum.is_finite();
        valid
            .then(|| Self::normalised(weights))
            .ok_or(PriorError::Weights)
    }

    /// Reads `genre,weight` rows under a header, one per genre in any order.
    /// Weights may be counts or probabilities.
    ///
    /// # Errors
    /// [`PriorError`] for anything else.
    pub fn from_csv(reader: impl Read) -> Result<Self, PriorError> {
        let mut weights = [None; GENRE_COUNT];
        let mut rows = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(reader);
        for record in rows.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let problem = |problem: String| PriorError::Row { line, problem };
            let (Some(name), Some(weight), None) = (record.get(0), record.get(1), record.get(2))
            else {
                return Err(problem("must be genre,weight".into()));
            };
            let index = genre_index(name)
                .ok_or_else(|| problem(format!("{name:?} is none of the 16 genres")))?;
            let weight: f64 = weight
                .parse()
                .map_err(|_| problem(format!("{weight:?} is not a number")))?;
            if weights[index].replace(weight).is_some() {
                return Err(problem(format!("{name:?} occurs twice")));
            }
        }
        if let Some(index) = weights.iter().position(Option::is_none) {
            return Err(PriorError::Missing(GENRES[index]));
        }
        Self::from_weights(&weights.map(Option::unwrap_or_default))
    }

    fn normalised(weights: Probabilities) -> Self {
        let sum: f64 = weights.iter().sum();
        Self(weights.map(|weight| weight / sum))
    }

    /// The probabilities; they sum to 1 and may be 0.
    pub fn probabilities(&self) -> &Probabilities {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fma_counts_are_those_of_the_data_set() {
        assert_eq!(FMA_MEDIUM_COUNTS.iter().sum::<u32>(), 24_971);
        let rock = Prior::fma().probabilities()[genre_index("Rock").unwrap()];
        assert!((rock - 7096.0 / 24_971.0).abs() < 1e-15);
    }

    #[test]
    fn the_entropy_of_the_fma_prior_is_the_published_log_loss_level() {
        let prior = Prior::fma();
        let entropy: f64 = prior.probabilities().iter().map(|p| -p * p.ln()).sum();
        assert!((entropy - 2.089).abs() < 5e-4, "{entropy}");
    }

    #[test]
    fn csv_rows_come_in_any_order() {
        let rows: Vec<String> = GENRES
            .iter()
            .enumerate()
            .rev()
            .map(|(i, genre)| format!("{genre},{i}\n"))
            .collect();
        let prior = Prior::from_csv(format!("genre,weight\n{}", rows.concat()).as_bytes()).unwrap();
        assert!((prior.probabilities()[15] - 15.0 / 120.0).abs() < 1e-15);
        assert_eq!(prior.probabilities()[0], 0.0);
    }

    #[test]
    fn csv_errors_name_line_and_cause() {
        let message = |csv: &str| Prior::from_csv(csv.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            message("genre,weight\nRock,1\nPolka,2\n"),
            "line 3: \"Polka\" is none of the 16 genres"
        );
        assert_eq!(
            message("genre,weight\nRock,x\n"),
            "line 2: \"x\" is not a number"
        );
        assert_eq!(
            message("genre,weight\nRock,1\nRock,1\n"),
            "line 3: \"Rock\" occurs twice"
        );
        assert_eq!(
            message("genre,weight\nRock,1\n"),
            "there is no row for \"Blues\""
        );
        assert!(Prior::from_weights(&[f64::NAN; 16]).is_err());
        assert!(Prior::from_weights(&[0.0; 16]).is_err());
    }
}
