//! One file from path to features: find the sound in it, cut it into patches, run the
//! networks.

use std::time::{Duration, Instant};

use thiserror::Error;

use super::clip_inputs::{ClipInputs, PatchAudio};
use super::patches::{FileRead, PatchReader};
use super::record::AudioFacts;
use crate::audio::{AudioError, AudioLoader, ClipSource, Formats, SAMPLE_RATE};
use crate::deadline::Deadline;
use crate::faults::fault_point;
use crate::genre::GENRE_COUNT;
use crate::model::{ClipFeatures, Model, ModelError, ModelSession};
use crate::panics;
use crate::spectrogram::variance_over_time;

/// Why a file has no features.
#[derive(Debug, Error)]
pub enum AnalysisError {
    /// Its audio cannot be used.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// Nothing changes in it: no music does that.
    #[error("holds nothing but a steady sound (noise, hum or a tone) over {seconds:.1} s")]
    Steady {
        /// What was decoded.
        audio: AudioFacts,
        /// Duration in seconds.
        seconds: f64,
    },
    /// The networks failed on it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The deadline came first.
    #[error("was not reached before the deadline")]
    Deadline,
    /// It alone took too long.
    #[error("took longer than {}", humantime::format_duration(*.0))]
    FileTimeout(Duration),
    /// A defect of this program that the file brought to light.
    #[error("made the analysis panic; please report it: {0}")]
    Panic(String),
}

/// What was found out about a file.
#[derive(Debug)]
pub struct Analysis {
    /// Of all patches that were looked at.
    pub features: ClipFeatures,
    /// What was decoded.
    pub audio: AudioFacts,
    /// What the user should know though all went well.
    pub remark: Option<String>,
    /// By how much the clip was raised into the range of levels that the head knows, in
    /// dB.
    pub gain_db: f64,
}

/// What was found out about a segment of a file.
#[derive(Debug, Clone, Copy)]
pub struct SegmentAnalysis {
    /// In seconds from the beginning of the audio.
    pub start: f64,
    /// In seconds from the beginning of the audio.
    pub end: f64,
    /// The head's logits; none where nothing is heard but silence or a steady sound.
    pub logits: Option<[f32; GENRE_COUNT]>,
}

/// A clip whose level over time varies less than this has nothing in it that a genre
/// could be told by, in dB squared: see [`variance_over_time`]. White, pink and brown
/// noise have 0.7 to 0.9, tones and hum less than 0.2; of 1,951 clips six have less than
/// 1, recordings of rain and machines.
const LEAST_VARIANCE: f64 = 1.0;

/// Raising a clip by this much is worth a word, in dB.
const UNUSUAL_GAIN_DB: f64 = 20.0;

/// Analyses files one after the other. Every thread has its own; the model is
/// shared.
pub struct Analyzer<'m> {
    model: &'m Model,
    session: ModelSession,
    reader: PatchReader,
    inputs: ClipInputs,
    formats: Formats,
    limits: Limits,
    /// When to give up on the file at hand.
    file_deadline: Deadline,
}

/// When to give up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// On all files.
    pub deadline: Deadline,
    /// On a file that has taken so long.
    pub file_timeout: Option<Duration>,
}

impl From<Deadline> for Limits {
    fn from(deadline: Deadline) -> Self {
        Self {
            deadline,
            file_timeout: None,
        }
    }
}

impl Limits {
    /// When to give up on a file that is begun now.
    pub(super) fn for_file(&self) -> Deadline {
        let own = self.file_timeout.map_or(Deadline::NEVER, |timeout| {
            Deadline::after(Instant::now(), timeout)
        });
        own.min(self.deadline)
    }
}

impl<'m> Analyzer<'m> {
    /// An analyzer of files in these formats that gives up on a file when one of `limits`
    /// has been reached.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine cannot prepare the model.
    pub fn new(
        model: &'m Model,
        formats: Formats,
        limits: impl Into<Limits>,
    ) -> Result<Self, ModelError> {
        let limits = limits.into();
        Ok(Self {
            model,
            session: model.session()?,
            reader: PatchReader::new(AudioLoader::new(formats, limits.deadline)),
            inputs: ClipInputs::new(model),
            formats,
            limits,
            file_deadline: limits.deadline,
        })
    }

    /// The features of a clip.
    ///
    /// # Errors
    /// [`AnalysisError`]; the analyzer can be used for other clips after any.
    pub fn features(&mut self, source: ClipSource<'_>) -> Result<Analysis, AnalysisError> {
        if self.limits.deadline.has_passed() {
            return Err(AnalysisError::Deadline);
        }
        self.file_deadline = self.limits.for_file();
        self.reader.loader.set_deadline(self.file_deadline);
        self.guarded(|analyzer| analyzer.try_features(source))
    }

    /// Which of the limits was reached.
    fn too_late(&self) -> AnalysisError {
        match self.limits.file_timeout {
            Some(timeout) if !self.limits.deadline.has_passed() => {
                AnalysisError::FileTimeout(timeout)
            }
            _ => AnalysisError::Deadline,
        }
    }

    /// Does `work`, and starts anew after a panic.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, AnalysisError>,
    ) -> Result<T, AnalysisError> {
        match panics::contain(|| work(self)) {
            Ok(Err(AnalysisError::Audio(AudioError::Deadline))) => Err(self.too_late()),
            Ok(result) => result,
            Err(panic) => {
                *self = Self::new(self.model, self.formats, self.limits)?;
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

    fn try_features(&mut self, source: ClipSource<'_>) -> Result<Analysis, AnalysisError> {
        let manifest = self.model.manifest();
        let FileRead { audio, mut remarks } = self.reader.read(source, &manifest.patch)?;
        let gain_db = self.reader.raise_to(manifest.level.min_dbfs);
        if gain_db > UNUSUAL_GAIN_DB {
            remarks.push(format!("it is very quiet: raised by {gain_db:.0} dB"));
        }
        if self.file_deadline.has_passed() {
            return Err(self.too_late());
        }
        fault_point!("features");
        if !hears(&mut self.inputs, self.reader.patches()) {
            let seconds = audio.seconds;
            return Err(AnalysisError::Steady { audio, seconds });
        }
        let log_mels = self.inputs.log_mels();
        Ok(Analysis {
            features: self.model.clip_features(&mut self.session, log_mels)?,
            audio,
            remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
            gain_db,
        })
    }

    /// The segments of a clip, each `length` long but the last, every one
    /// looked at. They are raised by `gain_db`, as the file's patches are, so that what is
    /// quiet in it stays so.
    ///
    /// # Errors
    /// As for [`features`](Self::features).
    pub fn segments(
        &mut self,
        source: ClipSource<'_>,
        length: Duration,
        gain_db: f64,
    ) -> Result<Vec<SegmentAnalysis>, AnalysisError> {
        self.guarded(|analyzer| analyzer.try_segments(source, length, gain_db))
    }

    fn try_segments(
        &mut self,
        source: ClipSource<'_>,
        length: Duration,
        gain_db: f64,
    ) -> Result<Vec<SegmentAnalysis>, AnalysisError> {
        let Self {
            model,
            session,
            reader,
            inputs,
            ..
        } = self;
        let mut segments: Vec<SegmentAnalysis> = Vec::new();
        let mut failure = None;
        let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE);
        let cut = &model.manifest().patch;
        reader.segments(source, cut, length, gain_db, |range, patches| {
            let logits = match hears(inputs, patches) {
                true if failure.is_none() => model
                    .clip_features(session, inputs.log_mels())
                    .and_then(|features| model.logits(session, &features))
                    .map_err(|error| failure = Some(error))
                    .ok(),
                _ => None,
            };
            segments.push(SegmentAnalysis {
                start: seconds(range.start),
                end: seconds(range.end),
                logits,
            });
        })?;
        failure.map_or(Ok(segments), |error| Err(error.into()))
    }
}

/// Computes the inputs of patches; whether anything but a steady sound is in them.
fn hears(inputs: &mut ClipInputs, patches: &[PatchAudio]) -> bool {
    if patches.is_empty() {
        return false;
    }
    inputs.compute(patches);
    let variance = inputs.musicnn().and_then(variance_over_time);
    variance.is_none_or(|variance| variance >= LEAST_VARIANCE)
}
