//! Writing genres into the tags of files, and taking that back.
//!
//! A [`Tagger`] reads a file, sets the genre in a copy of its bytes, and checks
//! that the copy has the same audio and the same other tags. Only then is the
//! file replaced, in one step, after a [`Backup`] has what is needed to get the
//! very bytes back ([`undo()`]).

mod audio;
mod backup;
mod choice;
mod delta;
mod edit;
mod error;
mod genre_map;
mod id3v2;
mod tagger;
mod tags;
mod undo;

pub use self::backup::{Backup, BackupError};
pub use self::choice::{Choice, GenreChoice, Values};
pub use self::edit::with_genres;
pub use self::error::TagError;
pub use self::genre_map::{GenreMap, GenreMapError};
pub use self::tagger::{MAX_FILE, TagOutcome, Tagger, TaggerError};
pub use self::undo::{Undone, undo};
