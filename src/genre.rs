//! The 16 genres of the challenge.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_alphabetical_and_names_resolve() {
        assert!(GENRES.is_sorted());
        for (index, name) in GENRES.iter().enumerate() {
            assert_eq!(genre_index(name), Some(index));
        }
        assert_eq!(genre_index("rock"), None);
    }
}
