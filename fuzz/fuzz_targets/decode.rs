//! Whatever the bytes: decoding ends, does not panic, and gives samples that
//! are finite and within full scale, or an error.
//!
//! `cargo +nightly fuzz run decode -- -max_len=65536`, best started from real
//! mp3s: `mkdir -p fuzz/corpus/decode && cp examples/*.mp3 tests/data/*.mp3 fuzz/corpus/decode`.

#![no_main]

use fma_genre::audio::{AudioLoader, Parts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: fma_genre::panics::silence_contained(),
    |bytes: &[u8]| {
        let mut loader = AudioLoader::default();
        let Ok(mut file) = loader.open_bytes(bytes) else {
            return;
        };
        let len = file.len();
        let mut whole = Parts::default();
        file.parts(&[0..len], &mut whole).expect("memory can always be read");
        assert!(whole.samples().iter().all(|x| (-1.0..=1.0).contains(x)));
        // A part in the middle and one at the end are those of the whole, bit for bit.
        let wanted = [len / 3..len / 2, len - len / 8..len];
        let mut parts = Parts::default();
        file.parts(&wanted, &mut parts).expect("memory can always be read");
        for part in wanted {
            let pairs = parts.get(part.clone()).iter().zip(whole.get(part));
            assert!(pairs.into_iter().all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
);
