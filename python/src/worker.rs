//! Models that stay loaded, and those who work with them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fma_genre::Deadline;
use fma_genre::audio::{ClipSource, Formats};
use fma_genre::model::{Model, Prior};
use fma_genre::payload::PayloadFile;
use fma_genre::pipeline::{Analysis, AnalysisError, Classifier, Question, Record};
use pyo3::prelude::*;
use self_cell::self_cell;

use crate::ModelError;

/// The models of this process by name or folder. They stay until it ends: classifiers
/// come and go, as with every copy of a pickle, and loading takes a tenth of a second.
static MODELS: Mutex<Option<HashMap<PathBuf, &'static Model>>> = Mutex::new(None);

/// The model of this name or in this folder, loaded unless it has been.
pub(crate) fn model(choice: &Path) -> PyResult<&'static Model> {
    let mut models = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    let models = models.get_or_insert_default();
    if let Some(model) = models.get(choice) {
        return Ok(model);
    }
    let bundled = choice.to_str().filter(|_| !choice.is_dir());
    let loaded = match bundled {
        Some(name) => Model::bundled(name),
        None => Model::from_dir(choice),
    };
    let loaded = loaded.map_err(|error| failed(choice, &error))?;
    let model: &'static Model = Box::leak(Box::new(loaded));
    models.insert(choice.to_path_buf(), model);
    Ok(model)
}

/// An error of the model, with its causes.
pub(crate) fn failed(choice: &Path, error: &dyn std::error::Error) -> PyErr {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    ModelError::new_err((choice.display().to_string(), text))
}

self_cell!(
    /// A classifier with the question that it answers. Every thread has its own.
    pub(crate) struct Worker {
        owner: Question<'static>,
        #[covariant]
        dependent: Classifier,
    }
);

impl Worker {
    /// A worker that classifies any format; `read_tags` for the files' own genres.
    pub(crate) fn make(
        model: &'static Model,
        prior: &Prior,
    ) -> Result<Self, fma_genre::model::ModelError> {
        let question = Question {
            model,
            prior: prior.clone(),
            formats: Formats::Any,
            limits: Deadline::NEVER.into(),
            timeline: None,
            read_tags: true,
            embedding: false,
        };
        Self::try_new(question, |question| Classifier::new(question))
    }

    pub(crate) fn classify(
        &mut self,
        path: &Path,
        source: ClipSource<'_>,
    ) -> (Record, Option<AnalysisError>) {
        let file = PayloadFile { path, id: b"" };
        self.with_dependent_mut(|_, classifier| classifier.classify_source(0, file, source))
    }

    pub(crate) fn features(&mut self, source: ClipSource<'_>) -> Result<Analysis, AnalysisError> {
        self.with_dependent_mut(|_, classifier| classifier.features(source))
    }
}
