//! The collection as JSON, for the page's script. Short names and whole numbers: a page
//! of 1,000 files stays below a megabyte.

use std::fmt::Write;

use serde::Serialize;

use super::map::Map;
use super::track::{self, Track};
use crate::genre::{GENRES, Probabilities, most_probable};
use crate::pipeline::{Segment, Status};

/// All that the script needs.
#[derive(Serialize)]
pub(super) struct Data<'t> {
    genres: [&'static str; GENRES.len()],
    files: Vec<File<'t>>,
}

#[derive(Serialize)]
struct File<'t> {
    /// Path.
    p: String,
    /// Status: 0 ok, 1 warning, 2 unusable.
    s: u8,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<u64>,
    /// Remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<&'t str>,
    /// The file's own genre.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<&'t str>,
    /// 1 if that disagrees with what is heard.
    #[serde(skip_serializing_if = "is_zero")]
    x: u8,
    /// Probabilities in thousandths.
    q: Vec<u16>,
    /// Timeline: seconds per segment, and two characters for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    l: Option<(f64, String)>,
    /// Place on the map, 0 to 999 in both directions.
    #[serde(skip_serializing_if = "Option::is_none")]
    m: Option<(u16, u16)>,
    /// The files that sound most alike, as indices, the nearest first.
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    n: &'t [usize],
}

impl<'t> Data<'t> {
    pub(super) fn new(tracks: &'t [Track], map: Option<&'t Map>) -> Self {
        let files = tracks.iter().enumerate().map(|(index, track)| File {
            p: track::shown(&track.path),
            s: match track.status {
                Status::Ok => 0,
                Status::Warning => 1,
                Status::Unusable => 2,
            },
            t: track.seconds.map(|seconds| seconds.round() as u64),
            r: track.remark.as_deref(),
            g: track.tag_genre.as_deref(),
            x: track.tag_disagrees().into(),
            q: thousandths(&track.probabilities),
            l: timeline(&track.timeline),
            m: map.and_then(|map| map.place(index)),
            n: map.map_or(&[], |map| map.neighbours(index)),
        });
        Self {
            genres: GENRES,
            files: files.collect(),
        }
    }

    /// As JSON that can stand in a `script` element: nothing in it looks like markup.
    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)?
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

fn thousandths(probabilities: &Probabilities) -> Vec<u16> {
    let rounded = probabilities.iter().map(|p| (p * 1e3).round() as u16);
    rounded.collect()
}

/// The most probable genre of each segment as a letter from `A`, and its probability
/// as a digit from 0 to 9.
fn timeline(segments: &[Segment]) -> Option<(f64, String)> {
    let first = segments.first()?;
    let mut text = String::new();
    for segment in segments {
        let genre = most_probable(&segment.probabilities);
        let letter = char::from(b'A' + u8::try_from(genre).ok()?);
        let digit = (segment.probabilities[genre] * 10.0).floor().min(9.0);
        // Writing to a string cannot fail.
        let _ = write!(text, "{letter}{digit}");
    }
    Some((first.end - first.start, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::{GENRE_COUNT, genre_index};

    #[test]
    fn segments_are_a_letter_and_a_digit() {
        let segment = |genre: &str, probability, start| {
            let mut probabilities = [(1.0 - probability) / 15.0; GENRE_COUNT];
            probabilities[genre_index(genre).unwrap()] = probability;
            Segment {
                start,
                end: start + 10.0,
                probabilities,
            }
        };
        let segments = [segment("Blues", 0.55, 0.0), segment("Spoken", 1.0, 10.0)];
        assert_eq!(timeline(&segments), Some((10.0, "A5P9".into())));
        assert_eq!(timeline(&[]), None);
    }
}
