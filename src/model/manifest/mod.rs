//! `model.json`: what a model consists of and what it needs.
//!
//! A folder may come from a stranger, so every field is checked once, when the file is
//! read (`json.rs`, with the checks of `check.rs`); what is here is valid.

pub(super) mod check;
mod json;

use super::features::Pooling;
use super::{Calibration, FrontEnd, ModelError, PatchInput};
use crate::spectrogram::musicnn;

pub(super) const FILE_NAME: &str = "model.json";

/// The most bytes that [`FILE_NAME`] may have; the bundled ones have 16 KB.
pub(super) const MOST_BYTES: u64 = 1 << 20;

/// The version of the manifest's format that this program reads.
const FORMAT_VERSION: u32 = 4;

/// A manifest that fits this program. The ranges of its numbers are in
/// `models/README.md`.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Name of the model.
    pub name: String,
    /// Version of the model; changes whenever its probabilities do.
    pub version: String,
    /// How loud a clip is at least.
    pub level: Level,
    /// How a clip is cut.
    pub patch: PatchCut,
    /// The front networks, in the order of their features.
    pub networks: Vec<Network>,
    /// Whether the features of the recording follow those of the networks.
    pub recording: bool,
    /// The classifier on top.
    pub head: Head,
}

/// How a clip is cut into patches.
#[derive(Debug, Clone)]
pub struct PatchCut {
    /// Frames of musicnn's spectrogram per patch.
    pub frames: usize,
    /// At most this many patches of a clip are looked at, evenly spread.
    pub max_patches: usize,
}

/// The range of levels that the head knows.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// A clip whose mean level (RMS of the samples that are looked at) is lower is
    /// raised to this, in dB relative to full scale.
    pub min_dbfs: f64,
}

/// A front network: log-mels of a patch to tag logits, embedding and pooled layer.
#[derive(Debug, Clone)]
pub struct Network {
    /// Prefix of its feature names; no two networks of a model have the same.
    pub name: String,
    /// The ONNX file.
    pub file: String,
    /// The spectrogram that it takes.
    pub front_end: FrontEnd,
    /// Whether the engine is to put the channels of its images last, which networks of depthwise
    /// convolutions are faster with.
    pub channels_last: bool,
    /// How many windows of the spectrogram it looks at in a patch; the patch's
    /// features are their mean.
    pub windows: usize,
    /// At most so many of a clip's patches it looks at, evenly spread; the others
    /// get the mean of these.
    pub patches: usize,
    /// How many windows of a clip the engine takes at once: its first axis.
    pub batch: usize,
    /// Names of the tag logits, all different.
    pub tags: Vec<String>,
    /// Size of the embedding.
    pub embedding: usize,
    /// Size of the pooled layer; 0 if the network has no such output.
    pub pooled: usize,
}

/// The classifier: pooled features to genre logits, in the order of
/// [`GENRES`](crate::genre::GENRES).
#[derive(Debug, Clone)]
pub struct Head {
    /// The ONNX file.
    pub file: String,
    /// Version of the head alone.
    pub version: String,
    /// Statistics over a clip's patches, in the order of their blocks.
    pub pooling: Vec<Pooling>,
    /// How the logits become probabilities.
    pub calibration: Calibration,
}

impl PatchCut {
    /// Samples from the centre of a patch's first frame to that of its last.
    pub fn samples(&self) -> usize {
        self.frames
            .saturating_sub(1)
            .saturating_mul(musicnn::HOP_LENGTH)
    }
}

impl Network {
    /// What it takes of a patch.
    pub fn input(&self) -> PatchInput {
        PatchInput {
            front_end: self.front_end,
            windows: self.windows,
        }
    }
}

impl Manifest {
    /// Parses and checks a manifest.
    pub(super) fn parse(json: &[u8]) -> Result<Self, ModelError> {
        let json::Version { format_version } = json::read(json).map_err(ModelError::manifest)?;
        if format_version != FORMAT_VERSION {
            return Err(ModelError::manifest(format!(
                "format_version is {format_version}, this program reads {FORMAT_VERSION}"
            )));
        }
        json::read(json)
            .and_then(json::Manifest::checked)
            .map_err(ModelError::manifest)
    }

    /// How logits become probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.head.calibration
    }
}
