//! One file from path to features: load, cut into patches, run the networks.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use ndarray::Array2;
use thiserror::Error;

use crate::audio::{AudioError, AudioLoader, contain_panic};
use crate::genre::GENRE_COUNT;
use crate::model::{ClipFeatures, Model, ModelError, ModelSession, Patch};
use crate::spectrogram::{HOP_LENGTH, LogMel};

/// Why a file has no features.
#[derive(Debug, Error)]
pub enum AnalysisError {
    /// Its audio cannot be used.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The networks failed on it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The deadline came first.
    #[error("was not reached before the deadline")]
    Deadline,
    /// A defect of this program that the file brought to light.
    #[error("made the analysis panic; please report it: {0}")]
    Panic(String),
}

/// A point in time after which no more work is begun.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Never.
    pub const NEVER: Self = Self(None);

    /// `budget` after `start`; never, if that is beyond what the clock counts.
    pub fn after(start: Instant, budget: Duration) -> Self {
        Self(start.checked_add(budget))
    }

    /// Whether it has come.
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|at| Instant::now() >= at)
    }
}

/// What was found out about a file.
#[derive(Debug)]
pub struct Analysis {
    /// Of all patches that were looked at.
    pub features: ClipFeatures,
    /// Duration of the analysed audio in seconds.
    pub seconds: f64,
    /// What the user should know though all went well.
    pub warning: Option<String>,
}

/// Analyses files one after the other. Every thread has its own; the model is
/// shared.
pub struct Analyzer<'m> {
    model: &'m Model,
    session: ModelSession,
    loader: AudioLoader,
    log_mel: LogMel,
    patch: Array2<f32>,
    deadline: Deadline,
}

impl<'m> Analyzer<'m> {
    /// An analyzer that gives up on a file when `deadline` has passed.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine cannot prepare the model.
    pub fn new(model: &'m Model, deadline: Deadline) -> Result<Self, ModelError> {
        let manifest = model.manifest();
        Ok(Self {
            model,
            session: model.session()?,
            loader: AudioLoader::default(),
            log_mel: LogMel::default(),
            patch: Array2::zeros((manifest.patch.frames, manifest.front_end.n_mels)),
            deadline,
        })
    }

    /// The features of the file at `path`.
    ///
    /// # Errors
    /// [`AnalysisError`]; the analyzer can be used for other files after any.
    pub fn features(&mut self, path: &Path) -> Result<Analysis, AnalysisError> {
        if self.deadline.has_passed() {
            return Err(AnalysisError::Deadline);
        }
        match contain_panic(|| self.try_features(path)) {
            Ok(result) => result,
            Err(panic) => {
                *self = Self::new(self.model, self.deadline)?;
                Err(AnalysisError::Panic(panic))
            }
        }
    }

    /// The head's logits for features of this model.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine fails.
    pub fn logits(&mut self, features: &ClipFeatures) -> Result<[f32; GENRE_COUNT], ModelError> {
        self.model.logits(&mut self.session, features)
    }

    fn try_features(&mut self, path: &Path) -> Result<Analysis, AnalysisError> {
        let cut = &self.model.manifest().patch;
        let audio = self
            .loader
            .load_parts(path, &|samples| wanted_samples(samples, cut))?;
        let needed = (cut.frames - 1) * HOP_LENGTH;
        let repeated;
        let samples = if audio.samples.len() < needed {
            repeated = repeat_to(audio.samples, needed);
            &repeated
        } else {
            audio.samples
        };
        let frames = LogMel::frame_count(samples.len());
        let starts = patch_starts(frames, cut.frames, cut.max_patches);
        let mut patches = Vec::with_capacity(starts.len());
        for start in starts {
            if self.deadline.has_passed() {
                return Err(AnalysisError::Deadline);
            }
            self.log_mel.frames(samples, start, self.patch.view_mut());
            let features = self
                .model
                .patch_features(&mut self.session, self.patch.view())?;
            patches.push(features);
        }
        Ok(Analysis {
            features: ClipFeatures { patches },
            seconds: audio.seconds(),
            warning: audio.warning(),
        })
    }
}

/// The parts of a clip of so many samples at 16 kHz that patches are cut from:
/// all of it, if it is shorter than a patch.
pub fn wanted_samples(samples: usize, cut: &Patch) -> Vec<Range<usize>> {
    if samples < (cut.frames - 1) * HOP_LENGTH {
        return std::iter::once(0..samples).collect();
    }
    patch_starts(LogMel::frame_count(samples), cut.frames, cut.max_patches)
        .into_iter()
        .map(|start| LogMel::samples_of(start..start + cut.frames, samples))
        .collect()
}

/// `samples` over and over, `length` in all.
fn repeat_to(samples: &[f32], length: usize) -> Vec<f32> {
    samples.iter().copied().cycle().take(length).collect()
}

/// First frames of the patches of a clip: as many whole patches as fit without
/// overlap, `max` at most, spread evenly from the first frame to the last; a
/// single patch stands in the middle. `frames` must be at least `patch_frames`.
fn patch_starts(frames: usize, patch_frames: usize, max: usize) -> Vec<usize> {
    let room = frames - patch_frames;
    match (frames / patch_frames).min(max) {
        1 => vec![room / 2],
        count => (0..count).map(|i| i * room / (count - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_thirty_second_clip_has_ten_patches() {
        let frames = LogMel::frame_count(30 * 16_000);
        let starts = patch_starts(frames, 187, 10);
        assert_eq!(starts.len(), 10);
        assert_eq!((starts[0], starts[9]), (0, frames - 187));
    }

    #[test]
    fn a_single_patch_stands_in_the_middle() {
        assert_eq!(patch_starts(187, 187, 10), [0]);
        assert_eq!(patch_starts(287, 187, 10), [50]);
        assert_eq!(patch_starts(2_000, 187, 1), [906]);
    }

    proptest! {
        #[test]
        fn patches_fit_and_do_not_overlap(frames in 187..100_000_usize, max in 1..40_usize) {
            let starts = patch_starts(frames, 187, max);
            prop_assert!(!starts.is_empty() && starts.len() <= max);
            prop_assert!(starts.windows(2).all(|pair| pair[0] + 187 <= pair[1]));
            prop_assert!(starts.last().unwrap() + 187 <= frames);
        }
    }

    #[test]
    fn a_deadline_passes_once_and_never_never() {
        assert!(!Deadline::NEVER.has_passed());
        assert!(!Deadline::after(Instant::now(), Duration::MAX).has_passed());
        assert!(Deadline::after(Instant::now(), Duration::ZERO).has_passed());
    }
}
