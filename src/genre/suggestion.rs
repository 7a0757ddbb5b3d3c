//! Which of the 16 genres a name probably means.

use strsim::osa_distance;

use super::GENRES;

/// Names that other collections use, as [`letters`] leaves them.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("electronica", "Electronic"),
    ("easy", "Easy Listening"),
    ("rap", "Hip-Hop"),
    ("world", "International"),
    ("oldtime", "Old-Time / Historic"),
    ("historic", "Old-Time / Historic"),
    ("rnb", "Soul-RnB"),
    ("randb", "Soul-RnB"),
    ("rb", "Soul-RnB"),
    ("soul", "Soul-RnB"),
    ("rhythmandblues", "Soul-RnB"),
    ("spokenword", "Spoken"),
];

/// The genre whose name has the same letters in other case or with other signs
/// between them, that goes by this name elsewhere, or whose name differs by a
/// slip: one letter for names of four and more, two for names of eight and
/// more.
pub(crate) fn suggest(name: &str) -> Option<&'static str> {
    let typed = letters(name);
    let same = GENRES.iter().find(|genre| letters(genre) == typed);
    let elsewhere = || OTHER_NAMES.iter().find(|(other, _)| *other == typed);
    let slip = || {
        GENRES.iter().find(|genre| {
            let wanted = letters(genre);
            let allowed = match wanted.len() {
                0..4 => 0,
                4..8 => 1,
                _ => 2,
            };
            // Texts of other lengths need not be compared letter by letter.
            typed.len().abs_diff(wanted.len()) <= allowed
                && osa_distance(&typed, &wanted) <= allowed
        })
    };
    same.copied()
        .or_else(|| elsewhere().map(|(_, genre)| *genre))
        .or_else(|| slip().copied())
}

/// Its letters in lower case.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphabetic);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_nearly_right_are_recognised() {
        for (name, genre) in [
            ("rock", "Rock"),
            (" Rock ", "Rock"),
            ("Hip Hop", "Hip-Hop"),
            ("hiphop", "Hip-Hop"),
            ("R&B", "Soul-RnB"),
            ("RnB", "Soul-RnB"),
            ("Soul / RnB", "Soul-RnB"),
            ("Old-Time/Historic", "Old-Time / Historic"),
            ("Spoken Word", "Spoken"),
            ("Clasical", "Classical"),
            ("Electornic", "Electronic"),
            ("Jaz", "Jazz"),
        ] {
            assert_eq!(suggest(name), Some(genre), "{name:?}");
        }
        for name in ["Metal", "Funk", "Hop", "", "-", "Ü"] {
            assert_eq!(suggest(name), None, "{name:?}");
        }
    }

    #[test]
    fn every_other_name_means_one_of_the_genres() {
        for (name, genre) in OTHER_NAMES {
            assert!(GENRES.contains(&genre), "{genre}");
            assert_eq!(name, letters(name));
            assert_eq!(suggest(name), Some(genre));
        }
    }
}
