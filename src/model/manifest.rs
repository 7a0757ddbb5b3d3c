//! `model.json`: what a model consists of and what it needs.

use std::path::{Component, Path};

use serde::Deserialize;

use super::features::Pooling;
use super::front_end::FrontEnds;
use super::{Calibration, FrontEnd, ModelError, PatchInput, Prior};
use crate::genre::{GENRE_COUNT, GENRES};
use crate::spectrogram::HOP_LENGTH;

pub(super) const FILE_NAME: &str = "model.json";

/// The version of the manifest's format that this program reads.
const FORMAT_VERSION: u32 = 4;

/// Limits that keep a manifest from asking for more memory than there is, which
/// would end the program: frames of musicnn's spectrogram in a minute, patches per
/// clip, windows per patch and per batch.
const MOST_FRAMES: usize = 3_750;
const MOST_PATCHES: usize = 100;
const MOST_WINDOWS: usize = 100;

/// With a smaller floor, the CSV's eight decimals could show a 0 or a 1.
const LEAST_FLOOR: f64 = 1e-7;

/// The parsed manifest, checked against this program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "format_version")]
    _format_version: u32,
    /// Name of the model.
    pub name: String,
    /// Version of the model; changes whenever its probabilities do.
    pub version: String,
    /// The spectrograms that the networks take.
    pub front_ends: FrontEnds,
    /// How loud a clip is at least.
    pub level: Level,
    /// How a clip is cut.
    pub patch: Patch,
    /// The front networks, in the order of their features.
    pub networks: Vec<Network>,
    /// The classifier on top.
    pub head: Head,
}

/// The one field that manifests of all versions have.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// How a clip is cut into patches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Frames of musicnn's spectrogram per patch.
    pub frames: usize,
    /// At most this many patches of a clip are looked at, evenly spread.
    pub max_patches: usize,
}

/// The range of levels that the head knows.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// A clip whose mean level (RMS of the samples that are looked at) is lower is
    /// raised to this, in dB relative to full scale.
    pub min_dbfs: f64,
}

impl Patch {
    /// Samples from the centre of a patch's first frame to that of its last.
    pub fn samples(&self) -> usize {
        self.frames.saturating_sub(1).saturating_mul(HOP_LENGTH)
    }
}

/// A front network: log-mels of a patch to tag logits, embedding and pooled layer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Prefix of its feature names.
    pub name: String,
    /// The ONNX file.
    pub file: String,
    /// The spectrogram that it takes, one of the manifest's `front_ends`.
    pub front_end: FrontEnd,
    /// How many windows of the spectrogram it looks at in a patch; the patch's
    /// features are their mean.
    pub windows: usize,
    /// At most so many of a clip's patches it looks at, evenly spread; the others
    /// get the mean of these.
    pub patches: usize,
    /// How many windows of a clip the engine takes at once: its first axis.
    pub batch: usize,
    /// Names of the tag logits.
    pub tags: Vec<String>,
    /// Size of the embedding.
    pub embedding: usize,
    /// Size of the pooled layer; 0 if the network has no such output.
    pub pooled: usize,
}

/// The classifier: pooled features to genre logits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The ONNX file.
    pub file: String,
    /// Version of the head alone.
    pub version: String,
    /// Statistics over a clip's patches, in the order of their blocks.
    pub pooling: Vec<Pooling>,
    /// Must be [`GENRES`].
    pub classes: Vec<String>,
    /// The class prior that the logits contain.
    pub training_prior: Vec<f64>,
    /// Divides the logits.
    pub temperature: f64,
    /// Least probability of a class.
    pub floor: f64,
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
        let invalid = |error: serde_json::Error| ModelError::Manifest(error.to_string());
        let version: Version = serde_json::from_slice(json).map_err(invalid)?;
        if version.format_version != FORMAT_VERSION {
            return Err(ModelError::Manifest(format!(
                "format_version is {}, this program reads {FORMAT_VERSION}",
                version.format_version
            )));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(invalid)?;
        match manifest.problem() {
            Some(problem) => Err(ModelError::Manifest(problem)),
            None => Ok(manifest),
        }
    }

    fn problem(&self) -> Option<String> {
        let head = &self.head;
        let files = self.networks.iter().map(|network| &network.file);
        if let Some(problem) = self.front_ends.problem() {
            Some(problem)
        } else if !(1..=MOST_FRAMES).contains(&self.patch.frames)
            || !(1..=MOST_PATCHES).contains(&self.patch.max_patches)
        {
            Some(format!(
                "patch.frames must be 1 to {MOST_FRAMES} and patch.max_patches 1 to {MOST_PATCHES}"
            ))
        } else if !(-120.0..=0.0).contains(&self.level.min_dbfs) {
            Some(format!(
                "level.min_dbfs is {}, must be -120 to 0",
                self.level.min_dbfs
            ))
        } else if self.networks.is_empty() || head.pooling.is_empty() {
            Some("networks and head.pooling must not be empty".into())
        } else if let Some(file) = files.chain([&head.file]).find(|f| !is_plain_name(f)) {
            Some(format!(
                "{file:?} is not the name of a file in the model's folder"
            ))
        } else if let Some(problem) = self.networks.iter().find_map(|n| self.input_problem(n)) {
            Some(problem)
        } else if head.classes != GENRES {
            Some(format!(
                "head.classes must be the {GENRE_COUNT} genres in the challenge's order: {GENRES:?}"
            ))
        } else if let Err(error) = Prior::from_weights(&head.training_prior) {
            Some(format!("head.training_prior: {error}"))
        } else if !(head.temperature > 0.0 && head.temperature.is_finite()) {
            Some(format!(
                "head.temperature is {}, must be above 0",
                head.temperature
            ))
        } else if !(head.floor >= LEAST_FLOOR && head.floor * (GENRE_COUNT as f64) < 1.0) {
            Some(format!(
                "head.floor is {}, must be at least {LEAST_FLOOR} and below 1/16",
                head.floor
            ))
        } else {
            None
        }
    }

    fn input_problem(&self, network: &Network) -> Option<String> {
        let problem = if !(1..=MOST_WINDOWS).contains(&network.windows)
            || !(1..=MOST_WINDOWS).contains(&network.batch)
        {
            Some(format!("windows and batch must be 1 to {MOST_WINDOWS}"))
        } else if network.patches == 0 {
            Some("patches must be at least 1".into())
        } else if network.tags.is_empty() || network.embedding == 0 {
            Some("tags and embedding must not be empty".into())
        } else {
            self.front_ends.input_problem(network.input(), &self.patch)
        };
        problem.map(|problem| format!("network {:?}: {problem}", network.name))
    }

    /// How logits become probabilities.
    pub fn calibration(&self) -> Calibration {
        let training_prior = Prior::from_weights(&self.head.training_prior)
            .expect("checked when the manifest was parsed");
        Calibration {
            training_prior,
            temperature: self.head.temperature,
            floor: self.head.floor,
        }
    }
}

fn is_plain_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(_)), None)
    )
}
