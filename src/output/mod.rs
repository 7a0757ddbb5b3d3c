//! Writing results: rows as they come, in several formats, whole files or none.
//!
//! A [`NumberOutput`] (rows of numbers) or a [`RecordOutput`] (what is known of
//! files) checks a place before the work starts; opened, it gives a [`RowSink`]
//! that takes row after row and keeps none of them. Only when the sink is
//! finished does the output appear under its name.

mod content;
mod csv;
mod destination;
mod error;
mod formats;
mod identity;
mod in_place;
mod jsonl;
mod links;
mod npy;
mod opened;
mod parquet_file;
mod parquet_numbers;
mod parquet_records;
mod record_csv;
mod replace;
mod row;
mod run_info;
#[cfg(test)]
pub(crate) mod samples;
mod table;
mod table_line;
mod table_text;
mod temporary;

pub use self::content::Content;
pub(crate) use self::destination::is_protected;
pub use self::destination::{Destination, OutputRules};
pub use self::error::OutputError;
pub use self::formats::{NumberFormat, NumberOutput, RecordFormat, RecordOutput, require_csv};
pub use self::jsonl::JSONL_SCHEMA_VERSION;
pub use self::opened::Output;
pub(crate) use self::replace::{StraySweeper, replace_file};
pub use self::row::{NumberColumns, NumberKind, NumberRow, NumberSink, Numbers, RowSink};
pub use self::run_info::RunInfo;
pub use self::table::TableStyle;
pub(crate) use self::table_text::harmless;
pub use self::temporary::UnfinishedFiles;
