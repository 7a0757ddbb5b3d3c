//! What a run says of one file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::audio::{DecodeStats, Decoder};
use crate::genre::Probabilities;

/// What became of one file. Every file of a run has exactly one.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Position among the files of the run, from 0.
    pub index: usize,
    /// Where the file was read.
    pub path: PathBuf,
    /// The `file_id`: raw bytes, because file names need not be UTF-8.
    pub id: Vec<u8>,
    /// Whether it could be classified.
    pub status: Status,
    /// What the user should know, without the file's name; always there if the
    /// status is not [`Status::Ok`].
    pub remark: Option<String>,
    /// What was decoded, if anything was.
    pub audio: Option<AudioFacts>,
    /// Of the whole file; the class prior if it is [`Status::Unusable`].
    pub probabilities: Probabilities,
    /// Of its segments in the order of time; empty unless asked for.
    pub timeline: Vec<Segment>,
    /// The genre that the file's own tag names.
    pub tag_genre: Option<String>,
    /// What the networks for music say of it beside their tags: see
    /// [`Layout::music_embedding`](crate::model::Layout::music_embedding). None unless
    /// asked for, or if the file is [`Status::Unusable`].
    pub embedding: Option<Vec<f32>>,
}

/// Whether a file could be classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Without a word.
    Ok,
    /// Yes, but there is a remark: it is damaged, cut short or otherwise odd.
    Warning,
    /// No: its probabilities are the class prior, and the remark says why.
    Unusable,
}

impl Status {
    /// As outputs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unusable => "unusable",
        }
    }
}

/// What was decoded of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AudioFacts {
    /// Duration of the audio in seconds.
    pub seconds: f64,
    /// Of the first frame, in Hz.
    pub sample_rate: u32,
    /// Of the first frame.
    pub channels: usize,
    /// The library that decoded it.
    pub decoder: Decoder,
}

impl AudioFacts {
    /// Of a file of which so many seconds were decoded.
    pub fn new(seconds: f64, stats: &DecodeStats) -> Self {
        Self {
            seconds,
            sample_rate: stats.sample_rate,
            channels: stats.channels,
            decoder: stats.decoder(),
        }
    }
}

/// A part of a file with probabilities of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// In seconds from the beginning of the audio.
    pub start: f64,
    /// In seconds from the beginning of the audio.
    pub end: f64,
    /// The class prior where there is nothing to be heard.
    pub probabilities: Probabilities,
}
