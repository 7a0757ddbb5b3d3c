//! Which genres a file gets.

use super::genre_map::GenreMap;
use crate::genre::Probabilities;

/// How several genres are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Each as a value of its own, as the tag formats provide for.
    Several,
    /// As one text, with this between them.
    Joined(String),
}

/// The rule by which a file's genres are chosen.
#[derive(Debug, Clone)]
pub struct GenreChoice {
    /// Genres that are less probable are not written; from 0 to 1.
    pub min_probability: f64,
    /// At most so many.
    pub top: usize,
    /// How several are written.
    pub values: Values,
    /// What the genres are called in the file.
    pub map: GenreMap,
}

/// What a file gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The values to be written, the most probable first; none if no genre is
    /// probable enough.
    pub values: Vec<String>,
    /// The most probable genre, whether it is written or not.
    pub best: &'static str,
    /// Its probability.
    pub probability: f64,
}

impl GenreChoice {
    /// The genres of a file with these probabilities. Two that have one name in the
    /// map are written once.
    pub fn choose(&self, probabilities: &Probabilities) -> Choice {
        let ranked = crate::genre::ranked(probabilities);
        let (best, probability) = ranked[0];
        let mut values: Vec<String> = Vec::new();
        for (genre, probability) in ranked.into_iter().take(self.top) {
            let name = self.map.name(genre);
            let is_wanted = probability >= self.min_probability && !name.is_empty();
            if is_wanted && !values.iter().any(|value| value == name) {
                values.push(name.to_owned());
            }
        }
        if let Values::Joined(separator) = &self.values
            && values.len() > 1
        {
            values = vec![values.join(separator)];
        }
        Choice {
            values,
            best,
            probability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::{GENRE_COUNT, genre_index};

    fn probabilities(some: &[(&str, f64)]) -> Probabilities {
        let mut all = [0.0; GENRE_COUNT];
        for (genre, probability) in some {
            all[genre_index(genre).unwrap()] = *probability;
        }
        all
    }

    fn rule(top: usize, min_probability: f64) -> GenreChoice {
        GenreChoice {
            min_probability,
            top,
            values: Values::Several,
            map: GenreMap::default(),
        }
    }

    #[test]
    fn the_most_probable_come_first_and_the_improbable_not_at_all() {
        let heard = probabilities(&[("Rock", 0.3), ("Blues", 0.6), ("Jazz", 0.1)]);
        assert_eq!(rule(1, 0.5).choose(&heard).values, ["Blues"]);
        assert_eq!(rule(3, 0.2).choose(&heard).values, ["Blues", "Rock"]);
        let none = rule(3, 0.7).choose(&heard);
        assert!(none.values.is_empty());
        assert_eq!((none.best, none.probability), ("Blues", 0.6));
    }

    #[test]
    fn a_map_renames_merges_and_leaves_out() {
        let heard = probabilities(&[("Folk", 0.4), ("Country", 0.35), ("Spoken", 0.25)]);
        let map = "genre,name\nFolk,Americana\nCountry,Americana\nSpoken,\n";
        let mut rule = rule(3, 0.0);
        rule.map = GenreMap::from_csv(map.as_bytes()).unwrap();
        assert_eq!(rule.choose(&heard).values, ["Americana"]);
    }

    #[test]
    fn several_are_one_text_where_a_separator_is_given() {
        let heard = probabilities(&[("Rock", 0.4), ("Blues", 0.6)]);
        let mut rule = rule(2, 0.1);
        rule.values = Values::Joined("; ".into());
        assert_eq!(rule.choose(&heard).values, ["Blues; Rock"]);
    }
}
