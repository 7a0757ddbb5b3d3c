//! Whatever the bytes: readers of text, tags and models give a value or an error.
//!
//! `cargo +nightly fuzz run readers -- -max_len=65536`. The first byte says who reads; a corpus to start from:
//! `fuzz/seed.sh`.

#![no_main]

use std::path::Path;

use fma_genre::model::Prior;
use fma_genre::results::ResultsReader;
use fma_genre::submission::{Labels, Predictions, Sums};
use fma_genre::tagging::{GenreMap, with_genres};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: fma_genre::panics::silence_contained(),
    |bytes: &[u8]| {
        let Some((reader, bytes)) = bytes.split_first() else {
            return;
        };
        match reader % 6 {
            0 => drop(Predictions::read("p", bytes, Sums::Accept)),
            1 => drop(Labels::read("l", bytes)),
            2 => drop(GenreMap::from_csv(bytes)),
            3 => drop(Prior::from_csv(bytes)),
            4 => {
                for result in ResultsReader::new("r", bytes) {
                    let Ok(result) = result else { break };
                    assert!(result.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
                }
            }
            _ => {
                let name = ["a.mp3", "a.flac", "a.ogg", "a.m4a", "a.wav", "a.aiff"];
                let name = name[usize::from(*reader) / 6 % name.len()];
                // Checks its own result: same audio, same other tags.
                drop(with_genres(bytes, Path::new(name), &["Rock".into()]));
            }
        }
    }
);
