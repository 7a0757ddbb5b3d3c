//! The 16 genres of the challenge.

mod suggestion;
mod tag_names;

use std::cmp::Ordering;

use thiserror::Error;

pub(crate) use self::suggestion::suggest;
pub use self::tag_names::genres_of_tag;

/// Number of genres.
pub const GENRE_COUNT: usize = 16;

/// The genres in the order of the challenge's CSV columns (alphabetical).
///
/// These are the root genres of the Free Music Archive; their names are part
/// of the submission format and must not change.
pub const GENRES: [&str; GENRE_COUNT] = [
    "Blues",
    "Classical",
    "Country",
    "Easy Listening",
    "Electronic",
    "Experimental",
    "Folk",
    "Hip-Hop",
    "Instrumental",
    "International",
    "Jazz",
    "Old-Time / Historic",
    "Pop",
    "Rock",
    "Soul-RnB",
    "Spoken",
];

/// One probability per genre, in the order of [`GENRES`]; sums to 1.
pub type Probabilities = [f64; GENRE_COUNT];

/// Index into [`GENRES`] of a genre's exact name.
pub fn genre_index(name: &str) -> Option<usize> {
    GENRES.iter().position(|genre| *genre == name)
}

/// All genres with their probabilities, the most probable first; of equals the one
/// that comes first in [`GENRES`].
pub fn ranked(probabilities: &Probabilities) -> Vec<(&'static str, f64)> {
    let mut ranked: Vec<_> = GENRES.into_iter().zip(*probabilities).collect();
    ranked.sort_by(|(_, a), (_, b)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    ranked
}

/// Index into [`GENRES`] of the most probable genre; of equals the first.
pub fn most_probable(probabilities: &Probabilities) -> usize {
    let mut best = 0;
    for (genre, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = genre;
        }
    }
    best
}

/// A name that is none of [`GENRES`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no genre {name:?}{}", hint(*.suggestion))]
pub struct UnknownGenre {
    /// As it was given.
    pub name: String,
    /// The genre that it probably means.
    pub suggestion: Option<&'static str>,
}

/// Index into [`GENRES`] of the genre with this exact name.
///
/// # Errors
/// [`UnknownGenre`], with the genre that was probably meant.
pub fn genre_named(name: &str) -> Result<usize, UnknownGenre> {
    genre_index(name).ok_or_else(|| UnknownGenre {
        name: name.to_owned(),
        suggestion: suggest(name),
    })
}

fn hint(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(genre) => format!("; did you mean {genre:?}?"),
        None => format!("; the genres are {}", GENRES.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_come_with_what_was_meant() {
        assert_eq!(genre_named("Jazz"), Ok(10));
        let error = genre_named("hip hop").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"there is no genre "hip hop"; did you mean "Hip-Hop"?"#
        );
        let error = genre_named("Polka").unwrap_err().to_string();
        assert!(error.starts_with(r#"there is no genre "Polka"; the genres are Blues, "#));
    }

    #[test]
    fn order_is_alphabetical_and_names_resolve() {
        assert!(GENRES.is_sorted());
        for (index, name) in GENRES.iter().enumerate() {
            assert_eq!(genre_index(name), Some(index));
        }
        assert_eq!(genre_index("rock"), None);
    }
}
