//! What a line of results says.

use std::path::PathBuf;

use crate::genre::Probabilities;
use crate::pipeline::{Segment, Status};

/// What was found out about one file, as a `.jsonl` output has it: a
/// [`Record`](crate::pipeline::Record) after its way through a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileResult {
    /// Where the file was read, relative to the folder in which `classify` ran
    /// unless it was named otherwise; byte by byte, also if it is not UTF-8.
    pub path: PathBuf,
    /// The `file_id`; bytes that are no text are escaped.
    pub id: String,
    /// Whether it could be classified.
    pub status: Status,
    /// What the user should know.
    pub remark: Option<String>,
    /// What was decoded, if anything was.
    pub heard: Option<Heard>,
    /// The most probable genre; none if it was not probable enough or the file is
    /// unusable.
    pub genre: Option<&'static str>,
    /// What the file's own tag says.
    pub tag_genre: Option<String>,
    /// Of the whole file, with 8 decimals; the class prior if it is
    /// [`Status::Unusable`].
    pub probabilities: Probabilities,
    /// Of its segments in the order of time; empty if none were asked for.
    pub timeline: Vec<Segment>,
    /// What classified it.
    pub model: ModelUsed,
}

/// What was decoded of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Duration of the audio in seconds.
    pub seconds: f64,
    /// Of the first frame, in Hz.
    pub sample_rate: u32,
    /// Of the first frame.
    pub channels: usize,
}

/// The model and the prior behind a result: results of different ones are not to be
/// mixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUsed {
    /// Name of the model.
    pub name: String,
    /// Version of the model; changes whenever its probabilities do.
    pub version: String,
    /// Name of the class prior: `fma`, `uniform` or the name of its file.
    pub prior: String,
}
