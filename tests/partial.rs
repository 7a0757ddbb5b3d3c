//! Decoding parts of a clip gives what decoding all of it gives, bit for bit.

mod common;

use std::fs;
use std::ops::Range;
use std::path::Path;

use common::{files_in, repository, shared};
use fma_genre::audio::{AudioLoader, Choice};
use proptest::prelude::*;

/// Compares the wanted parts from both ways of decoding. Returns how many
/// frames were passed over, or `None` if there is no audio.
fn compare(name: &str, bytes: &[u8], choice: &Choice<'_>) -> Option<u64> {
    let mut loader = AudioLoader::default();
    let whole = match loader.decode(bytes) {
        Ok(audio) => audio.samples.to_vec(),
        Err(error) => {
            let parts = loader.decode_parts(bytes, choice).unwrap_err();
            assert_eq!(parts.to_string(), error.to_string(), "{name}");
            return None;
        }
    };
    let parts = loader.decode_parts(bytes, choice).unwrap();
    assert_eq!(parts.samples.len(), whole.len(), "{name}: length");
    for part in choice(whole.len()) {
        let same = parts.samples[part.clone()]
            .iter()
            .zip(&whole[part.clone()])
            .all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{name}: {part:?} of {} samples", whole.len());
    }
    Some(parts.stats.frames_passed_over)
}

fn compare_file(path: &Path, choice: &Choice<'_>) -> Option<u64> {
    compare(
        &path.display().to_string(),
        &fs::read(path).unwrap(),
        choice,
    )
}

/// Parts of `length` samples, `gap` samples apart.
fn every(first: usize, length: usize, gap: usize) -> impl Fn(usize) -> Vec<Range<usize>> {
    move |samples| {
        (first..samples)
            .step_by(length + gap)
            .map(|start| start..(start + length).min(samples))
            .collect()
    }
}

#[test]
fn parts_of_every_format_are_those_of_the_whole() {
    let mut passed_over = 0;
    let mut files = files_in(&repository("tests/data"), "mp3");
    files.extend(files_in(&repository("examples"), "mp3"));
    for path in &files {
        for choice in [
            every(0, 700, 4_000),
            every(3_000, 1, 9_999),
            every(5_000, 2_000, 30_000),
        ] {
            passed_over += compare_file(path, &choice).unwrap();
        }
    }
    assert!(passed_over > 1_000, "only {passed_over} frames");
}

#[test]
fn damaged_and_odd_files_are_treated_alike() {
    let Some(folder) = shared("hostile-mp3") else {
        return;
    };
    for path in files_in(&folder, "mp3") {
        compare_file(&path, &every(4_000, 3_000, 40_000));
    }
}

#[test]
fn training_clips_have_the_same_patches() {
    let Some(folder) = shared("genre-clips") else {
        return;
    };
    for path in files_in(&folder, "mp3").iter().step_by(20) {
        compare_file(path, &every(2_500, 12_000, 36_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// As `ffmpeg -acodec copy` cuts clips, and worse.
    #[test]
    fn a_stream_cut_anywhere_has_the_same_parts(
        file in any::<prop::sample::Index>(),
        from in 0..200_000_usize,
        length in 2_000..120_000_usize,
        first in 0..50_000_usize,
        part in 1..20_000_usize,
        gap in 1..80_000_usize,
    ) {
        let mut files = files_in(&repository("examples"), "mp3");
        files.extend(files_in(&repository("tests/data"), "mp3"));
        let bytes = fs::read(file.get(&files)).unwrap();
        let from = from % bytes.len();
        let to = (from + length).min(bytes.len());
        compare("cut", &bytes[from..to], &every(first, part, gap));
    }

    /// Cut at frames, so that the parts are really passed over.
    #[test]
    fn a_stream_cut_at_frames_has_the_same_parts(
        file in any::<prop::sample::Index>(),
        from in 1..300_usize,
        first in 0..50_000_usize,
        part in 1..20_000_usize,
        gap in 1..80_000_usize,
    ) {
        let files = files_in(&repository("examples"), "mp3");
        let bytes = fs::read(file.get(&files)).unwrap();
        let frame = nanomp3::frames(&bytes).nth(from).unwrap();
        let stream = nanomp3::strip_trailing_tags(&bytes[frame.offset..]);
        compare("cut", stream, &every(first, part, gap));
    }
}
