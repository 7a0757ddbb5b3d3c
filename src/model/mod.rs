//! From log-mel patches to genre probabilities.
//!
//! A [`Model`] is a folder (see `models/README.md`): a manifest, one or more
//! front networks that turn a patch of 3 s into tag logits, an embedding and the
//! channels of their pooled layer, and a small head that turns the statistics of
//! these over a clip's patches into 16 genre logits. All calls to tract are in
//! `network.rs`.

mod bundle;
mod error;
mod features;
mod manifest;
mod network;
mod posterior;
mod prior;

use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use ndarray::ArrayView2;

pub use error::ModelError;
pub use features::{ClipFeatures, Layout, PatchFeatures, Pooling};
pub use manifest::{Manifest, Patch};
pub use posterior::Calibration;
pub use prior::{FMA_MEDIUM_COUNTS, Prior, PriorError};

use crate::genre::{GENRE_COUNT, Probabilities};
use bundle::Files;
use manifest::Network;
use network::{Plan, Session, Signature};

/// A loaded model, shared by all threads.
pub struct Model {
    manifest: Manifest,
    layout: Layout,
    networks: Vec<Plan>,
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
    /// [`ModelError`] if a file is missing or damaged, or does not fit the
    /// manifest or this program (version, front end, shapes, classes).
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        Self::load(&Files::in_dir(dir))
    }

    fn load(files: &Files) -> Result<Self, ModelError> {
        let manifest = Manifest::parse(&files.read(manifest::FILE_NAME)?)?;
        let layout = Layout::new(&manifest);
        let networks = load_networks(files, &manifest)?;
        let signature = Signature {
            input: ("features", vec![1, layout.pooled_len()]),
            outputs: vec![("logits", vec![1, GENRE_COUNT])],
        };
        let head_file = &manifest.head.file;
        let head = Plan::load(head_file, &files.read(head_file)?, &signature)?;
        Ok(Self {
            manifest,
            layout,
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

    /// Runs the front networks on one patch, `patch.frames` x `n_mels`.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine fails, which no input should cause.
    pub fn patch_features(
        &self,
        session: &mut ModelSession,
        log_mel: ArrayView2<'_, f32>,
    ) -> Result<PatchFeatures, ModelError> {
        let mut values = Vec::with_capacity(self.layout.patch_len());
        for network in &mut session.networks {
            for output in network.run(log_mel.iter().copied())? {
                values.extend_from_slice(&output);
            }
        }
        Ok(PatchFeatures(values))
    }

    /// Runs the head on a clip's features: 16 logits.
    ///
    /// # Errors
    /// [`ModelError::Run`] as in [`patch_features`](Self::patch_features).
    pub fn logits(
        &self,
        session: &mut ModelSession,
        features: &ClipFeatures,
    ) -> Result<[f32; GENRE_COUNT], ModelError> {
        let pooled = features.pooled(&self.layout);
        let outputs = session.head.run(pooled.into_iter())?;
        outputs
            .first()
            .and_then(|logits| logits.as_slice().try_into().ok())
            .ok_or_else(|| ModelError::Run("the head has no output of 16 logits".into()))
    }

    /// The calibrated probabilities of `logits` under `prior`.
    pub fn posterior(&self, logits: &[f32; GENRE_COUNT], prior: &Prior) -> Probabilities {
        self.manifest.calibration().posterior(logits, prior)
    }
}

/// The plans of all networks. Optimising them is most of the start-up: each gets
/// a thread, or the caller's where none can be had.
fn load_networks(files: &Files, manifest: &Manifest) -> Result<Vec<Plan>, ModelError> {
    thread::scope(|scope| {
        let started: Vec<_> = manifest
            .networks
            .iter()
            .map(|network| {
                let load = || load_network(files, manifest, network);
                thread::Builder::new()
                    .spawn_scoped(scope, load)
                    .map_err(|_| network)
            })
            .collect();
        started
            .into_iter()
            .map(|thread| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(network) => load_network(files, manifest, network),
            })
            .collect()
    })
}

fn load_network(files: &Files, manifest: &Manifest, network: &Network) -> Result<Plan, ModelError> {
    let mut outputs = vec![
        ("tag_logits", vec![1, network.tags.len()]),
        ("embedding", vec![1, network.embedding]),
    ];
    if network.pooled > 0 {
        outputs.push(("pooled", vec![1, network.pooled]));
    }
    let signature = Signature {
        input: (
            "log_mel",
            vec![1, manifest.patch.frames, manifest.front_end.n_mels],
        ),
        outputs,
    };
    Plan::load(&network.file, &files.read(&network.file)?, &signature)
}
