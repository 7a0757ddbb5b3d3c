//! Many files on several threads, for an iterator.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use fma_genre::audio::ClipSource;
use fma_genre::model::{Model, ModelError, Prior};
use fma_genre::pipeline::stream;
use fma_genre::pipeline::{AnalysisError, Record};
use pyo3::prelude::*;

use crate::engine::{Features, defect, embedding, features, row};
use crate::worker::{self, Worker};

/// Results that may wait for Python; the workers keep a few more each.
const WAITING: usize = 16;

/// What becomes of a file.
enum Answer {
    Prediction(Box<Record>),
    Features(Features),
}

/// An iterator over the results of files, in their order. Dropped, it stops the work
/// after the files under way.
#[pyclass(frozen, module = "fma_genre._native")]
pub(crate) struct Stream {
    choice: PathBuf,
    answers: Mutex<Receiver<Result<Answer, ModelError>>>,
    stop: Arc<AtomicBool>,
    /// The process whose threads do the work: a fork has none of them.
    process: u32,
}

impl Stream {
    pub(crate) fn start(
        (choice, model, prior): (PathBuf, &'static Model, Prior),
        paths: Vec<PathBuf>,
        jobs: usize,
        embed: Option<bool>,
    ) -> Self {
        let (sender, answers) = sync_channel(WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let should_stop = Arc::clone(&stop);
        thread::spawn(move || {
            let end = stream::run(
                paths.len(),
                NonZero::new(jobs).unwrap_or(NonZero::<usize>::MIN),
                &should_stop,
                || Worker::make(model, &prior),
                |worker, index| answer(model, worker, &paths[index], embed),
                // Nobody waits for it any more: end.
                |_, answer| sender.send(answer).map_err(drop),
            );
            if let Err(stream::StreamError::Worker(error)) = end {
                let _ = sender.send(Err(error));
            }
        });
        Self {
            choice,
            answers: Mutex::new(answers),
            stop,
            process: process::id(),
        }
    }
}

fn answer(
    model: &Model,
    worker: &mut Worker,
    path: &Path,
    embed: Option<bool>,
) -> Result<Answer, ModelError> {
    let source = ClipSource::File(path);
    match embed {
        Some(patches) => {
            let analysis = worker.features(source);
            features(model, analysis, patches).map(Answer::Features)
        }
        None => match worker.classify(path, source) {
            (_, Some(AnalysisError::Model(error))) => Err(error),
            (record, _) => Ok(Answer::Prediction(Box::new(record))),
        },
    }
}

#[pymethods]
impl Stream {
    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    /// A row of `Engine.predict_file`, or the array and the cause of
    /// `Engine.embed_file`.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if self.process != process::id() {
            return Err(defect("this iterator was begun in another process"));
        }
        let next = py.detach(|| {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.recv()
        });
        match next {
            // All threads have ended: there is nothing more.
            Err(_) => Ok(None),
            Ok(Err(error)) => Err(worker::failed(&self.choice, &error)),
            Ok(Ok(Answer::Prediction(record))) => {
                let row = row(py, *record).into_pyobject(py)?;
                Ok(Some(row.into_any().unbind()))
            }
            Ok(Ok(Answer::Features(rows))) => {
                let pair = embedding(py, rows).into_pyobject(py)?;
                Ok(Some(pair.into_any().unbind()))
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}
