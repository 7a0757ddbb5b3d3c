//! One run on many machines: each works on a [`Shard`](crate::payload::Shard) of the
//! files, and [`Shards`] puts their outputs together again.
//!
//! Beside the output of a shard lies a [`ShardNote`]: what the shard was of, which rows
//! of the whole it has, and what made them. Without notes nobody could tell whether
//! outputs belong together, and whether one is missing.

mod error;
mod made_by;
mod merge;
mod note;
mod rows;

pub use self::error::MergeError;
pub use self::made_by::MadeBy;
pub use self::merge::Shards;
pub use self::note::{ShardNote, note_path};
