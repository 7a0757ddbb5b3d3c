//! One file from path to [`Record`].

use std::time::Duration;

use super::analysis::{Analysis, AnalysisError, Analyzer, Limits, SegmentAnalysis};
use super::record::{AudioFacts, Record, Segment, Status};
use super::tag_genre::tag_genre_until;
use crate::audio::{ClipSource, Formats};
use crate::genre::Probabilities;
use crate::model::{Model, ModelError, Prior};
use crate::panics;
use crate::payload::PayloadFile;

/// What is to be found out about each file of a run.
pub struct Question<'m> {
    /// The model that is asked.
    pub model: &'m Model,
    /// How likely each genre is before anything was heard.
    pub prior: Prior,
    /// Which files are taken for audio.
    pub formats: Formats,
    /// When to give up on the files that are left, and on a single one.
    pub limits: Limits,
    /// Duration of the segments of a [timeline](Record::timeline), if there is to
    /// be one.
    pub timeline: Option<Duration>,
    /// Whether to read the [genre](Record::tag_genre) that a file's own tag names.
    pub read_tags: bool,
    /// Whether the [embedding](Record::embedding) is wanted.
    pub embedding: bool,
}

/// Classifies files one after the other. Every thread has its own; the question
/// is shared.
pub struct Classifier<'q> {
    question: &'q Question<'q>,
    analyzer: Analyzer<'q>,
    fallback: Probabilities,
}

impl<'q> Classifier<'q> {
    /// A classifier that answers `question`.
    ///
    /// # Errors
    /// [`ModelError::Run`] if the engine cannot prepare the model.
    pub fn new(question: &'q Question<'q>) -> Result<Self, ModelError> {
        let calibration = question.model.manifest().calibration();
        Ok(Self {
            question,
            analyzer: Analyzer::new(question.model, question.formats, question.limits)?,
            fallback: calibration.fallback(&question.prior),
        })
    }

    /// What is to be said of `file`, which stands at `index` in the run, and the
    /// error behind it if it is [`Status::Unusable`].
    pub fn classify(
        &mut self,
        index: usize,
        file: PayloadFile<'_>,
    ) -> (Record, Option<AnalysisError>) {
        self.classify_source(index, file, ClipSource::File(file.path))
    }

    /// As [`classify`](Self::classify), of what `source` holds under the names of
    /// `file`. Bytes in memory have no tag.
    pub fn classify_source(
        &mut self,
        index: usize,
        file: PayloadFile<'_>,
        source: ClipSource<'_>,
    ) -> (Record, Option<AnalysisError>) {
        let mut record = Record {
            index,
            path: file.path.to_path_buf(),
            id: file.id.to_vec(),
            status: Status::Ok,
            remark: None,
            audio: None,
            probabilities: self.fallback,
            timeline: Vec::new(),
            tag_genre: None,
            embedding: None,
        };
        let deadline = self.question.limits.for_file();
        let answer = self.answer(source, &mut record);
        // Last, with the time that is left: on a slow disk the audio has precedence.
        if let ClipSource::File(path) = source
            && self.question.read_tags
            && !deadline.has_passed()
        {
            record.tag_genre = tag_genre_until(path, deadline);
        }
        match answer {
            Ok(()) => (record, None),
            Err(error) => {
                record.probabilities = self.fallback;
                record.status = Status::Unusable;
                record.remark = Some(error.to_string());
                record.audio = decoded_of(&error);
                (record, Some(error))
            }
        }
    }

    /// The features of a clip, as [`Analyzer::features`].
    ///
    /// # Errors
    /// As there.
    pub fn features(&mut self, source: ClipSource<'_>) -> Result<Analysis, AnalysisError> {
        self.analyzer.features(source)
    }

    fn answer(&mut self, source: ClipSource<'_>, record: &mut Record) -> Result<(), AnalysisError> {
        let analysis = self.analyzer.features(source)?;
        let question = self.question;
        record.probabilities = panics::contain(|| {
            let logits = self.analyzer.logits(&analysis.features)?;
            Ok(question.model.posterior(&logits, &question.prior))
        })
        .unwrap_or_else(|panic| Err(AnalysisError::Panic(panic)))?;
        if question.embedding {
            record.embedding = Some(question.model.layout().music_embedding(&analysis.features));
        }
        let Analysis {
            features,
            audio,
            remark,
            gain_db,
        } = analysis;
        if let Some(length) = question.timeline {
            record.timeline = self.timeline(source, length, gain_db)?;
        }
        tracing::debug!(
            "{:?}: {:.1} s, {} patches",
            record.path,
            audio.seconds,
            features.patches.len()
        );
        record.audio = Some(audio);
        if remark.is_some() {
            record.status = Status::Warning;
            record.remark = remark;
        }
        Ok(())
    }

    fn timeline(
        &mut self,
        source: ClipSource<'_>,
        length: Duration,
        gain_db: f64,
    ) -> Result<Vec<Segment>, AnalysisError> {
        let question = self.question;
        let segments = self.analyzer.segments(source, length, gain_db)?;
        let answer = |segment: &SegmentAnalysis| Segment {
            start: segment.start,
            end: segment.end,
            probabilities: match &segment.logits {
                Some(logits) => question.model.posterior(logits, &question.prior),
                None => self.fallback,
            },
        };
        Ok(segments.iter().map(answer).collect())
    }
}

/// What was decoded of a file that cannot be used.
fn decoded_of(error: &AnalysisError) -> Option<AudioFacts> {
    match error {
        AnalysisError::Audio(error) => {
            let (seconds, stats) = error.decoded()?;
            Some(AudioFacts::new(seconds, &stats))
        }
        AnalysisError::Steady { audio, .. } => Some(*audio),
        AnalysisError::Model(_)
        | AnalysisError::Deadline
        | AnalysisError::FileTimeout(_)
        | AnalysisError::Panic(_) => None,
    }
}
