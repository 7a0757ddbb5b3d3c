//! Where a clip comes from.

use std::path::Path;

/// A file on disk or one that is in memory.
#[derive(Debug, Clone, Copy)]
pub enum ClipSource<'c> {
    /// A file at a path.
    File(&'c Path),
    /// The bytes of a file.
    Bytes(&'c [u8]),
}

/// Samples as the bytes of a WAV file, which [`ClipSource::Bytes`] takes: 32-bit floats,
/// `channels` of them interleaved, at `sample_rate` Hz. (RIFF, with format 3 of
/// `WAVE_FORMAT`: Microsoft, *Multiple Channel Audio Data and WAVE Files*.)
///
/// None if they do not fit into a WAV file: 4 GiB of samples or more.
pub fn wav(samples: &[f32], channels: u16, sample_rate: u32) -> Option<Vec<u8>> {
    const IEEE_FLOAT: u16 = 3;
    const BYTES: u16 = 4;
    let data = u32::try_from(samples.len() * usize::from(BYTES)).ok()?;
    let frame = channels.checked_mul(BYTES)?;
    let mut wav = Vec::with_capacity(44 + data as usize);
    wav.extend(b"RIFF");
    wav.extend(data.checked_add(36)?.to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(IEEE_FLOAT.to_le_bytes());
    wav.extend(channels.to_le_bytes());
    wav.extend(sample_rate.to_le_bytes());
    wav.extend(sample_rate.checked_mul(frame.into())?.to_le_bytes());
    wav.extend(frame.to_le_bytes());
    wav.extend((8 * BYTES).to_le_bytes());
    wav.extend(b"data");
    wav.extend(data.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Some(wav)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Deadline;
    use crate::audio::{AudioLoader, Formats, SAMPLE_RATE};

    #[test]
    fn samples_come_back_from_a_wav_file() {
        let samples: Vec<f32> = (0..SAMPLE_RATE)
            .map(|i| (i as f32 / 9.0).sin() / 2.0)
            .collect();
        let bytes = wav(&samples, 1, SAMPLE_RATE).unwrap();
        let mut loader = AudioLoader::new(Formats::Any, Deadline::NEVER);
        assert_eq!(loader.decode(&bytes).unwrap().samples, samples);
    }
}
