//! From the bytes of an mp3 file to mono samples at 16 kHz.
//!
//! [`AudioLoader`] is the whole of it: read, decode ([`decode`]), downmix and
//! resample ([`resample`]). A file's bytes are read at once, [`MAX_BYTES`] at
//! most; every further step streams into the next, and the samples that are
//! kept are bounded by [`MAX_SECONDS`].

pub mod decode;
mod fallback;
mod gapless;
mod guard;
mod load;
mod partial;
pub mod resample;

pub use decode::{DecodeStats, PcmBlock, PcmSink};
pub use guard::contain_panic;
pub use load::{Audio, AudioError, AudioLoader};
pub use partial::Choice;

/// Sample rate that the networks were trained at, in Hz.
pub const SAMPLE_RATE: u32 = 16_000;

/// At most this much audio of a file is analysed, in seconds.
///
/// The challenge's clips last 30 s; a DJ set of hours must not cost more than
/// this. At 16 kHz mono it bounds the samples of one file to 58 MB.
pub const MAX_SECONDS: u32 = 900;

/// At most this many bytes of a file are read: [`MAX_SECONDS`] at 320 kbit/s
/// (36 MB) and generous room for tags and cover art in front.
pub const MAX_BYTES: u64 = 64 << 20;

/// Audio shorter than this, in seconds, is not classified: repeated to the
/// 2 or 3 s that a network looks at, it would be a buzz at the repetition rate.
pub const MIN_SECONDS: f64 = 0.5;

/// Audio whose peak stays below this amplitude (-80 dB full scale; the dither
/// of 16-bit audio has a peak of about -84 dB) counts as silent.
pub const SILENCE_PEAK: f32 = 1e-4;
