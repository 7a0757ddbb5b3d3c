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
    /// A file of the model is not one that this program reads.
    #[error("{path:?} {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
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
    /// The inference engine failed on a network.
    #[error("{file}: inference failed: {cause}")]
    Run {
        /// The ONNX file.
        file: String,
        /// The cause.
        cause: String,
    },
    /// A network gives what no layer of a sound one gives: there is no answer to that.
    #[error(
        "{file}: its output {output} holds {value:?}, must be numbers from {:e} to {:e}",
        -MOST_OUTPUT, MOST_OUTPUT
    )]
    NotFinite {
        /// The ONNX file.
        file: String,
        /// The output.
        output: &'static str,
        /// NaN, infinite, or so big that statistics of it could become infinite.
        value: f32,
    },
    /// The environment variable that chooses the engine's operators holds another word.
    #[error("FMA_GENRE_ENGINE is {value:?}, must be \"added\" or \"plain\"")]
    Engine {
        /// What it holds.
        value: String,
    },
    /// A spectrogram that a network takes was not given.
    #[error("there is no log-mel for the network {0:?}")]
    NoLogMel(String),
}

/// Outputs of networks are at most so far from 0: those of the bundled networks reach
/// 110, and the squares of these in a standard deviation stay far from infinity.
pub(super) const MOST_OUTPUT: f32 = 1e9;

/// Longer messages than this come from names that somebody chose to be long.
const MOST_CHARACTERS: usize = 600;

impl ModelError {
    pub(super) fn manifest(problem: impl AsRef<str>) -> Self {
        Self::Manifest(printable(problem.as_ref()))
    }

    pub(super) fn network(file: &str, cause: impl AsRef<str>) -> Self {
        Self::Network {
            file: file.to_owned(),
            cause: printable(cause.as_ref()),
        }
    }

    pub(super) fn run(file: &str, cause: impl AsRef<str>) -> Self {
        Self::Run {
            file: file.to_owned(),
            cause: printable(cause.as_ref()),
        }
    }
}

/// A message that may quote names from a hostile file, as one short line.
fn printable(message: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c.is_ascii_graphic();
    let plain = |c: char| if is_plain(c) { c } else { ' ' };
    let mut line: String = message.chars().take(MOST_CHARACTERS).map(plain).collect();
    if message.chars().nth(MOST_CHARACTERS).is_some() {
        line.push_str("...");
    }
    line
}
