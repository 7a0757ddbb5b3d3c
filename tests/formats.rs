//! Formats other than MPEG audio, against the reference PCM of ffmpeg.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Bench, assert_close, repository};
use fma_genre::Deadline;
use fma_genre::audio::{Audio, AudioLoader, Formats};
use serde::Deserialize;

#[derive(Deserialize)]
struct Manifest {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    file: String,
    channels: usize,
    sample_rate: u32,
    /// Per channel.
    samples: usize,
    reference: Option<String>,
}

fn folder() -> PathBuf {
    repository("tests/data/formats")
}

fn vectors() -> Vec<Vector> {
    let manifest = fs::read(folder().join("manifest.json")).unwrap();
    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    manifest.vectors
}

fn load(path: &Path) -> Audio {
    AudioLoader::new(Formats::Any, Deadline::NEVER)
        .load(path)
        .unwrap_or_else(|error| panic!("{path:?} {error}"))
}

/// The mean of the channels of 16-bit little endian samples, scaled to -1 to 1.
fn read_mono(path: &Path, channels: usize) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let samples: Vec<f32> = bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect();
    let mean = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
    samples.chunks_exact(channels).map(mean).collect()
}

/// Half a step of 16 bits, and what rounding twice adds.
const TOLERANCE: f32 = 1.1 / 32_768.0;

/// AAC in MP4 begins with what the encoder needs to start up, about 60 ms: ffmpeg cuts
/// it off, this program hears it.
const AAC_PRIMING: usize = 1_024;

#[test]
fn every_format_decodes_to_the_samples_that_ffmpeg_finds() {
    let mut compared = 0;
    for vector in vectors() {
        let Vector {
            file, reference, ..
        } = &vector;
        let audio = load(&folder().join(file));
        assert_eq!(audio.stats.channels, vector.channels, "{file}");
        assert_eq!(audio.stats.sample_rate, vector.sample_rate, "{file}");
        assert_eq!(audio.stats.frames_damaged, 0, "{file}");
        assert_eq!(audio.remarks(), Vec::<String>::new(), "{file}");
        let Some(reference) = reference else {
            continue;
        };
        let reference = read_mono(&folder().join(reference), vector.channels);
        assert_eq!(reference.len(), vector.samples, "{file}: manifest");
        let lead = match file.ends_with(".m4a") && file.starts_with("aac") {
            true => AAC_PRIMING,
            false => 0,
        };
        let samples = &audio.samples[lead..];
        assert_eq!(samples.len(), reference.len(), "{file}: length");
        let differences = samples.iter().zip(&reference).map(|(a, r)| (a - r).abs());
        let largest = differences.fold(0.0, f32::max);
        println!("{file}: within {:.2} steps of 16 bits", largest * 32_768.0);
        assert!(largest <= TOLERANCE, "{file}: {largest}");
        compared += 1;
    }
    assert_eq!(compared, 13);
}

#[test]
fn another_sample_rate_gives_the_same_from_either_file() {
    let [flac, wav] = ["44k.flac", "44k.wav"].map(|name| load(&folder().join(name)));
    assert_eq!(flac.samples, wav.samples);
    assert_close(flac.seconds(), 1.0, 1e-4, "seconds");
}

#[test]
fn the_content_decides_and_not_the_ending() {
    let bench = Bench::new();
    for vector in vectors() {
        let bytes = fs::read(folder().join(&vector.file)).unwrap();
        bench.put(format!("{}.mp3", vector.file), &bytes);
    }
    let finished = bench.run(["classify", "payload", "--format", "jsonl"]);
    let finished = finished.expect_code(0);
    let text = String::from_utf8(finished.stdout).unwrap();
    let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let records: Vec<serde_json::Value> = records.collect();
    assert_eq!(records.len(), vectors().len());
    for record in records {
        assert_eq!(record["status"], "ok", "{record}");
        assert_eq!(record["decoder"], "symphonia", "{record}");
    }
}

/// As `.wav` and `.mp3` they were unusable for `classify`, though `predict` found the frames.
#[test]
fn mpeg_audio_in_a_wav_file_is_classified() {
    let mp3 = fs::read(common::example_clip()).unwrap();
    let size = (mp3.len() as u32).to_le_bytes();
    let format = [&[0x55, 0, 2, 0][..], &[0; 26]].concat();
    let bench = Bench::new();
    for (name, before) in [("a.mp3", &b""[..]), ("b.wav", b"LIST\x03\0\0\0abc\0")] {
        let wav = [
            &[
                b"RIFF",
                &size[..],
                b"WAVE",
                before,
                b"fmt \x1e\0\0\0",
                &format,
            ]
            .concat()[..],
            &[&b"data"[..], &size, &mp3].concat(),
        ];
        bench.put(name, &wav.concat());
    }
    bench.put("plain.mp3", &mp3);
    bench
        .run(["classify", "payload", "-o", "out.csv"])
        .expect_code(0)
        .expect_stderr("3 classified");
    let rows = bench.rows();
    for (_, row) in &rows[..2] {
        assert_eq!(row, &rows[2].1);
    }
}

#[test]
fn predict_reads_mpeg_audio_alone_and_names_what_else_it_is() {
    let bench = Bench::new();
    for name in ["pcm-16.wav", "flac-16.flac", "vorbis.ogg", "alac.m4a"] {
        let bytes = fs::read(folder().join(name)).unwrap();
        bench.put(format!("{name}.mp3"), &bytes);
    }
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("pcm-16.wav.mp3\" holds no MPEG audio (it looks like a WAV file)")
        .expect_stderr("flac-16.flac.mp3\" holds no MPEG audio (it looks like a FLAC file)")
        .expect_stderr("vorbis.ogg.mp3\" holds no MPEG audio (it looks like an Ogg file)")
        .expect_stderr("alac.m4a.mp3\" holds no MPEG audio (it looks like an MP4 or M4A file)");
    assert_eq!(bench.rows().len(), 4);
}

/// Cut files are read as far as they go; none costs another file's row.
#[test]
fn files_cut_anywhere_have_a_row_each() {
    let bench = Bench::new();
    let mut files = 0;
    for vector in vectors() {
        let bytes = fs::read(folder().join(&vector.file)).unwrap();
        for part in [0, 1, 4, 8, 13] {
            let cut = &bytes[..bytes.len() * part / 16];
            let (stem, ending) = vector.file.split_once('.').unwrap();
            bench.put(format!("{stem}-{part}.{ending}"), cut);
            files += 1;
        }
    }
    let finished = bench.run(["classify", "payload", "-o", "out.csv", "--prior", "uniform"]);
    finished.expect_code(0);
    assert_eq!(bench.rows().len(), files);
}
