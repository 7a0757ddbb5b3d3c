//! Whatever the bytes: decoding ends, does not panic, and gives samples that
//! are finite and within full scale, or an error.
//!
//! `cargo +nightly fuzz run decode -- -max_len=65536`, best started from real
//! mp3s: `mkdir -p fuzz/corpus/decode && cp examples/*.mp3 tests/data/*.mp3 fuzz/corpus/decode`.

#![no_main]

use fma_genre::audio::{Audio, AudioError, AudioLoader};
use libfuzzer_sys::fuzz_target;

/// A part in the middle and one at the end.
fn choice(samples: usize) -> Vec<std::ops::Range<usize>> {
    vec![samples / 3..samples / 2, samples - samples / 8..samples]
}

fn examine(result: Result<Audio<'_>, AudioError>) -> Option<usize> {
    let audio = result.ok()?;
    assert!(audio.samples.iter().all(|x| (-1.0..=1.0).contains(x)));
    Some(audio.samples.len())
}

fuzz_target!(|bytes: &[u8]| {
    let mut loader = AudioLoader::default();
    let whole = examine(loader.decode(bytes));
    let parts = examine(loader.decode_parts(bytes, &choice));
    // Damage between the parts goes unnoticed, so that the lengths may differ.
    assert!(parts.is_some() || whole.is_none());
});
