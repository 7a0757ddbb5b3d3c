//! The native part of the Python package `fma_genre`; its face is in `fma_genre/*.py`.
//!
//! Everything here is a thin cover of the Rust library: models are loaded once per
//! process, work is done without the interpreter's lock, and what comes back are
//! tuples and arrays that Python owns.

mod engine;
mod score;
mod stream;
mod worker;

use pyo3::prelude::*;

pyo3::import_exception!(fma_genre._errors, ModelError);

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fma_genre::panics::silence_contained();
    module.add("GENRES", fma_genre::genre::GENRES.to_vec())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<stream::Stream>()?;
    module.add_function(wrap_pyfunction!(score::score, module)?)
}
