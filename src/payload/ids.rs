//! `file_id`s: the file name without its ending, made unique when it must be.
//!
//! Every id is a part of the file's path, so that a number, its [`Level`], says it.

use std::collections::HashMap;

use super::endings::{Endings, is_separator};

/// Which part of its path a file is called by, from the shortest:
///
/// 0. the file name without ending,
/// 1. the path below the root without ending,
/// 2. the path below the root,
/// 3. the whole path without ending,
/// 4. the whole path.
pub(super) type Level = u8;

/// No file of one root needs a higher level than 2, none at all than 4: there the
/// parts are as different as the files.
pub(super) fn highest_level(roots: usize) -> Level {
    if roots == 1 { 2 } else { 4 }
}

/// The id at `level` of the file at `path`, whose root ends before byte `below`.
pub(super) fn candidate(path: &[u8], below: u32, level: Level, endings: Endings) -> &[u8] {
    let relative = &path[below as usize..];
    match level {
        0 => endings.strip(file_name(relative)),
        1 => endings.strip(relative),
        2 => relative,
        3 => endings.strip(path),
        _ => path,
    }
}

/// The part of a path behind the last separator.
pub(super) fn file_name(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| is_separator(*byte)) {
        Some(at) => &path[at + 1..],
        None => path,
    }
}

/// The level of each of `count` files, so that all ids are different. `paths` gives
/// the path of a file and the length of its root.
///
/// Every file starts at level 0. Files that share an id move on together, those at
/// `highest` excepted. A move can meet the id of a third file, so this repeats until
/// nothing moves; only the ids that were met are looked at again.
pub(super) fn assign<'p>(
    count: usize,
    paths: impl Fn(usize) -> (&'p [u8], u32),
    endings: Endings,
    highest: Level,
) -> Vec<Level> {
    let mut levels: Vec<Level> = vec![0; count];
    let id = |file: u32, level: Level| {
        let (path, below) = paths(file as usize);
        candidate(path, below, level, endings)
    };
    let mut holders = Holders::new(count);
    let mut shared: Vec<&[u8]> = (0..u32::try_from(count).expect("fewer files than 2^32"))
        .filter_map(|file| holders.add(id(file, 0), file))
        .collect();
    let mut arriving = Vec::new();
    let mut has_moved = true;
    while has_moved {
        has_moved = false;
        // All leave before any arrives.
        for name in shared.drain(..) {
            for file in holders.remove(name) {
                let level = &mut levels[file as usize];
                if *level < highest {
                    *level += 1;
                    has_moved = true;
                }
                arriving.push(file);
            }
        }
        for file in arriving.drain(..) {
            shared.extend(holders.add(id(file, levels[file as usize]), file));
        }
    }
    levels
}

/// Which files have an id: for each id the last one, for each file the one before it.
struct Holders<'p> {
    last: HashMap<&'p [u8], u32>,
    before: Vec<u32>,
}

/// In the place of a file: there is none.
const NONE: u32 = u32::MAX;

impl<'p> Holders<'p> {
    fn new(files: usize) -> Self {
        Self {
            last: HashMap::with_capacity(files),
            before: vec![NONE; files],
        }
    }

    /// Notes that `file` has this id; the id, if it is now shared by two.
    fn add(&mut self, id: &'p [u8], file: u32) -> Option<&'p [u8]> {
        let other = self.last.insert(id, file).unwrap_or(NONE);
        self.before[file as usize] = other;
        let first_to_share = other != NONE && self.before[other as usize] == NONE;
        first_to_share.then_some(id)
    }

    /// Takes the id from all that have it.
    fn remove(&mut self, id: &[u8]) -> Vec<u32> {
        let mut files = Vec::new();
        let mut file = self.last.remove(id).unwrap_or(NONE);
        while file != NONE {
            files.push(file);
            file = std::mem::replace(&mut self.before[file as usize], NONE);
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels(paths: &[&str], below: u32, endings: Endings) -> Vec<Level> {
        let highest = highest_level(if below == 0 { 1 } else { 2 });
        let path = |index: usize| (paths[index].as_bytes(), below);
        assign(paths.len(), path, endings, highest)
    }

    fn assigned(paths: &[&str], below: u32, endings: Endings) -> Vec<String> {
        let levels = levels(paths, below, endings);
        let id = |(path, level): (&&str, Level)| {
            let id = candidate(path.as_bytes(), below, level, endings);
            String::from_utf8(id.to_vec()).unwrap()
        };
        paths.iter().zip(levels).map(id).collect()
    }

    fn of_mp3s(paths: &[&str]) -> Vec<String> {
        assigned(paths, 0, Endings::Mp3)
    }

    /// The rule in the plainest words: all ids anew in every round.
    fn by_rounds(paths: &[&str], highest: Level, endings: Endings) -> Vec<Level> {
        let mut levels = vec![0; paths.len()];
        loop {
            let ids: Vec<&[u8]> = paths
                .iter()
                .zip(&levels)
                .map(|(path, level)| candidate(path.as_bytes(), 0, *level, endings))
                .collect();
            let count = |id| ids.iter().filter(|other| **other == id).count();
            let shared: Vec<bool> = ids.iter().map(|id| count(*id) > 1).collect();
            let moves = |(level, shared): (&Level, &bool)| *shared && *level < highest;
            if !levels.iter().zip(&shared).any(moves) {
                return levels;
            }
            for (level, shared) in levels.iter_mut().zip(shared) {
                *level += Level::from(shared && *level < highest);
            }
        }
    }

    #[test]
    fn plain_names_lose_folder_and_ending() {
        assert_eq!(of_mp3s(&["000002.mp3", "a/b/song.MP3"]), ["000002", "song"]);
    }

    #[test]
    fn same_name_in_two_folders_becomes_the_relative_path() {
        let paths = ["a/x.mp3", "b/x.mp3", "y.mp3"];
        assert_eq!(of_mp3s(&paths), ["a/x", "b/x", "y"]);
    }

    #[test]
    fn same_name_in_two_cases_keeps_the_ending() {
        assert_eq!(of_mp3s(&["x.MP3", "x.mp3"]), ["x.MP3", "x.mp3"]);
    }

    #[test]
    fn an_escalated_id_never_meets_a_third_file() {
        let paths = ["x.MP3", "x.mp3", "x.mp3.mp3"];
        assert_eq!(of_mp3s(&paths), ["x.MP3", "x.mp3", "x.mp3.mp3"]);
    }

    #[test]
    fn same_name_with_two_endings_keeps_them() {
        let paths = ["x.flac", "x.mp3", "y.ogg"];
        assert_eq!(
            assigned(&paths, 0, Endings::Audio),
            ["x.flac", "x.mp3", "y"]
        );
    }

    #[test]
    fn same_path_below_two_roots_becomes_the_whole_path() {
        let paths = ["A/x.mp3", "B/x.mp3", "B/y.mp3"];
        assert_eq!(assigned(&paths, 2, Endings::Audio), ["A/x", "B/x", "y"]);
        let paths = ["A/x.flac", "A/x.mp3", "B/x.mp3"];
        assert_eq!(
            assigned(&paths, 2, Endings::Audio),
            ["x.flac", "A/x", "B/x"]
        );
    }

    proptest! {
        #[test]
        fn ids_are_unique_and_those_of_the_plain_rule(
            paths in proptest::collection::hash_set("[ab/]{0,2}[xX.]{1,2}(\\.mp3){1,2}", 1..12),
        ) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let mut ids = of_mp3s(&paths);
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), paths.len());
            prop_assert_eq!(levels(&paths, 0, Endings::Mp3), by_rounds(&paths, 2, Endings::Mp3));
        }
    }
}
