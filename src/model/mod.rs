//! From the log-mels of patches to genre probabilities.
//!
//! A [`Model`] is a folder (see `models/README.md`): a manifest, one or more
//! front networks that turn a patch of some seconds into tag logits, an embedding and, if
//! they have one, the channels of their pooled layer, and a small head that turns
//! the statistics of these over a clip's patches into 16 genre logits. Each
//! network takes the spectrogram of its front end, in one or several windows of
//! the patch, and the patch's features are the mean of what it says of these. A
//! network that looks at some patches alone gives the others the mean of those.
//! All calls to tract are in `network.rs` and `engine/`.

mod bundle;
mod engine;
mod error;
mod features;
mod front_end;
mod manifest;
mod network;
mod posterior;
mod prior;
mod windows;

/// What `benches/onnx.rs` measures.
#[cfg(feature = "engine-internals")]
#[doc(hidden)]
pub mod engine_internals {
    pub use super::engine::{eval_cleanly, optimise};
}

use std::iter;
use std::path::Path;
use std::thread;

use ndarray::Array3;

pub use error::ModelError;
pub use features::{ClipFeatures, Layout, PatchFeatures, Pooling};
pub use front_end::{FrontEnd, PatchInput};
pub use manifest::{Head, Level, Manifest, Network, PatchCut};
pub use posterior::Calibration;
pub use prior::{FMA_MEDIUM_COUNTS, Prior, PriorError};

use crate::genre::{GENRE_COUNT, Probabilities};
use crate::spectrogram::RecordingMeter;
use bundle::Files;
use network::{MOST_ONNX_BYTES, Plan, Session, Signature};

/// A loaded model, shared by all threads.
pub struct Model {
    manifest: Manifest,
    layout: Layout,
    inputs: Vec<PatchInput>,
    networks: Vec<Plan>,
    recording: Option<RecordingMeter>,
    head: Plan,
}

/// The run state of a model's networks. Every thread has its own.
pub struct ModelSession {
    networks: Vec<Session>,
    head: Session,
}

impl Model {
    /// Loads a model that is part of the program.
    ///
    /// # Errors
    /// [`ModelError::UnknownName`], which lists the names that exist.
    pub fn bundled(name: &str) -> Result<Self, ModelError> {
        Self::load(&Files::bundled(name)?)
    }

    /// Names of the models that are part of the program; the first is the
    /// default.
    pub fn bundled_names() -> impl Iterator<Item = &'static str> {
        bundle::BUNDLED.iter().map(|model| model.name)
    }

    /// Loads the model in a folder.
    ///
    /// # Errors
    /// [`ModelError`] if a file is missing, damaged or too big, no regular file or not
    /// in the folder, or does not fit the manifest or this program (version, ranges,
    /// front end, shapes, classes).
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        Self::load(&Files::in_dir(dir))
    }

    fn load(files: &Files) -> Result<Self, ModelError> {
        let manifest = Manifest::parse(&files.read(manifest::FILE_NAME, manifest::MOST_BYTES)?)?;
        let layout = Layout::new(&manifest);
        let inputs = distinct_inputs(&manifest);
        let head = Signature {
            input: ("features", vec![1, layout.pooled_len()]),
            outputs: vec![("logits", vec![1, GENRE_COUNT])],
            channels_last: false,
        };
        let networks = manifest.networks.iter().map(|network| {
            let signature = network_signature(network, &manifest.patch);
            (network.file.as_str(), signature)
        });
        let wanted: Vec<_> = networks
            .chain([(manifest.head.file.as_str(), head)])
            .collect();
        let mut networks = load_plans(files, &wanted)?;
        let head = networks.pop().expect("one plan per file, the head's last");
        Ok(Self {
            recording: manifest.recording.then(RecordingMeter::default),
            manifest,
            layout,
            inputs,
            networks,
            head,
        })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the features of the networks lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What the networks take of a patch, each once.
    pub fn inputs(&self) -> &[PatchInput] {
        &self.inputs
    }

    /// New run state, for one thread.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine cannot prepare it.
    pub fn session(&self) -> Result<ModelSession, ModelError> {
        Ok(ModelSession {
            networks: self
                .networks
                .iter()
                .map(Plan::session)
                .collect::<Result<_, _>>()?,
            head: self.head.session()?,
        })
    }

    /// Runs the front networks on a clip. `log_mels` are its spectrograms, one
    /// array for each of the [`inputs`](Self::inputs), with that input's
    /// [`shape`](PatchInput::shape) but the windows of all patches, patch by
    /// patch: (patches x windows) x frames x mel bands.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`] if a network gives numbers that are none, and
    /// [`ModelError::Run`] if the engine fails: no finite spectrograms of these shapes
    /// should cause either, so it is the model's fault.
    /// [`ModelError::NoLogMel`] if `log_mels` lacks an input.
    pub fn clip_features(
        &self,
        session: &mut ModelSession,
        log_mels: &[Array3<f32>],
    ) -> Result<ClipFeatures, ModelError> {
        let mut patches: Vec<Vec<f32>> = vec![];
        for (network, session) in self.manifest.networks.iter().zip(&mut session.networks) {
            let log_mel = self
                .input(log_mels, |input| input == network.input())
                .ok_or_else(|| ModelError::NoLogMel(network.name.clone()))?;
            let values = windows::per_patch(network, session, log_mel)?;
            patches.resize_with(values.len(), || Vec::with_capacity(self.layout.patch_len()));
            for (patch, values) in patches.iter_mut().zip(values) {
                patch.extend(values);
            }
        }
        if let Some(meter) = &self.recording {
            let log_mel = self
                .input(log_mels, |input| input.front_end == FrontEnd::Musicnn)
                .ok_or_else(|| ModelError::NoLogMel(features::RECORDING.into()))?;
            let values = meter.measure(log_mel.view()).values();
            patches.iter_mut().for_each(|patch| patch.extend(values));
        }
        let patches = patches.into_iter().map(PatchFeatures).collect();
        Ok(ClipFeatures { patches })
    }

    /// The first of a clip's spectrograms that is wanted.
    fn input<'l>(
        &self,
        log_mels: &'l [Array3<f32>],
        wanted: impl Fn(PatchInput) -> bool,
    ) -> Option<&'l Array3<f32>> {
        let mut inputs = self.inputs.iter().zip(log_mels);
        let (_, log_mel) = inputs.find(|(input, _)| wanted(**input))?;
        Some(log_mel)
    }

    /// Runs the head on a clip's features: 16 logits, which are finite.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`] and [`ModelError::Run`] as in
    /// [`clip_features`](Self::clip_features).
    pub fn logits(
        &self,
        session: &mut ModelSession,
        features: &ClipFeatures,
    ) -> Result<[f32; GENRE_COUNT], ModelError> {
        let pooled = features.pooled(&self.layout);
        let outputs = session.head.run(iter::once(pooled.as_slice()))?;
        outputs
            .first()
            .and_then(|logits| logits.as_slice().try_into().ok())
            .ok_or_else(|| {
                ModelError::run(&self.manifest.head.file, "it has no output of 16 logits")
            })
    }

    /// The calibrated probabilities of `logits` under `prior`.
    ///
    /// # Panics
    /// If a logit is not finite: see [`Calibration::posterior`].
    pub fn posterior(&self, logits: &[f32; GENRE_COUNT], prior: &Prior) -> Probabilities {
        self.manifest.calibration().posterior(logits, prior)
    }
}

/// What the networks take of a patch, in the order of the first that takes it.
fn distinct_inputs(manifest: &Manifest) -> Vec<PatchInput> {
    let mut inputs = vec![];
    for input in manifest.networks.iter().map(Network::input) {
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    inputs
}

/// The plans of these ONNX files. Optimising them is most of the start-up: each gets
/// a thread, or the caller's where none can be had.
fn load_plans(files: &Files, wanted: &[(&str, Signature)]) -> Result<Vec<Plan>, ModelError> {
    let load = |(file, signature): &(&str, Signature)| -> Result<Plan, ModelError> {
        Plan::load(file, &files.read(file, MOST_ONNX_BYTES)?, signature)
    };
    thread::scope(|scope| {
        let started: Vec<_> = wanted
            .iter()
            .map(|one| {
                thread::Builder::new()
                    .spawn_scoped(scope, || load(one))
                    .map_err(|_| one)
            })
            .collect();
        started
            .into_iter()
            .map(|thread| match thread {
                Ok(thread) => thread.join().expect("panics are contained in it"),
                Err(one) => load(one),
            })
            .collect()
    })
}

/// What a front network takes and gives.
fn network_signature(network: &Network, cut: &PatchCut) -> Signature {
    let batch = network.batch;
    let mut outputs = vec![
        ("tag_logits", vec![batch, network.tags.len()]),
        ("embedding", vec![batch, network.embedding]),
    ];
    if network.pooled > 0 {
        outputs.push(("pooled", vec![batch, network.pooled]));
    }
    let [_, frames, bands] = network.input().shape(cut);
    Signature {
        input: ("log_mel", vec![batch, frames, bands]),
        outputs,
        channels_last: network.channels_last,
    }
}
