//! Results that were written earlier, read again: the `.jsonl` files of
//! `classify`, whose schema is `docs/record.schema.json`.
//!
//! A [`ResultsReader`] gives one [`FileResult`] after the other and keeps none.
//! The last line of a run that was cut off is told apart from damage
//! ([`ResultsError::CutOff`]): what stands before it is whole.

mod error;
mod file_result;
mod line;
mod reader;

pub use self::error::ResultsError;
pub use self::file_result::{FileResult, Heard, ModelUsed};
pub use self::reader::{MAX_LINE, ResultsReader};
