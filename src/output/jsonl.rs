//! JSON lines: everything that is known of a file, as one object.

use std::io::Write;
use std::path::Path;

use serde::{Serialize, Serializer};

use super::run_info::Choice;
use super::{Output, OutputError, RowSink, RunInfo, utf8};
use crate::genre::{GENRES, Probabilities};
use crate::pipeline::{Record, Segment};

/// Version of the objects' schema, `docs/record.schema.json`. It grows when a
/// reader of the last version could stumble; fields may be added without.
pub const JSONL_SCHEMA_VERSION: u32 = 1;

/// One object per record, on a line of its own.
pub(super) struct JsonlSink {
    output: Output,
    run: RunInfo,
}

impl JsonlSink {
    pub(super) fn new(output: Output, run: &RunInfo) -> Self {
        let run = run.clone();
        Self { output, run }
    }
}

impl RowSink<Record> for JsonlSink {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        let object = Object::new(record, &self.run);
        serde_json::to_writer(&mut self.output, &object)?;
        self.output.write_all(b"\n")?;
        Ok(self.output.end_row()?)
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.output.commit()
    }
}

/// The object of a file; the fields in the order in which they are written.
#[derive(Serialize)]
struct Object<'r> {
    schema_version: u32,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    id: String,
    status: &'static str,
    remark: Option<&'r str>,
    seconds: Option<f64>,
    sample_rate: Option<u32>,
    channels: Option<usize>,
    decoder: Option<&'static str>,
    genre: Option<&'static str>,
    tag_genre: Option<&'r str>,
    top: Vec<TopGenre>,
    probabilities: ByGenre<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timeline: Vec<Part<'r>>,
    model: &'r str,
    model_version: &'r str,
    prior: &'r str,
}

#[derive(Serialize)]
struct TopGenre {
    genre: &'static str,
    probability: f64,
}

/// A part of the audio, in seconds from its beginning.
#[derive(Serialize)]
struct Part<'r> {
    start: f64,
    end: f64,
    probabilities: ByGenre<'r>,
}

/// Probabilities under the names of their genres.
struct ByGenre<'r>(&'r Probabilities);

impl<'r> Object<'r> {
    fn new(record: &'r Record, run: &'r RunInfo) -> Self {
        let audio = record.audio.as_ref();
        let path = record.path.as_os_str().as_encoded_bytes();
        Self {
            schema_version: JSONL_SCHEMA_VERSION,
            path: utf8::text(path).into_owned(),
            path_bytes: percent_encoded(&record.path),
            id: utf8::text(&record.id).into_owned(),
            status: record.status.name(),
            remark: record.remark.as_deref(),
            seconds: audio.map(|audio| rounded(audio.seconds, 1e3)),
            sample_rate: audio.map(|audio| audio.sample_rate),
            channels: audio.map(|audio| audio.channels),
            decoder: audio.map(|audio| audio.decoder),
            genre: run.genre(record),
            tag_genre: record.tag_genre.as_deref(),
            top: run
                .top_genres(record)
                .into_iter()
                .map(TopGenre::from)
                .collect(),
            probabilities: ByGenre(&record.probabilities),
            timeline: record.timeline.iter().map(Part::from).collect(),
            model: &run.model,
            model_version: &run.model_version,
            prior: &run.prior,
        }
    }
}

impl From<Choice> for TopGenre {
    fn from(choice: Choice) -> Self {
        Self {
            genre: choice.genre,
            probability: probability(choice.probability),
        }
    }
}

impl<'r> From<&'r Segment> for Part<'r> {
    fn from(segment: &'r Segment) -> Self {
        Self {
            start: rounded(segment.start, 1e3),
            end: rounded(segment.end, 1e3),
            probabilities: ByGenre(&segment.probabilities),
        }
    }
}

impl Serialize for ByGenre<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(GENRES.iter().zip(self.0.iter().map(|p| probability(*p))))
    }
}

/// With 8 decimals, as in the CSV.
fn probability(value: f64) -> f64 {
    rounded(value, 1e8)
}

fn rounded(value: f64, parts_of_one: f64) -> f64 {
    (value * parts_of_one).round() / parts_of_one
}

/// The bytes of a path that is not UTF-8 as a URL writes them: letters, digits
/// and `-._~/` as they are, every other byte as `%` and two hexadecimal digits.
/// `None` for UTF-8.
fn percent_encoded(path: &Path) -> Option<String> {
    if path.to_str().is_some() {
        return None;
    }
    let encode = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(*byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    Some(
        path.as_os_str()
            .as_encoded_bytes()
            .iter()
            .map(encode)
            .collect(),
    )
}
