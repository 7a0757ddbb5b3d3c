//! One file from path to features: load, cut into patches, run the networks.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::clip_inputs::ClipInputs;
use crate::audio::{AudioError, AudioLoader, DecodeStats, contain_panic};
use crate::genre::GENRE_COUNT;
use crate::model::{ClipFeatures, Model, ModelError, ModelSession, Patch};
use crate::spectrogram::LogMel;

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
    /// What the decoder met.
    pub stats: DecodeStats,
    /// What the user should know though all went well.
    pub warning: Option<String>,
}

/// Analyses files one after the other. Every thread has its own; the model is
/// shared.
pub struct Analyzer<'m> {
    model: &'m Model,
    session: ModelSession,
    loader: AudioLoader,
    inputs: ClipInputs,
    deadline: Deadline,
}

impl<'m> Analyzer<'m> {
    /// An analyzer that gives up on a file when `deadline` has passed.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine cannot prepare the model.
    pub fn new(model: &'m Model, deadline: Deadline) -> Result<Self, ModelError> {
        Ok(Self {
            model,
            session: model.session()?,
            loader: AudioLoader::default(),
            inputs: ClipInputs::new(model),
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
        let needed = cut.samples();
        let repeated;
        let samples = if audio.samples.len() < needed {
            repeated = repeat_to(audio.samples, needed);
            &repeated
        } else {
            audio.samples
        };
        let starts = patch_starts(samples.len(), cut);
        if self.deadline.has_passed() {
            return Err(AnalysisError::Deadline);
        }
        let log_mels = self.inputs.compute(samples, &starts);
        Ok(Analysis {
            features: self.model.clip_features(&mut self.session, log_mels)?,
            seconds: audio.seconds(),
            stats: audio.stats,
            warning: audio.warning(),
        })
    }
}

/// The parts of a clip of so many samples at 16 kHz that patches are cut from,
/// for all spectrograms: all of it, if it is shorter than a patch.
pub fn wanted_samples(samples: usize, cut: &Patch) -> Vec<Range<usize>> {
    if samples < cut.samples() {
        return std::iter::once(0..samples).collect();
    }
    patch_starts(samples, cut)
        .into_iter()
        .map(|start| LogMel::samples_of(start..start + cut.frames, samples))
        .collect()
}

/// `samples` over and over, `length` in all.
fn repeat_to(samples: &[f32], length: usize) -> Vec<f32> {
    samples.iter().copied().cycle().take(length).collect()
}

/// First frames of the patches of a clip of so many samples, at least a patch: as
/// many whole patches as fit without overlap, the manifest's maximum at most, each
/// in the middle of its share of the clip, so that a whole song is not judged by
/// its first and last notes.
pub fn patch_starts(samples: usize, cut: &Patch) -> Vec<usize> {
    let frames = LogMel::frame_count(samples);
    let count = (frames / cut.frames).min(cut.max_patches);
    (0..count)
        .map(|i| ((2 * i + 1) * frames - count * cut.frames) / (2 * count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrogram::HOP_LENGTH;
    use proptest::prelude::*;

    /// Of a clip of so many frames.
    fn starts(frames: usize, max_patches: usize) -> Vec<usize> {
        let cut = Patch {
            frames: 187,
            max_patches,
        };
        patch_starts((frames - 1) * HOP_LENGTH, &cut)
    }

    #[test]
    fn a_thirty_second_clip_has_ten_patches() {
        let cut = Patch {
            frames: 187,
            max_patches: 10,
        };
        let starts = patch_starts(30 * 16_000, &cut);
        // Of 1,876 frames, the ten patches need all but six.
        assert_eq!(
            starts,
            [0, 187, 375, 563, 750, 938, 1_125, 1_313, 1_501, 1_688]
        );
    }

    #[test]
    fn patches_stand_in_the_middle_of_their_shares() {
        // Shares of 1,000 frames, of which 406 come before the patch and 407 after.
        assert_eq!(starts(3_000, 3), [406, 1_406, 2_406]);
        assert_eq!(starts(187, 10), [0]);
        assert_eq!(starts(287, 10), [50]);
        assert_eq!(starts(2_000, 1), [906]);
    }

    proptest! {
        #[test]
        fn patches_fit_and_do_not_overlap(frames in 187..100_000_usize, max in 1..40_usize) {
            let starts = starts(frames, max);
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
