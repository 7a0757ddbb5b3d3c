//! What `fma_genre.Classifier` is made of.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fma_genre::audio::{ClipSource, wav};
use fma_genre::genre::{GENRES, most_probable};
use fma_genre::model::{Model, Prior};
use fma_genre::pipeline::{Analysis, AnalysisError, Record, Status};
use numpy::ndarray::Array2;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::stream::Stream;
use crate::worker::{self, Worker};

/// Status, genre, probabilities, seconds, remark, genre of the file's own tag.
pub(crate) type Row<'py> = (
    &'static str,
    Option<&'static str>,
    Bound<'py, PyArray1<f64>>,
    Option<f64>,
    Option<String>,
    Option<String>,
);

/// Rows of features, or the cause why there are none.
pub(crate) type Embedding<'py> = (Option<Bound<'py, PyArray2<f32>>>, Option<String>);

/// Features as rows of an array, or why there are none.
pub(crate) type Features = Result<Array2<f32>, String>;

/// A model, a prior, and workers that wait for work.
#[pyclass(frozen, module = "fma_genre._native")]
pub(crate) struct Engine {
    choice: PathBuf,
    model: &'static Model,
    prior: Prior,
    idle: Mutex<Vec<Worker>>,
}

/// A clip that Python has handed over.
enum Clip {
    File(PathBuf),
    Bytes(PyBackedBytes),
    Wav(Vec<u8>),
}

impl Clip {
    fn samples(samples: &[f32], channels: u16, sample_rate: u32) -> PyResult<Self> {
        let wav = wav(samples, channels, sample_rate);
        wav.map(Self::Wav)
            .ok_or_else(|| PyValueError::new_err("too many samples: at most 4 GiB are possible"))
    }

    fn source(&self) -> (Cow<'_, Path>, ClipSource<'_>) {
        let nowhere = Cow::Borrowed(Path::new(""));
        match self {
            Self::File(path) => (Cow::Borrowed(path), ClipSource::File(path)),
            Self::Bytes(bytes) => (nowhere, ClipSource::Bytes(bytes)),
            Self::Wav(bytes) => (nowhere, ClipSource::Bytes(bytes)),
        }
    }
}

#[pymethods]
impl Engine {
    #[new]
    fn new(
        py: Python<'_>,
        model: PathBuf,
        prior: &str,
        weights: Option<Vec<f64>>,
    ) -> PyResult<Self> {
        let loaded = py.detach(|| worker::model(&model))?;
        let prior = match (weights, prior) {
            (Some(weights), _) => Prior::from_weights(&weights)
                .map_err(|error| PyValueError::new_err(error.to_string()))?,
            (None, "fma") => Prior::fma(),
            (None, "uniform") => Prior::uniform(),
            (None, other) => {
                let message = format!("prior must be fma, uniform or 16 weights, not {other:?}");
                return Err(PyValueError::new_err(message));
            }
        };
        Ok(Self {
            choice: model,
            model: loaded,
            prior,
            idle: Mutex::default(),
        })
    }

    /// Name and version of the model.
    #[getter]
    fn model(&self) -> (String, String) {
        let manifest = self.model.manifest();
        (manifest.name.clone(), manifest.version.clone())
    }

    fn feature_names(&self, patches: bool) -> Vec<String> {
        let layout = self.model.layout();
        match patches {
            true => layout.patch_names().to_vec(),
            false => layout.pooled_names(),
        }
    }

    fn predict_file<'py>(&self, py: Python<'py>, path: PathBuf) -> PyResult<Row<'py>> {
        self.predict(py, &Clip::File(path))
    }

    fn predict_bytes<'py>(&self, py: Python<'py>, data: PyBackedBytes) -> PyResult<Row<'py>> {
        self.predict(py, &Clip::Bytes(data))
    }

    fn predict_samples<'py>(
        &self,
        py: Python<'py>,
        samples: PyReadonlyArray1<'py, f32>,
        channels: u16,
        sample_rate: u32,
    ) -> PyResult<Row<'py>> {
        self.predict(
            py,
            &Clip::samples(samples.as_slice()?, channels, sample_rate)?,
        )
    }

    fn embed_file<'py>(
        &self,
        py: Python<'py>,
        path: PathBuf,
        patches: bool,
    ) -> PyResult<Embedding<'py>> {
        self.embed(py, &Clip::File(path), patches)
    }

    fn embed_bytes<'py>(
        &self,
        py: Python<'py>,
        data: PyBackedBytes,
        patches: bool,
    ) -> PyResult<Embedding<'py>> {
        self.embed(py, &Clip::Bytes(data), patches)
    }

    fn embed_samples<'py>(
        &self,
        py: Python<'py>,
        samples: PyReadonlyArray1<'py, f32>,
        channels: u16,
        sample_rate: u32,
        patches: bool,
    ) -> PyResult<Embedding<'py>> {
        let clip = Clip::samples(samples.as_slice()?, channels, sample_rate)?;
        self.embed(py, &clip, patches)
    }

    /// Results of many files, in order. `embed`: none for predictions, else whether
    /// each patch has a row.
    fn stream(&self, paths: Vec<PathBuf>, jobs: usize, embed: Option<bool>) -> Stream {
        let work = (self.choice.clone(), self.model, self.prior.clone());
        Stream::start(work, paths, jobs, embed)
    }
}

impl Engine {
    fn predict<'py>(&self, py: Python<'py>, clip: &Clip) -> PyResult<Row<'py>> {
        let answer = py.detach(|| {
            self.with_worker(|worker| {
                let (path, source) = clip.source();
                worker.classify(&path, source)
            })
        });
        let (record, error) = answer?;
        if let Some(AnalysisError::Model(error)) = &error {
            return Err(worker::failed(&self.choice, error));
        }
        Ok(row(py, record))
    }

    fn embed<'py>(&self, py: Python<'py>, clip: &Clip, patches: bool) -> PyResult<Embedding<'py>> {
        let analysis = py.detach(|| self.with_worker(|worker| worker.features(clip.source().1)))?;
        let rows = features(self.model, analysis, patches);
        let rows = rows.map_err(|error| worker::failed(&self.choice, &error))?;
        Ok(embedding(py, rows))
    }

    /// Does `work` with a worker that nobody else has.
    fn with_worker<T>(&self, work: impl FnOnce(&mut Worker) -> T) -> PyResult<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut worker = match waiting {
            Some(worker) => worker,
            None => Worker::make(self.model, &self.prior)
                .map_err(|error| worker::failed(&self.choice, &error))?,
        };
        let result = work(&mut worker);
        idle().push(worker);
        Ok(result)
    }
}

/// Features as Python takes them.
pub(crate) fn embedding(py: Python<'_>, rows: Features) -> Embedding<'_> {
    match rows {
        Ok(rows) => (Some(PyArray2::from_owned_array(py, rows)), None),
        Err(cause) => (None, Some(cause)),
    }
}

/// A record as Python takes it.
pub(crate) fn row(py: Python<'_>, record: Record) -> Row<'_> {
    let genre = match record.status {
        Status::Unusable => None,
        Status::Ok | Status::Warning => Some(GENRES[most_probable(&record.probabilities)]),
    };
    (
        record.status.name(),
        genre,
        PyArray1::from_slice(py, &record.probabilities),
        record.audio.map(|audio| audio.seconds),
        record.remark,
        record.tag_genre,
    )
}

/// The rows of an analysis: one, pooled, or one per patch. The inner error is the
/// file's, the outer one the model's.
pub(crate) fn features(
    model: &Model,
    analysis: Result<Analysis, AnalysisError>,
    patches: bool,
) -> Result<Features, fma_genre::model::ModelError> {
    let features = match analysis {
        Ok(analysis) => analysis.features,
        Err(AnalysisError::Model(error)) => return Err(error),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let layout = model.layout();
    let (shape, values) = match patches {
        true => (
            (features.patches.len(), layout.patch_len()),
            features
                .patches
                .into_iter()
                .flat_map(|patch| patch.0)
                .collect(),
        ),
        false => ((1, layout.pooled_len()), features.pooled(layout)),
    };
    Ok(Array2::from_shape_vec(shape, values).map_err(|error| error.to_string()))
}

/// For errors that no input should be able to cause.
pub(crate) fn defect(message: impl Into<String>) -> PyErr {
    PyRuntimeError::new_err(message.into())
}
