//! Whatever a model folder holds: it is loaded, or refused with a reason. The first byte says which of the three files of
//! `fuzz/tiny` the others are written over.
//!
//! `cargo +nightly fuzz run model -- -max_len=8192`, after `fuzz/seed.sh`.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use fma_genre::model::Model;
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 3] = ["model.json", "network.onnx", "head.onnx"];

/// A copy of the tiny model in a folder of this process.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("fma-genre-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        FILES.iter().for_each(|name| restore(&folder, name));
        folder
    })
}

fn restore(folder: &Path, name: &str) {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tiny");
    fs::copy(tiny.join(name), folder.join(name)).expect("the file can be copied");
}

fuzz_target!(
    init: fma_genre::panics::silence_contained(),
    |bytes: &[u8]| {
        let Some((file, bytes)) = bytes.split_first() else {
            return;
        };
        let name = FILES[usize::from(*file) % FILES.len()];
        fs::write(folder().join(name), bytes).expect("the file can be written");
        if let Err(error) = Model::from_dir(folder()) {
            assert!(error.to_string().len() < 2000, "{error}");
        }
        restore(folder(), name);
    }
);
