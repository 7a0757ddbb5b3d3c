//! `model.json` as it is written, and what it has to be like. Numbers are read as
//! `f64`, so that one message, with the range, meets all that is wrong with them.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::check::{check, count, file_name, length, number, plain_name, product, unique};
use super::{Head, Level, Network, PatchCut};
use crate::genre::{GENRE_COUNT, GENRES};
use crate::model::features::{Pooling, RECORDING};
use crate::model::front_end::FrontEnds;
use crate::model::{Calibration, FrontEnd, Prior};
use crate::spectrogram::RECORDING_FEATURES;

/// A minute, in frames of musicnn's spectrogram.
const MOST_FRAMES: usize = 3_750;
const MOST_PATCHES: usize = 100;
/// Per patch, and per batch.
const MOST_WINDOWS: usize = 100;

/// Ten minutes, in frames of musicnn's spectrogram: of a clip, and of a batch. With this and
/// the next limit, a thread's audio and spectrograms of a clip stay below 300 MB.
const MOST_FRAMES_AT_ONCE: usize = 10 * MOST_FRAMES;
/// Of a clip.
const MOST_WINDOWS_AT_ONCE: usize = 1_000;

const MOST_NETWORKS: usize = 8;
/// AudioSet has 527 tags; this program's networks have at most 521.
const MOST_TAGS: usize = 4_096;
/// The bundled networks have at most 1,024 values per layer.
const MOST_VALUES: usize = 16_384;

/// Part of the training prior that a genre has at least: with less, its logit would be
/// raised by more than 13.8, whatever is heard.
const LEAST_PRIOR: f64 = 1e-6;

/// The one field that manifests of all versions have.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) format_version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(rename = "format_version")]
    _format_version: u32,
    name: String,
    version: String,
    front_ends: FrontEnds,
    level: LevelFields,
    patch: PatchFields,
    networks: Vec<NetworkFields>,
    #[serde(default)]
    recording: Vec<String>,
    head: HeadFields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelFields {
    min_dbfs: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchFields {
    frames: f64,
    max_patches: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkFields {
    name: String,
    file: String,
    front_end: FrontEnd,
    #[serde(default)]
    channels_last: bool,
    windows: f64,
    patches: f64,
    batch: f64,
    tags: Vec<String>,
    embedding: f64,
    pooled: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadFields {
    file: String,
    version: String,
    pooling: Vec<Pooling>,
    classes: Vec<String>,
    training_prior: Vec<f64>,
    temperature: f64,
    floor: f64,
}

/// Reads JSON of this form; the error names the field.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(value)
}

impl Manifest {
    pub(super) fn checked(self) -> Result<super::Manifest, String> {
        let name = plain_name("name", self.name)?;
        let version = plain_name("version", self.version)?;
        self.front_ends.check()?;
        let patch = self.patch.checked()?;
        length("networks", self.networks.len(), 1..=MOST_NETWORKS)?;
        let networks = self.networks.into_iter().enumerate();
        let networks: Vec<Network> = networks
            .map(|(index, network)| network.checked(index, &self.front_ends, &patch))
            .collect::<Result<_, _>>()?;
        unique(
            "networks[].name",
            networks.iter().map(|network| network.name.as_str()),
        )?;
        let recording = recording(&self.recording, &networks)?;
        Ok(super::Manifest {
            name,
            version,
            level: self.level.checked()?,
            patch,
            networks,
            recording,
            head: self.head.checked()?,
        })
    }
}

impl LevelFields {
    fn checked(self) -> Result<Level, String> {
        Ok(Level {
            min_dbfs: number("level.min_dbfs", self.min_dbfs, -120.0..=0.0)?,
        })
    }
}

impl PatchFields {
    fn checked(self) -> Result<PatchCut, String> {
        let names = ["patch.frames", "patch.max_patches"];
        let frames = count(names[0], self.frames, 1..=MOST_FRAMES)?;
        let max_patches = count(names[1], self.max_patches, 1..=MOST_PATCHES)?;
        product(
            names,
            [frames, max_patches],
            MOST_FRAMES_AT_ONCE,
            "10 minutes",
        )?;
        Ok(PatchCut {
            frames,
            max_patches,
        })
    }
}

impl NetworkFields {
    fn checked(
        self,
        index: usize,
        front_ends: &FrontEnds,
        cut: &PatchCut,
    ) -> Result<Network, String> {
        let field = format!("networks[{index}].name");
        let name = plain_name(&field, self.name.clone())?;
        check(!name.contains(':'), || {
            format!(
                "{field} is {name:?}, must be without a colon: it is the prefix of feature names"
            )
        })?;
        let network = self.with_name(name.clone(), front_ends, cut);
        network.map_err(|problem| format!("network {name:?}: {problem}"))
    }

    fn with_name(
        self,
        name: String,
        front_ends: &FrontEnds,
        cut: &PatchCut,
    ) -> Result<Network, String> {
        let network = Network {
            name,
            file: file_name("file", self.file)?,
            front_end: self.front_end,
            channels_last: self.channels_last,
            windows: count("windows", self.windows, 1..=MOST_WINDOWS)?,
            patches: count("patches", self.patches, 1..=MOST_PATCHES)?,
            batch: count("batch", self.batch, 1..=MOST_WINDOWS)?,
            tags: tags(self.tags)?,
            embedding: count("embedding", self.embedding, 1..=MOST_VALUES)?,
            pooled: count("pooled", self.pooled, 0..=MOST_VALUES)?,
        };
        front_ends.check_input(network.input(), cut)?;
        let windows = [network.windows, cut.max_patches];
        product(
            ["windows", "patch.max_patches"],
            windows,
            MOST_WINDOWS_AT_ONCE,
            "per clip",
        )?;
        if network.front_end == FrontEnd::Musicnn {
            let frames = [network.batch, cut.frames];
            product(
                ["batch", "patch.frames"],
                frames,
                MOST_FRAMES_AT_ONCE,
                "10 minutes",
            )?;
        }
        Ok(network)
    }
}

/// Whether the head is given the features of the recording: all, or none.
fn recording(names: &[String], networks: &[Network]) -> Result<bool, String> {
    if names.is_empty() {
        return Ok(false);
    }
    check(names == RECORDING_FEATURES, || {
        format!("recording is {names:?}, must be empty or {RECORDING_FEATURES:?}")
    })?;
    let musicnn = |network: &Network| network.front_end == FrontEnd::Musicnn;
    check(networks.iter().any(musicnn), || {
        "recording needs a network with the front end musicnn".into()
    })?;
    check(
        networks.iter().all(|network| network.name != RECORDING),
        || format!("a network is called {RECORDING:?}, as the features of the recording are"),
    )?;
    Ok(true)
}

fn tags(tags: Vec<String>) -> Result<Vec<String>, String> {
    length("tags", tags.len(), 1..=MOST_TAGS)?;
    let named = tags.into_iter().enumerate();
    let tags: Vec<String> = named
        .map(|(index, tag)| plain_name(&format!("tags[{index}]"), tag))
        .collect::<Result<_, _>>()?;
    unique("tags", tags.iter().map(String::as_str))?;
    Ok(tags)
}

impl HeadFields {
    fn checked(self) -> Result<Head, String> {
        check(self.classes == GENRES, || {
            format!(
                "head.classes must be the {GENRE_COUNT} genres in the challenge's order: {GENRES:?}"
            )
        })?;
        let pooling = self.pooling;
        check(!pooling.is_empty(), || {
            "head.pooling must not be empty".into()
        })?;
        unique("head.pooling", pooling.iter().map(|pooling| pooling.name()))?;
        Ok(Head {
            file: file_name("head.file", self.file)?,
            version: plain_name("head.version", self.version)?,
            pooling,
            calibration: Calibration::new(
                training_prior(&self.training_prior)?,
                number(
                    "head.temperature",
                    self.temperature,
                    Calibration::TEMPERATURES,
                )?,
                number("head.floor", self.floor, Calibration::FLOORS)?,
            ),
        })
    }
}

fn training_prior(weights: &[f64]) -> Result<Prior, String> {
    let prior =
        Prior::from_weights(weights).map_err(|error| format!("head.training_prior: {error}"))?;
    for ((index, part), weight) in prior.probabilities().iter().enumerate().zip(weights) {
        check(*part >= LEAST_PRIOR, || {
            format!(
                "head.training_prior[{index}] is {weight:?}, must be at least {LEAST_PRIOR:?} of their sum"
            )
        })?;
    }
    Ok(prior)
}
