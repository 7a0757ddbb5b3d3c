//! Why a file has no audio to classify.

use std::io;

use thiserror::Error;

use super::{DecodeStats, MIN_SECONDS, timed};

/// Why a file has no audio to classify. Its `Display` continues the file's name.
#[derive(Debug, Error)]
pub enum AudioError {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    /// A pipe, socket, device or folder.
    #[error("is not a regular file")]
    NotAFile,
    /// No bytes at all.
    #[error("is empty (0 bytes)")]
    Empty,
    /// No decoder found MPEG audio.
    #[error("holds no MPEG audio{}", it_looks_like(*.looks_like))]
    NoMpegAudio {
        /// What its first bytes say, where that is known.
        looks_like: Option<&'static str>,
    },
    /// No decoder found audio of any kind.
    #[error("holds no audio that can be decoded{}", it_looks_like(*.looks_like))]
    NoAudio {
        /// What its first bytes say, where that is known.
        looks_like: Option<&'static str>,
    },
    /// Hardly a frame can be decoded: what looks like frames is noise.
    #[error("is damaged: {damaged} of {found} frames cannot be decoded")]
    Damaged {
        /// Frames that gave nothing.
        damaged: u64,
        /// Frames in all.
        found: u64,
    },
    /// Less audio than can be classified.
    #[error("has only {} s of audio (at least {MIN_SECONDS} s are needed)", rounded_down(*.seconds))]
    TooShort {
        /// What there is, in seconds.
        seconds: f64,
        /// What the decoder met.
        stats: DecodeStats,
    },
    /// Nothing but (near) digital silence.
    #[error("is silent (peak {peak_db:.0} dB full scale over {seconds:.1} s)")]
    Silent {
        /// Peak in dB relative to full scale; minus infinity for zeros.
        peak_db: f32,
        /// Duration in seconds.
        seconds: f64,
        /// What the decoder met.
        stats: DecodeStats,
    },
    /// Silence but for a moment.
    #[error("is silent but for {} s of {seconds:.1} s (at least {MIN_SECONDS} s of sound are needed)", rounded_down(*.heard))]
    HardlyASound {
        /// Seconds with sound.
        heard: f64,
        /// Duration in seconds.
        seconds: f64,
        /// What the decoder met.
        stats: DecodeStats,
    },
    /// The deadline came while it was being decoded.
    #[error("was not decoded before the deadline")]
    Deadline,
}

impl From<io::Error> for AudioError {
    fn from(error: io::Error) -> Self {
        match timed::is_deadline(&error) {
            true => Self::Deadline,
            false => Self::Read(error),
        }
    }
}

impl AudioError {
    /// What was decoded, if anything was: duration in seconds and statistics.
    pub fn decoded(&self) -> Option<(f64, DecodeStats)> {
        match self {
            Self::TooShort { seconds, stats }
            | Self::Silent { seconds, stats, .. }
            | Self::HardlyASound { seconds, stats, .. } => Some((*seconds, *stats)),
            _ => None,
        }
    }
}

fn it_looks_like(kind: Option<&str>) -> String {
    kind.map(|kind| format!(" (it looks like {kind})"))
        .unwrap_or_default()
}

/// To hundredths, so that 0.499 is not called the half second that is needed.
fn rounded_down(seconds: f64) -> String {
    format!("{:.2}", (seconds * 100.0).floor() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_just_too_short_is_not_said_to_be_long_enough() {
        let stats = DecodeStats::default();
        let seconds = 0.499;
        assert_eq!(
            AudioError::TooShort { seconds, stats }.to_string(),
            "has only 0.49 s of audio (at least 0.5 s are needed)"
        );
    }
}
