//! Searching one folder, and what a search goes by.

use std::path::Path;

use super::endings::Endings;
use super::error::PayloadError;
use super::files::Payload;
use super::search::Search;
use crate::deadline::Deadline;

/// Which files a search lists. Files that the user names are taken in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiscoverOptions {
    /// What their names end in; the ending is no part of a `file_id`.
    pub endings: Endings,
    /// Whether folders in which people keep no music are left out: trash, snapshots
    /// and thumbnails of storage systems (`#recycle`, `$RECYCLE.BIN`, `.Trash-1000`,
    /// `@eaDir` and others). One that the user names is searched.
    pub leave_out_trash: bool,
}

impl DiscoverOptions {
    /// Every mp3, wherever it lies: what the challenge's grader counts.
    pub const EVERY_MP3: Self = Self {
        endings: Endings::Mp3,
        leave_out_trash: false,
    };

    /// Every mp3 of somebody's music.
    pub const MUSIC_MP3: Self = Self {
        endings: Endings::Mp3,
        leave_out_trash: true,
    };

    /// Every file of somebody's music that can be decoded.
    pub const MUSIC: Self = Self {
        endings: Endings::Audio,
        leave_out_trash: true,
    };
}

/// Lists the files below `root`, or `root` itself when it is a file.
///
/// Listed is anything but a folder whose name has one of the endings in any case,
/// except the `._*` companions that macOS leaves on foreign file systems. Links are
/// followed. A dangling link or an unreadable file is listed as well: it still gets
/// its row.
///
/// Files come in the order of the bytes of their path below `root`, and folders are
/// searched in this order. A folder that is reached a second time, by device and
/// inode, is not searched again: so the name under which it stays is the first in
/// this order. Two links to one file are two files, and so are two hard links.
///
/// When `deadline` passes, the search ends; what was found stays, with
/// [`PayloadWarning::CutShort`](super::PayloadWarning::CutShort).
///
/// # Errors
/// [`PayloadError`] when the root cannot be read or holds no such file.
pub fn discover(
    root: &Path,
    options: &DiscoverOptions,
    deadline: Deadline,
) -> Result<Payload, PayloadError> {
    let mut search = Search::new(*options, deadline);
    search.add_root(root)?;
    search.finish()
}
