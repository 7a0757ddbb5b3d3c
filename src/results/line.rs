//! A line of results as JSON has it, and its way to a [`FileResult`].

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file_result::{FileResult, Heard, ModelUsed};
use crate::genre::{GENRE_COUNT, GENRES, Probabilities, genre_index};
use crate::path_text;
use crate::pipeline::{Segment, Status};
use crate::submission::SUM_TOLERANCE;

/// What every version has.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) schema_version: u64,
}

/// A line of this version. Fields that are not listed are passed over: the schema lets
/// them be added.
#[derive(Deserialize)]
pub(super) struct Line {
    path: String,
    path_bytes: Option<String>,
    id: String,
    status: Status,
    remark: Option<String>,
    seconds: Option<f64>,
    sample_rate: Option<u32>,
    channels: Option<usize>,
    genre: Option<String>,
    tag_genre: Option<String>,
    probabilities: ByGenre,
    #[serde(default)]
    timeline: Vec<Part>,
    model: String,
    model_version: String,
    prior: String,
}

#[derive(Deserialize)]
struct Part {
    start: f64,
    end: f64,
    probabilities: ByGenre,
}

#[derive(Deserialize)]
struct ByGenre(BTreeMap<String, f64>);

impl TryFrom<Line> for FileResult {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let heard = match (line.seconds, line.sample_rate, line.channels) {
            (Some(seconds), Some(sample_rate), Some(channels)) => Some(Heard {
                seconds: not_negative("seconds", seconds)?,
                sample_rate,
                channels,
            }),
            _ => None,
        };
        let genre = match line.genre {
            Some(name) => Some(GENRES[known_genre(&name)?]),
            None => None,
        };
        Ok(Self {
            path: path_text::read(line.path, line.path_bytes.as_deref()),
            id: line.id,
            status: line.status,
            remark: line.remark,
            heard,
            genre,
            tag_genre: line.tag_genre,
            probabilities: line.probabilities.try_into()?,
            timeline: line
                .timeline
                .into_iter()
                .map(Segment::try_from)
                .collect::<Result<_, _>>()?,
            model: ModelUsed {
                name: line.model,
                version: line.model_version,
                prior: line.prior,
            },
        })
    }
}

impl TryFrom<Part> for Segment {
    type Error = String;

    fn try_from(part: Part) -> Result<Self, String> {
        Ok(Self {
            start: not_negative("start", part.start)?,
            end: not_negative("end", part.end)?,
            probabilities: part.probabilities.try_into()?,
        })
    }
}

impl TryFrom<ByGenre> for Probabilities {
    type Error = String;

    fn try_from(ByGenre(by_genre): ByGenre) -> Result<Self, String> {
        let mut probabilities = [0.0; GENRE_COUNT];
        let found = by_genre.len();
        if found != GENRE_COUNT {
            return Err(format!(
                "probabilities of {found} genres, not {GENRE_COUNT}"
            ));
        }
        for (name, probability) in by_genre {
            if !(0.0..=1.0).contains(&probability) {
                return Err(format!("the probability of {name} is {probability}"));
            }
            probabilities[known_genre(&name)?] = probability;
        }
        let sum: f64 = probabilities.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(format!("the probabilities sum to {sum:.6}"));
        }
        Ok(probabilities)
    }
}

fn known_genre(name: &str) -> Result<usize, String> {
    genre_index(name).ok_or_else(|| format!("there is no genre {name:?}"))
}

fn not_negative(what: &str, value: f64) -> Result<f64, String> {
    if value >= 0.0 {
        Ok(value)
    } else {
        Err(format!("{what} is {value}"))
    }
}
