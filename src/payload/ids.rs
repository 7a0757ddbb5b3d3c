//! `file_id`s: the file name without its ending, made unique when it must be.

use std::collections::HashMap;

const ENDING: &[u8] = b".mp3";

/// `name` without a final `.mp3` in any case. A name that is nothing but the
/// ending stays as it is.
pub(super) fn without_ending(name: &[u8]) -> &[u8] {
    let Some(stem_len) = name.len().checked_sub(ENDING.len()) else {
        return name;
    };
    let (stem, ending) = name.split_at(stem_len);
    if !stem.is_empty() && !stem.ends_with(b"/") && ending.eq_ignore_ascii_case(ENDING) {
        stem
    } else {
        name
    }
}

/// The part of a relative path behind the last separator.
pub(super) fn file_name(relative: &[u8]) -> &[u8] {
    let separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    match relative.iter().rposition(separator) {
        Some(at) => &relative[at + 1..],
        None => relative,
    }
}

/// One id per relative path, all different when the paths are.
///
/// Every file starts with its file name without ending. Files that share an id
/// move on together to their relative path without ending, and, where even
/// these agree (`x.mp3` beside `x.MP3`), to their relative path as it is. A
/// move can meet the id of a third file, so this repeats until nothing moves.
pub(super) fn assign(relative: &[&[u8]]) -> Vec<Vec<u8>> {
    let candidates = |path: &[u8]| {
        [
            without_ending(file_name(path)).to_vec(),
            without_ending(path).to_vec(),
            path.to_vec(),
        ]
    };
    let mut level = vec![0_usize; relative.len()];
    loop {
        let ids: Vec<Vec<u8>> = relative
            .iter()
            .zip(&level)
            .map(|(path, &level)| candidates(path)[level].clone())
            .collect();
        let mut holders: HashMap<&[u8], usize> = HashMap::new();
        for id in &ids {
            *holders.entry(id).or_default() += 1;
        }
        let mut moved = false;
        for (id, level) in ids.iter().zip(&mut level) {
            if holders[id.as_slice()] > 1 && *level < 2 {
                *level += 1;
                moved = true;
            }
        }
        if !moved {
            return ids;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assigned(paths: &[&str]) -> Vec<String> {
        let bytes: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
        let ids = assign(&bytes);
        ids.into_iter()
            .map(|id| String::from_utf8(id).unwrap())
            .collect()
    }

    #[test]
    fn plain_names_lose_folder_and_ending() {
        assert_eq!(
            assigned(&["000002.mp3", "a/b/song.MP3"]),
            ["000002", "song"]
        );
    }

    #[test]
    fn same_name_in_two_folders_becomes_the_relative_path() {
        assert_eq!(
            assigned(&["a/x.mp3", "b/x.mp3", "y.mp3"]),
            ["a/x", "b/x", "y"]
        );
    }

    #[test]
    fn same_name_in_two_cases_keeps_the_ending() {
        assert_eq!(assigned(&["x.MP3", "x.mp3"]), ["x.MP3", "x.mp3"]);
    }

    #[test]
    fn an_escalated_id_never_meets_a_third_file() {
        assert_eq!(
            assigned(&["x.MP3", "x.mp3", "x.mp3.mp3"]),
            ["x.MP3", "x.mp3", "x.mp3.mp3"]
        );
    }

    proptest! {
        #[test]
        fn ids_are_unique(paths in proptest::collection::hash_set("[ab/]{0,2}[xX.]{1,2}(\\.mp3){1,2}", 1..12)) {
            let paths: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
            let mut ids = assign(&paths);
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), paths.len());
        }
    }
}
