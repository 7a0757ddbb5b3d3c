//! Decoding parts of a clip gives what decoding all of it gives, bit for bit.

mod common;

use std::fs;
use std::ops::Range;
use std::path::Path;

use common::{files_in, repository, shared};
use fma_genre::audio::{AudioLoader, Parts};
use proptest::prelude::*;

/// Which samples are wanted, of a clip of so many.
type Choice<'c> = dyn Fn(u64) -> Vec<Range<u64>> + 'c;

/// Compares the wanted parts from both ways of decoding. Returns how many
/// frames were passed over, or `None` if there is no audio.
fn compare(name: &str, bytes: &[u8], choice: &Choice<'_>) -> Option<u64> {
    let mut loader = AudioLoader::default();
    let mut file = loader.open_bytes(bytes).ok()?;
    let len = file.len();
    let everything = 0..len;
    let mut whole = Parts::default();
    file.parts(std::slice::from_ref(&everything), &mut whole)
        .unwrap();
    let wanted = choice(len);
    // From a fresh decoder, and once more from one that was used.
    let mut passed_over = 0;
    let mut loader = AudioLoader::default();
    let mut fresh = loader.open_bytes(bytes).unwrap();
    for file in [&mut fresh, &mut file] {
        let mut parts = Parts::default();
        passed_over = file.parts(&wanted, &mut parts).unwrap().frames_passed_over;
        for part in &wanted {
            let same = (parts.get(part.clone()).iter())
                .zip(whole.get(part.clone()))
                .all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{name}: {part:?} of {len} samples");
            assert_eq!(parts.get(part.clone()).len() as u64, part.end - part.start);
        }
    }
    Some(passed_over)
}

fn compare_file(path: &Path, choice: &Choice<'_>) -> Option<u64> {
    compare(
        &path.display().to_string(),
        &fs::read(path).unwrap(),
        choice,
    )
}

/// Parts of `length` samples, `gap` samples apart.
fn every(first: u64, length: u64, gap: u64) -> impl Fn(u64) -> Vec<Range<u64>> {
    move |samples| {
        (first..samples)
            .step_by((length + gap) as usize)
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
#[ignore = "needs ../shared/hostile-mp3"]
fn damaged_and_odd_files_are_treated_alike() {
    let folder = shared("hostile-mp3");
    for path in files_in(&folder, "mp3") {
        compare_file(&path, &every(4_000, 3_000, 40_000));
    }
}

#[test]
#[ignore = "needs ../shared/genre-clips"]
fn training_clips_have_the_same_patches() {
    let folder = shared("genre-clips");
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
        first in 0..50_000_u64,
        part in 1..20_000_u64,
        gap in 1..80_000_u64,
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
        first in 0..50_000_u64,
        part in 1..20_000_u64,
        gap in 1..80_000_u64,
    ) {
        let files = files_in(&repository("examples"), "mp3");
        let bytes = fs::read(file.get(&files)).unwrap();
        let frame = nanomp3::frames(&bytes).nth(from).unwrap();
        let stream = nanomp3::strip_trailing_tags(&bytes[frame.offset..]);
        compare("cut", stream, &every(first, part, gap));
    }
}
