//! JSON lines: everything that is known of a file, as one object.

use std::io::Write;

use serde::{Serialize, Serializer};

use super::run_info::Choice;
use super::{Output, OutputError, RowSink, RunInfo};
use crate::genre::{GENRES, Probabilities};
use crate::path_text;
use crate::pipeline::{Record, Segment};
use crate::utf8;

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
        let (path, path_bytes) = path_text::write(&record.path);
        Self {
            schema_version: JSONL_SCHEMA_VERSION,
            path,
            path_bytes,
            id: utf8::text(&record.id).into_owned(),
            status: record.status.name(),
            remark: record.remark.as_deref(),
            seconds: audio.map(|audio| rounded(audio.seconds, 1e3)),
            sample_rate: audio.map(|audio| audio.sample_rate),
            channels: audio.map(|audio| audio.channels),
            decoder: audio.map(|audio| audio.decoder.name()),
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

#[cfg(test)]
mod tests {
    use crate::output::{RecordFormat, TableStyle, samples};

    #[cfg(unix)]
    #[test]
    fn every_file_is_an_object_on_a_line_of_its_own() {
        let records = [
            samples::record(),
            samples::unusable(),
            samples::with_timeline(),
        ];
        let bytes = samples::written_records(RecordFormat::Jsonl, TableStyle::Plain, &records);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let probabilities = r#"{"Blues":0.7,"Classical":0.0,"Country":0.0,"Easy Listening":0.0,"Electronic":0.0,"Experimental":0.0,"Folk":0.0,"Hip-Hop":0.0,"Instrumental":0.0,"International":0.0,"Jazz":0.2,"Old-Time / Historic":0.0,"Pop":0.0,"Rock":0.1,"Soul-RnB":0.0,"Spoken":0.0}"#;
        let top = r#"[{"genre":"Blues","probability":0.7},{"genre":"Jazz","probability":0.2},{"genre":"Rock","probability":0.1}]"#;
        let run = r#""model":"small","model_version":"2","prior":"fma"}"#;
        let facts = r#""seconds":29.946,"sample_rate":44100,"channels":2,"decoder":"nanomp3","genre":"Blues","tag_genre":"Blues""#;
        assert_eq!(
            lines[0],
            format!(
                r#"{{"schema_version":1,"path":"music/blues.mp3","id":"blues","status":"ok","remark":null,{facts},"top":{top},"probabilities":{probabilities},{run}"#
            )
        );
        let start = r#"{"schema_version":1,"path":"a b/\\xff\u001b[31m.mp3","path_bytes":"a%20b/%FF%1B%5B31m.mp3","id":"\\xff\u001b[31m.mp3","status":"unusable","remark":"is empty (0 bytes)","seconds":null,"sample_rate":null,"channels":null,"decoder":null,"genre":null,"tag_genre":null,"top":[],"probabilities":{"Blues":0.0625,"#;
        assert!(lines[1].starts_with(start), "{}", lines[1]);
        let timeline = format!(
            r#""timeline":[{{"start":0.0,"end":10.0,"probabilities":{probabilities}}},{{"start":10.0,"end":14.5,"probabilities":{probabilities}}}],{run}"#
        );
        assert!(lines[2].ends_with(&timeline), "{}", lines[2]);
        assert_eq!(lines.len(), 3);
    }
}
