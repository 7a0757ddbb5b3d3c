//! From the bytes of an audio file to mono samples at 16 kHz.
//!
//! [`AudioLoader`] is the whole of it. A file goes through these rooms:
//!
//! - `source`: its bytes, in memory or through a window;
//! - `header`, `frames`, `sync`, `gapless`, `stream`: what an MPEG frame is, where the frames
//!   are, and what tags say of them;
//! - `decode`: frames to samples, with nanomp3; `other`: everything else, with
//!   symphonia;
//! - `pcm`: decoded samples on their way; `mono` mixes them down, `resample` brings
//!   them to 16 kHz;
//! - `parts` keeps what is wanted, [`Levels`] measures how loud it is, and
//!   [`Timeline`] puts together what is heard.

mod clip_source;
mod decode;
mod error;
mod frames;
mod gapless;
mod header;
mod levels;
mod load;
mod looks_like;
mod mono;
mod other;
mod parts;
mod pcm;
mod remarks;
mod resample;
mod source;
mod stream;
mod sync;
mod timed;
mod timeline;

pub use clip_source::{ClipSource, wav};
pub use error::AudioError;
pub use levels::Levels;
pub use load::{Audio, AudioFile, AudioLoader, Formats, heard};
pub use parts::Parts;
pub use pcm::{DecodeStats, Decoder, PcmBlock, PcmSink};
pub(crate) use timed::Timed;
pub use timeline::Timeline;

/// Sample rate that the networks were trained at, in Hz.
pub const SAMPLE_RATE: u32 = 16_000;

/// Audio shorter than this, in seconds, is not classified: repeated to the
/// 2 or 3 s that a network looks at, it would be a buzz at the repetition rate.
pub const MIN_SECONDS: f64 = 0.5;

/// Audio whose peak stays below this amplitude (-80 dB full scale; the dither
/// of 16-bit audio has a peak of about -84 dB) counts as silent.
pub const SILENCE_PEAK: f32 = 1e-4;

/// Decodes all MPEG audio in `data` (any layer, any version) into `sink`, in its own
/// rate and channels.
pub fn decode_mpeg(data: &[u8], sink: &mut impl PcmSink) -> DecodeStats {
    let audio = decode::MpegAudio::open(source::Source::memory(data));
    let decoded = audio.and_then(|audio| match audio {
        Some(mut audio) => audio.decode(None, sink),
        None => Ok(DecodeStats::default()),
    });
    decoded.expect("memory can always be read")
}
