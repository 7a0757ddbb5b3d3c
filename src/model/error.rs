//! What can be wrong with a model.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A model cannot be loaded or run.
#[derive(Debug, Error)]
pub enum ModelError {
    /// No bundled model has this name.
    #[error("there is no model named {name:?}; bundled models: {known}")]
    UnknownName {
        /// The name asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A file of the model cannot be read.
    #[error("cannot read {path:?}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The manifest is not what this program reads.
    #[error("model.json: {0}")]
    Manifest(String),
    /// A network does not load or has other inputs or outputs than announced.
    #[error("{file}: {cause}")]
    Network {
        /// The ONNX file.
        file: String,
        /// The cause.
        cause: String,
    },
    /// The inference engine failed.
    #[error("inference failed: {0}")]
    Run(String),
}
