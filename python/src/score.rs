//! Scores, as the program's `score --json` has them.

use fma_genre::genre::{GENRE_COUNT, Probabilities};
use fma_genre::metrics::{Bootstrap, Evaluation, Sample};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::engine::defect;

/// An evaluation as JSON. `truths` are indices of genres; rows have 16 probabilities.
#[pyfunction]
pub(crate) fn score(
    py: Python<'_>,
    rows: Vec<Vec<f64>>,
    truths: Vec<usize>,
    seed: u64,
) -> PyResult<String> {
    if rows.len() != truths.len() || rows.is_empty() {
        return Err(PyValueError::new_err(
            "there must be as many labels as predictions, at least one",
        ));
    }
    let samples = rows.into_iter().zip(truths).enumerate();
    let samples = samples.map(|(index, (row, truth))| sample(index, row, truth));
    let samples: Vec<Sample> = samples.collect::<PyResult<_>>()?;
    let bootstrap = Bootstrap {
        seed,
        ..Bootstrap::default()
    };
    let evaluation = py.detach(|| Evaluation::new(&samples, bootstrap));
    serde_json::to_string(&evaluation).map_err(|error| defect(error.to_string()))
}

fn sample(index: usize, row: Vec<f64>, truth: usize) -> PyResult<Sample> {
    let count = row.len();
    let fail = |message: String| PyValueError::new_err(format!("prediction {index}: {message}"));
    let probabilities = Probabilities::try_from(row)
        .map_err(|_| fail(format!("{count} probabilities, not {GENRE_COUNT}")))?;
    if let Some(bad) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(fail(format!("{bad} is no probability")));
    }
    let sum: f64 = probabilities.iter().sum();
    if (sum - 1.0).abs() > fma_genre::submission::SUM_TOLERANCE {
        return Err(fail(format!("the probabilities sum to {sum}")));
    }
    if truth >= GENRE_COUNT {
        return Err(fail(format!("there is no genre {truth}")));
    }
    Ok(Sample {
        truth,
        probabilities,
    })
}
