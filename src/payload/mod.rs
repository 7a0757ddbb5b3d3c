//! Which files: finding the audio files of folders and lists, and naming their rows.
//!
//! [`discover()`] searches one folder, [`Search`] takes any number of files and folders;
//! [`read_list`] reads names from a list. A [`Payload`] is what was found.
//!
//! - `walk` goes through a folder in the order of its bytes; `folders` knows which
//!   folders were searched, `left_out` which ones nobody wants searched;
//! - `files` holds the paths, `shard` says which of them a machine works on; `ids` names the rows; `endings` says what is audio.

mod discover;
mod endings;
mod error;
mod files;
mod folders;
mod ids;
mod left_out;
mod list;
mod names;
mod search;
mod shard;
mod walk;

pub use discover::{DiscoverOptions, discover};
pub use endings::Endings;
pub use error::{PayloadError, PayloadWarning};
pub use files::{MAX_FILES, Payload, PayloadFile};
pub use list::{ListError, ListSeparator, MAX_LISTED_PATH, PathList, read_list};
pub use search::Search;
pub use shard::{MAX_SHARDS, Portion, Shard, ShardError};
