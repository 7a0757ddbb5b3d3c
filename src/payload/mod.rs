//! Which files: finding the mp3 files of a folder and naming their rows.

mod discover;
mod ids;

pub use discover::{Mp3File, Payload, PayloadError, PayloadWarning, discover};
