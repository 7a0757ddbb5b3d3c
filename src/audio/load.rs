//! One file's audio, or the reason why there is none.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use super::decode::{self, DecodeStats};
use super::fallback;
use super::partial::{self, Choice};
use super::resample::MonoResampler;
use super::{MAX_BYTES, MAX_SECONDS, MIN_SECONDS, SAMPLE_RATE, SILENCE_PEAK};

/// Why a file has no audio to classify.
#[derive(Debug, Error)]
pub enum AudioError {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A pipe, socket, device or folder.
    #[error("is not a regular file")]
    NotAFile,
    /// No bytes at all.
    #[error("is empty (0 bytes)")]
    Empty,
    /// Neither decoder found MPEG audio.
    #[error("holds no MPEG audio{}", .looks_like.map(|kind| format!(" (it looks like {kind})")).unwrap_or_default())]
    NoMpegAudio {
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
    #[error("has only {seconds:.2} s of audio (at least {MIN_SECONDS} s are needed)")]
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
}

/// Decoded audio of one file, borrowed from the [`AudioLoader`].
#[derive(Debug)]
pub struct Audio<'a> {
    /// Mono at [`SAMPLE_RATE`], finite, within -1 to 1.
    pub samples: &'a [f32],
    /// What the decoder met.
    pub stats: DecodeStats,
}

impl Audio<'_> {
    /// Duration of the analysed audio in seconds.
    pub fn seconds(&self) -> f64 {
        seconds(self.samples.len())
    }

    /// What the user should know though the file could be classified.
    pub fn warning(&self) -> Option<String> {
        // A bad frame lasts 26 ms: a few of them are not worth a word.
        let is_worth_a_word = |lost: u64, of: u64| lost * 50 > of;
        let stats = &self.stats;
        let (found, damaged) = (stats.frames_found(), stats.frames_damaged);
        let announced = stats.frames_announced.map_or(0, u64::from);
        if stats.stopped_early {
            Some(format!("only the first {MAX_SECONDS} s were analysed"))
        } else if is_worth_a_word(damaged, found) {
            Some(format!("{damaged} of {found} frames are damaged"))
        } else if is_worth_a_word(announced.saturating_sub(found), announced) {
            Some(format!(
                "{found} frames were found where the file announces {announced}: it is cut short \
                 or damaged"
            ))
        } else {
            None
        }
    }
}

fn seconds(samples: usize) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

/// Reads and decodes files one after the other, reusing its buffers. Every
/// thread has its own.
#[derive(Default)]
pub struct AudioLoader {
    bytes: Vec<u8>,
    sink: MonoResampler,
}

impl AudioLoader {
    /// Reads and decodes the file at `path`.
    ///
    /// # Errors
    /// [`AudioError`] if no usable audio comes out; the file is at fault, not
    /// the run.
    pub fn load(&mut self, path: &Path) -> Result<Audio<'_>, AudioError> {
        self.read(path)?;
        whole(&mut self.sink, &self.bytes)
    }

    /// As [`load`](Self::load), but samples that `choice` does not ask for may
    /// be zero: it is told how many there are and says which it wants. Where
    /// the file allows it, the rest is not decoded, so that damage there goes
    /// unnoticed.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_parts(
        &mut self,
        path: &Path,
        choice: &Choice<'_>,
    ) -> Result<Audio<'_>, AudioError> {
        self.read(path)?;
        parts(&mut self.sink, &self.bytes, choice)
    }

    /// As [`load`](Self::load), of a file that is in memory.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Audio<'_>, AudioError> {
        whole(&mut self.sink, bytes)
    }

    /// As [`load_parts`](Self::load_parts), of a file that is in memory.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn decode_parts(
        &mut self,
        bytes: &[u8],
        choice: &Choice<'_>,
    ) -> Result<Audio<'_>, AudioError> {
        parts(&mut self.sink, bytes, choice)
    }

    fn read(&mut self, path: &Path) -> Result<(), AudioError> {
        // Checked before opening: opening a pipe would wait for a writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(AudioError::NotAFile);
        }
        self.bytes.clear();
        File::open(path)?
            .take(MAX_BYTES)
            .read_to_end(&mut self.bytes)?;
        Ok(())
    }
}

fn whole<'s>(sink: &'s mut MonoResampler, bytes: &[u8]) -> Result<Audio<'s>, AudioError> {
    let stats = decode_into(sink, bytes)?;
    let samples = sink.finish();
    check(samples, stats)?;
    Ok(Audio { samples, stats })
}

fn parts<'s>(
    sink: &'s mut MonoResampler,
    bytes: &[u8],
    choice: &Choice<'_>,
) -> Result<Audio<'s>, AudioError> {
    sink.clear();
    match partial::decode(bytes, sink, choice) {
        Some(stats) if check(sink.finish(), stats).is_ok() => Ok(Audio {
            samples: sink.finish(),
            stats,
        }),
        // What is wrong with a file is for the whole of it to say.
        _ => whole(sink, bytes),
    }
}

/// Decodes `bytes` into the emptied `sink`, with the second decoder if the
/// first finds nothing.
fn decode_into(sink: &mut MonoResampler, bytes: &[u8]) -> Result<DecodeStats, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty);
    }
    sink.clear();
    let mut stats = decode::decode(bytes, sink);
    if sink.finish().is_empty() {
        sink.clear();
        stats = fallback::decode(bytes, sink);
    }
    if stats.frames == 0 {
        let looks_like = other_format(bytes);
        return Err(AudioError::NoMpegAudio { looks_like });
    }
    let (damaged, found) = (stats.frames_damaged, stats.frames_found());
    if damaged * 10 > found * 9 {
        return Err(AudioError::Damaged { damaged, found });
    }
    Ok(stats)
}

fn check(samples: &[f32], stats: DecodeStats) -> Result<(), AudioError> {
    let seconds = seconds(samples.len());
    if seconds < MIN_SECONDS {
        return Err(AudioError::TooShort { seconds, stats });
    }
    let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    if peak < SILENCE_PEAK {
        let peak_db = 20.0 * peak.log10();
        return Err(AudioError::Silent {
            peak_db,
            seconds,
            stats,
        });
    }
    Ok(())
}

/// Names formats that are often renamed to mp3, by their magic numbers.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(usize, &[u8], &str); 8] = [
        (0, b"RIFF", "a WAV file"),
        (0, b"OggS", "an Ogg file"),
        (0, b"fLaC", "a FLAC file"),
        (4, b"ftyp", "an MP4 or M4A file"),
        (0, b"FORM", "an AIFF file"),
        (0, b"\x30\x26\xb2\x75", "a WMA file"),
        (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
        (0, b"<", "a web page or XML"),
    ];
    let starts = |offset: usize, magic: &[u8]| {
        bytes
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    MAGIC
        .iter()
        .find(|(offset, magic, _)| starts(*offset, magic))
        .map(|(.., name)| *name)
        .or_else(|| {
            let text = bytes
                .iter()
                .take(512)
                .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
            text.then_some("text")
        })
}
