//! Folders in which people keep no music, though there are music files in them: the
//! trash, snapshots and thumbnails of storage systems and desktops.

/// Names as they are written, compared in any case of letters.
const NAMES: [&str; 13] = [
    "#recycle",           // Synology, trash
    "@Recycle",           // QNAP, trash
    "$RECYCLE.BIN",       // Windows, trash
    ".Trash",             // macOS and freedesktop.org, trash
    ".Trashes",           // macOS, trash of other volumes
    "#snapshot",          // Synology
    "@Recently-Snapshot", // QNAP
    ".snapshot",          // NetApp
    ".snapshots",         // snapper
    ".zfs",               // ZFS, snapshots
    ".stversions",        // Syncthing, old versions
    "@eaDir",             // Synology, thumbnails and indexes
    ".AppleDouble",       // netatalk, companions of files
];

/// `.Trash-1000`: the trash of the user 1000 on a volume (freedesktop.org's trash
/// specification).
const TRASH_OF_A_USER: &[u8] = b".trash-";

/// Whether a folder of this name is left out.
pub(super) fn is_left_out(name: &[u8]) -> bool {
    let starts_with = |prefix: &[u8]| {
        let start = name.split_at_checked(prefix.len());
        start.is_some_and(|(start, _)| start.eq_ignore_ascii_case(prefix))
    };
    starts_with(TRASH_OF_A_USER)
        || NAMES
            .iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trash_and_snapshots_are_known_and_music_is_not_taken_for_them() {
        for name in NAMES {
            assert!(is_left_out(name.as_bytes()), "{name}");
        }
        for name in ["$Recycle.Bin", ".Trash-1000", "@EADIR"] {
            assert!(is_left_out(name.as_bytes()), "{name}");
        }
        for name in [
            "Trash", "recycle", "snapshot", "eaDir", ".hidden", "#1 hits", "",
        ] {
            assert!(!is_left_out(name.as_bytes()), "{name}");
        }
    }
}
