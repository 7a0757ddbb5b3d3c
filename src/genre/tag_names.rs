//! Which of the 16 genres the genre in a file's own tag means.

use super::{GENRES, genre_index, suggest};

/// Genres that taggers write, as FMA's tree of genres has them below its 16 roots
/// (`genres.csv` of the FMA data set); in lower case.
const BELOW: [(&str, &str); 52] = [
    ("swing", "Jazz"),
    ("big band", "Jazz"),
    ("bebop", "Jazz"),
    ("opera", "Classical"),
    ("symphony", "Classical"),
    ("chamber music", "Classical"),
    ("baroque", "Classical"),
    ("bluegrass", "Country"),
    ("americana", "Country"),
    ("lounge", "Easy Listening"),
    ("house", "Electronic"),
    ("techno", "Electronic"),
    ("trance", "Electronic"),
    ("dance", "Electronic"),
    ("drum & bass", "Electronic"),
    ("drum and bass", "Electronic"),
    ("dubstep", "Electronic"),
    ("idm", "Electronic"),
    ("chiptune", "Electronic"),
    ("trip-hop", "Electronic"),
    ("downtempo", "Electronic"),
    ("noise", "Experimental"),
    ("drone", "Experimental"),
    ("avantgarde", "Experimental"),
    ("avant-garde", "Experimental"),
    ("singer-songwriter", "Folk"),
    ("folk-rock", "Folk"),
    ("soundtrack", "Instrumental"),
    ("new age", "Instrumental"),
    ("ambient", "Instrumental"),
    ("reggae", "International"),
    ("latin", "International"),
    ("african", "International"),
    ("flamenco", "International"),
    ("balkan", "International"),
    ("metal", "Rock"),
    ("heavy metal", "Rock"),
    ("death metal", "Rock"),
    ("black metal", "Rock"),
    ("punk", "Rock"),
    ("punk rock", "Rock"),
    ("hard rock", "Rock"),
    ("indie rock", "Rock"),
    ("classic rock", "Rock"),
    ("grunge", "Rock"),
    ("funk", "Soul-RnB"),
    ("disco", "Soul-RnB"),
    ("r&b", "Soul-RnB"),
    ("audiobook", "Spoken"),
    ("speech", "Spoken"),
    ("comedy", "Spoken"),
    ("podcast", "Spoken"),
];

/// The genres of the 16 that `tag` means, as indices into [`GENRES`]; none if it
/// means none that we know of. A tag may name several, with a semicolon, comma or
/// slash between them.
pub fn genres_of_tag(tag: &str) -> Vec<usize> {
    let whole = meaning(tag);
    let parts = || tag.split([';', ',', '/']).filter_map(meaning).collect();
    let mut genres: Vec<usize> = whole.map_or_else(parts, |genre| vec![genre]);
    genres.sort_unstable();
    genres.dedup();
    genres
}

fn meaning(name: &str) -> Option<usize> {
    let typed = name.trim().to_lowercase();
    let below = BELOW.iter().find(|(known, _)| *known == typed);
    let genre = below.map(|(_, genre)| *genre).or_else(|| suggest(name))?;
    debug_assert!(GENRES.contains(&genre));
    genre_index(genre)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tag: &str) -> Vec<&'static str> {
        genres_of_tag(tag).into_iter().map(|i| GENRES[i]).collect()
    }

    #[test]
    fn tags_mean_one_or_several_of_the_16() {
        assert_eq!(names("Jazz"), ["Jazz"]);
        assert_eq!(names("hip hop"), ["Hip-Hop"]);
        assert_eq!(names("Heavy Metal"), ["Rock"]);
        assert_eq!(names("Old-Time / Historic"), ["Old-Time / Historic"]);
        assert_eq!(names("Techno; Ambient"), ["Electronic", "Instrumental"]);
        assert_eq!(names("Rock/Pop"), ["Pop", "Rock"]);
        assert!(names("Kizomba").is_empty());
        assert!(names("").is_empty());
    }

    #[test]
    fn all_that_is_listed_lies_below_one_of_the_16() {
        for (name, genre) in BELOW {
            assert_eq!(names(name), [genre]);
        }
    }
}
