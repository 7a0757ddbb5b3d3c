//! The one shape of results: a row of numbers per file or patch.

use std::fmt;

use ndarray::Array2;

/// Rows of numbers with names.
#[derive(Debug, Clone)]
pub struct Table {
    /// The `file_id` of each row; raw bytes, because file names are.
    pub ids: Vec<Vec<u8>>,
    /// Which patch of the file, from 0, if the rows are patches.
    pub patches: Option<Vec<u32>>,
    /// The name of each value column.
    pub columns: Vec<String>,
    /// Rows x columns.
    pub values: Values,
}

/// The numbers of a table.
#[derive(Debug, Clone)]
pub enum Values {
    /// Probabilities: text formats give them 8 decimals, so that a row of 16
    /// sums to 1 within 8e-8.
    Probabilities(Array2<f64>),
    /// Features: text formats give as many digits as tell them apart.
    Features(Array2<f32>),
}

impl Values {
    /// The number in `row` and `column` as text formats write it.
    pub(super) fn cell(&self, row: usize, column: usize) -> Cell {
        match self {
            Self::Probabilities(values) => Cell::Probability(values[[row, column]]),
            Self::Features(values) => Cell::Feature(values[[row, column]]),
        }
    }
}

/// One number; `Display` gives its text.
pub(super) enum Cell {
    Probability(f64),
    Feature(f32),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probability(value) => write!(f, "{value:.8}"),
            Self::Feature(value) => write!(f, "{value}"),
        }
    }
}
