//! What a row of output is made of.

use super::OutputError;

/// Takes the rows of one output as they come and keeps none of them.
///
/// Dropped before [`finish`](Self::finish), a sink leaves nothing behind, unless
/// it writes to standard output.
pub trait RowSink<Row: ?Sized>: Send {
    /// Writes one row.
    ///
    /// # Errors
    /// [`OutputError`]; the sink is then of no more use.
    fn write(&mut self, row: &Row) -> Result<(), OutputError>;

    /// Completes the output and lets it appear under its name.
    ///
    /// # Errors
    /// [`OutputError`]; a file that was to be replaced is then as it was.
    fn finish(self: Box<Self>) -> Result<(), OutputError>;
}

/// A sink for rows of numbers.
pub type NumberSink = dyn for<'r> RowSink<NumberRow<'r>>;

/// The numbers of one file or of one of its patches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberRow<'r> {
    /// The `file_id`: raw bytes, because file names need not be UTF-8.
    pub id: &'r [u8],
    /// Which patch of the file, from 0; 0 if rows are whole files.
    pub patch: u32,
    /// One number per column.
    pub numbers: Numbers<'r>,
}

/// The numbers of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Numbers<'r> {
    /// Probabilities: text formats give them 8 decimals, so that a row of 16
    /// sums to 1 within 8e-8.
    Probabilities(&'r [f64]),
    /// Features: text formats give as many digits as tell them apart.
    Features(&'r [f32]),
}

/// What the rows of an output have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberColumns {
    /// Whether rows are patches, which have a column of their own.
    pub patches: bool,
    /// The name of each number.
    pub names: Vec<String>,
    /// What the numbers are.
    pub kind: NumberKind,
}

/// What the numbers of an output are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    /// [`Numbers::Probabilities`], 64 bits wide in binary formats.
    Probabilities,
    /// [`Numbers::Features`], 32 bits wide in binary formats.
    Features,
}

impl NumberColumns {
    /// The challenge's: one probability per genre and file.
    pub fn genres() -> Self {
        Self {
            patches: false,
            names: crate::genre::GENRES.map(String::from).to_vec(),
            kind: NumberKind::Probabilities,
        }
    }
}

impl Numbers<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Probabilities(values) => values.len(),
            Self::Features(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
