//! The decoder against the reference PCM of conformance bitstreams.

mod common;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use common::{files_in, repository, shared};
use fma_genre::audio::{DecodeStats, PcmBlock, PcmSink, decode_mpeg};

/// Decoded audio as it comes, formats and all.
#[derive(Default)]
struct Collected {
    samples: Vec<f32>,
    formats: Vec<(usize, u32)>,
}

impl PcmSink for Collected {
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        self.samples.extend_from_slice(block.interleaved);
        let format = (block.channels, block.sample_rate);
        if self.formats.last() != Some(&format) {
            self.formats.push(format);
        }
        ControlFlow::Continue(())
    }

    /// The decoder that made the references leaves out what cannot be decoded.
    fn conceal(&mut self, _frames: usize, _sample_rate: u32) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn pass_over(&mut self, frames: usize, _sample_rate: u32) -> ControlFlow<()> {
        assert_eq!(frames, 0, "everything is decoded");
        ControlFlow::Continue(())
    }
}

fn decode_file(path: &Path) -> (Collected, DecodeStats) {
    let mut collected = Collected::default();
    let stats = decode_mpeg(&fs::read(path).unwrap(), &mut collected);
    (collected, stats)
}

/// 16-bit little endian samples, scaled to -1 to 1.
fn read_pcm(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect()
}

/// Peak signal-to-noise ratio in dB relative to full scale; the decoded
/// samples are limited to the 16-bit range as the reference is.
fn psnr_db(actual: &[f32], reference: &[f32]) -> f64 {
    let squares: f64 = actual
        .iter()
        .zip(reference)
        .map(|(a, r)| f64::from(a.clamp(-1.0, 32_767.0 / 32_768.0) - r).powi(2))
        .sum();
    let mean = squares / reference.len() as f64;
    -10.0 * mean.max(1e-30).log10()
}

/// What a difference of half a 16-bit step everywhere would give is 96.3 dB:
/// the reference can hardly tell more than that.
const REQUIRED_PSNR_DB: f64 = 96.0;

#[test]
fn own_vectors_decode_like_an_independent_decoder() {
    let folder = repository("tests/data");
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let vectors = manifest["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 12);
    for vector in vectors {
        let name = vector["file"].as_str().unwrap();
        let (collected, stats) = decode_file(&folder.join(name));
        let reference = read_pcm(&folder.join(vector["reference"].as_str().unwrap()));
        let channels = vector["channels"].as_u64().unwrap();
        let format = (
            channels as usize,
            vector["sample_rate"].as_u64().unwrap() as u32,
        );
        assert_eq!(collected.formats, [format], "{name}");
        assert_eq!(stats.frames_damaged + u64::from(stats.panics), 0, "{name}");
        assert_eq!(collected.samples.len(), reference.len(), "{name}: length");
        let frames = vector["frames"].as_u64().unwrap();
        assert_eq!(
            reference.len() as u64,
            frames * channels,
            "{name}: manifest"
        );
        let psnr = psnr_db(&collected.samples, &reference);
        println!("{name}: {psnr:.1} dB");
        assert!(psnr >= REQUIRED_PSNR_DB, "{name}: {psnr:.1} dB");
    }
}

#[test]
#[ignore = "needs ../shared/mp3-vectors"]
fn conformance_vectors_decode_to_the_reference() {
    let folder = shared("mp3-vectors");
    let mut compared = 0;
    for path in files_in(&folder, "bit") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let reference_path = path.with_extension("pcm");
        let (collected, stats) = decode_file(&path);
        assert!(collected.samples.iter().all(|x| x.is_finite()), "{name}");
        if !reference_path.is_file() {
            println!("{name}: no reference, {} samples", collected.samples.len());
            continue;
        }
        let reference = read_pcm(&reference_path);
        let length = format!("{} of {} samples", collected.samples.len(), reference.len());
        let psnr = match reference.len() {
            0 => f64::NAN,
            _ => psnr_db(&collected.samples, &reference),
        };
        println!("{name}: {psnr:.1} dB, {length}, {stats:?}");
        // The references of some streams lack the last frame, and that of
        // he_44_48khz ends where the sample rate changes; we go on.
        let extra = collected.samples.len().checked_sub(reference.len());
        let may_be_longer = if stats.format_changes > 0 {
            usize::MAX
        } else {
            1152 * stats.channels
        };
        assert!(
            extra.is_some_and(|e| e <= may_be_longer),
            "{name}: {length}"
        );
        assert!(
            reference.is_empty() || psnr >= REQUIRED_PSNR_DB,
            "{name}: {psnr:.1} dB"
        );
        compared += 1;
    }
    assert!(compared >= 25, "only {compared} vectors were compared");
}
