//! Whatever is in a file that is read as text, tags or a model: an error or a value, never a panic, in bounded time.
//! `fuzz/fuzz_targets/readers.rs` does the same with a fuzzer.

mod common;

use std::fs;
use std::path::Path;

use fma_genre::genre::GENRES;
use fma_genre::model::{Model, Prior};
use fma_genre::pipeline::tag_genre;
use fma_genre::results::ResultsReader;
use fma_genre::submission::{Labels, Predictions, Sums};
use fma_genre::tagging::{Backup, GenreMap, with_genres};
use proptest::prelude::*;

/// Texts as they should be, to be changed in a few places.
fn seeds() -> Vec<Vec<u8>> {
    let row = format!("a{}\n", ",0.0625".repeat(16));
    vec![
        format!("{}\n{row}", common::HEADER).into_bytes(),
        b"file_id,genre\na,Rock\n\"b, c\",Jazz\n".to_vec(),
        b"genre,name\nRock,Loud\nJazz,\n".to_vec(),
        b"genre,weight\nRock,1\nJazz,2e-3\n".to_vec(),
        result_line().into_bytes(),
    ]
}

/// A result as `classify` writes it.
fn result_line() -> String {
    let probabilities: serde_json::Map<String, serde_json::Value> = GENRES
        .iter()
        .map(|genre| (genre.to_string(), 0.0625.into()))
        .collect();
    let line = serde_json::json!({
        "schema_version": 1, "path": "a.mp3", "id": "a", "status": "ok", "remark": null, "seconds": 3.0,
        "sample_rate": 44100, "channels": 2, "decoder": "nanomp3", "genre": "Blues", "tag_genre": null,
        "top": [], "probabilities": probabilities, "model": "m", "model_version": "1", "prior": "fma",
    });
    format!("{line}\n")
}

/// Bytes of any kind, and seeds with some bytes changed, removed or repeated.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let any_bytes = prop::collection::vec(any::<u8>(), 0..300);
    let seeds = seeds();
    let count = seeds.len();
    let changed = (
        0..count,
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6),
    )
        .prop_map(move |(seed, changes)| {
            let mut bytes = seeds[seed].clone();
            for (at, with, how) in changes {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = with,
                    1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, with),
                    _ => bytes.truncate(at),
                }
            }
            bytes
        });
    prop_oneof![any_bytes, changed]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn readers_of_text_never_panic(bytes in texts()) {
        for sums in [Sums::Check, Sums::Accept] {
            if let Ok(predictions) = Predictions::read("p", bytes.as_slice(), sums) {
                prop_assert!(!predictions.rows.is_empty());
            }
        }
        let _ = Labels::read("l", bytes.as_slice());
        let _ = GenreMap::from_csv(bytes.as_slice());
        if let Ok(prior) = Prior::from_csv(bytes.as_slice()) {
            let sum: f64 = prior.probabilities().iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-9);
        }
        for result in ResultsReader::new("r", bytes.as_slice()) {
            let Ok(result) = result else { break };
            prop_assert!(result.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn backups_that_are_damaged_are_refused_or_continued(bytes in texts()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.jsonl");
        fs::write(&path, &bytes).unwrap();
        if Backup::open(&path).is_err() {
            prop_assert_eq!(fs::read(&path).unwrap(), bytes, "what is refused stays as it is");
        }
    }

    /// Damage in the tags of a file: it is tagged with its audio as it was, or left alone.
    #[test]
    fn files_with_damaged_tags_are_refused_or_tagged(
        file in 0..4_usize,
        changes in prop::collection::vec((0..2_000_usize, any::<u8>()), 0..8),
    ) {
        let name = ["tag-all.mp3", "formats/44k.flac", "formats/vorbis.ogg", "formats/aac.m4a"][file];
        let mut bytes = fs::read(common::repository("tests/data").join(name)).unwrap();
        for (at, with) in changes {
            let at = at % bytes.len();
            bytes[at] = with;
        }
        if let Ok(tagged) = with_genres(&bytes, Path::new(name), &["Rock".into()]) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(Path::new(name).file_name().unwrap());
            fs::write(&path, tagged).unwrap();
            prop_assert_eq!(tag_genre(&path), Some("Rock".into()));
        }
    }

    #[test]
    fn a_damaged_manifest_is_an_error_or_a_model(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let model = common::repository("models/compact");
        let mut json = fs::read(model.join("model.json")).unwrap();
        for (at, with) in changes {
            let at = at.index(json.len());
            json[at] = with;
        }
        fs::write(folder.path().join("model.json"), json).unwrap();
        // Without its networks: what is looked at here is the manifest.
        prop_assert!(Model::from_dir(folder.path()).is_err());
    }
}
