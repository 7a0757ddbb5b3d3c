//! ONNX files that are damaged, hostile or give no numbers.

use std::fs;

use crate::folder::Folder;
use crate::onnx::{self, raw_data};

const NETWORKS: [&str; 4] = [
    "msd_small.onnx",
    "mtt_small.onnx",
    "yamnet.onnx",
    "head.onnx",
];

#[test]
fn a_network_that_was_cut_off_is_refused() {
    for name in NETWORKS {
        for parts in [0, 1, 9] {
            let folder = Folder::new();
            folder.change_bytes(name, |bytes| bytes.truncate(bytes.len() * parts / 10));
            folder.expect_failure(&format!("cannot load the model \"model\": {name}: "));
        }
    }
}

#[test]
fn networks_that_changed_places_are_refused() {
    let folder = Folder::new();
    folder.change_json(|json| {
        let msd = json["networks"][0]["file"].take();
        json["networks"][0]["file"] = json["networks"][1]["file"].take();
        json["networks"][1]["file"] = msd;
    });
    folder
        .expect_failure("mtt_small.onnx: its output pooled is 1,580,F32, must be float32 [1, 478]");
}

/// Bytes that hold more than text are changed one at a time: the engine must not bring the
/// program down, and a model that still works gives probabilities.
#[test]
fn flipped_bytes_never_end_in_a_panic() {
    for (name, places) in [
        ("head.onnx", 25),
        ("msd_small.onnx", 10),
        ("yamnet.onnx", 5),
    ] {
        let mut failures = 0;
        for place in 0..places {
            let folder = Folder::new();
            // The nodes stand before the weights.
            folder.change_bytes(name, |bytes| bytes[40 + place * 37] ^= 0x55);
            let run = folder.run("predict");
            if run.code == Some(1) {
                failures += 1;
                let run = run.expect_stderr(&format!("{name}: "));
                assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
                assert!(!folder.bench.output().exists());
            } else {
                run.expect_code(0);
                assert_eq!(folder.bench.rows().len(), 1);
            }
        }
        assert!(failures > 0, "{name}: no change was noticed");
    }
}

fn poison(folder: &Folder, file: &str, weights: &str, value: f32) {
    folder.change_bytes(file, |bytes| {
        for number in raw_data(bytes, weights).chunks_exact_mut(4) {
            number.copy_from_slice(&value.to_le_bytes());
        }
    });
}

#[test]
fn outputs_that_are_no_numbers_end_the_run_and_are_never_answered_with_the_prior() {
    let cases = [
        ("head.onnx", "bias0", f32::NAN, "logits", "NaN"),
        ("head.onnx", "share0", f32::INFINITY, "logits", "NaN"),
        ("msd_small.onnx", "tags_b", f32::NAN, "tag_logits", "NaN"),
        (
            "mtt_small.onnx",
            "embedding_c",
            f32::NEG_INFINITY,
            "tag_logits",
            "NaN",
        ),
        ("mtt_small.onnx", "tags_b", 3e38, "tag_logits", "3e38"),
    ];
    for (file, weights, value, output, shown) in cases {
        let folder = Folder::new();
        poison(&folder, file, weights, value);
        folder.expect_failure(&format!(
            "ERROR the model \"compact\" failed: {file}: its output {output} holds "
        ));
        folder.expect_failure(&format!("holds {shown}, must be numbers from -1e9 to 1e9"));
    }
}

#[test]
fn a_model_that_fails_is_named_once_and_what_was_there_stays() {
    for command in ["predict", "embed"] {
        let folder = Folder::new();
        for name in ["b.mp3", "c.mp3", "d.mp3", "e.mp3"] {
            folder.bench.put_clip(name);
        }
        poison(&folder, "msd_small.onnx", "tags_b", f32::NAN);
        let run = folder.run(command).expect_code(1);
        assert_eq!(
            run.stderr.matches("msd_small.onnx").count(),
            1,
            "{}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(!folder.bench.output().exists());
        let names = fs::read_dir(folder.bench.path(".")).unwrap();
        assert_eq!(names.count(), 2, "more than model and payload is left");
    }
}

#[test]
fn heads_that_ask_for_other_files_or_for_more_memory_than_there_is_are_refused() {
    let length = 3_110;
    let first_16 = |input| onnx::node("Slice", &[input, "from", "to", "axis"], "sixteen");
    let slice = [
        onnx::integers("from", &[0]),
        onnx::integers("to", &[16]),
        onnx::integers("axis", &[1]),
    ];
    let expect = |nodes: &[Vec<u8>], weights: Vec<u8>, message: &str| {
        let folder = Folder::new();
        let initializers = [slice.as_slice(), &[weights]].concat();
        let head = onnx::head(length, nodes, &initializers);
        fs::write(folder.file("head.onnx"), head).unwrap();
        if message.is_empty() {
            folder.run("predict").expect_code(0);
        } else {
            folder.expect_failure(&format!("head.onnx: {message}"));
        }
    };
    // These nodes as such are a head that works.
    let add = onnx::node("Add", &["sixteen", "weights"], "logits");
    let sum = [first_16("features"), add];
    expect(&sum, onnx::hollow_weights("weights", &[1]), "");
    expect(
        &sum,
        onnx::hollow_weights("weights", &[1 << 40, 1 << 20]),
        "is not an ONNX network that can be used: ",
    );
    expect(
        &sum,
        onnx::external_weights("weights", 16, "../outside"),
        "is not an ONNX network that can be used: ",
    );
    let row = onnx::node("Gather", &["large", "from"], "row");
    let expanded = [
        onnx::node("Expand", &["features", "weights"], "large"),
        row.clone(),
        first_16("row"),
        onnx::node("Identity", &["sixteen"], "logits"),
    ];
    expect(
        &expanded,
        onnx::integers("weights", &[1_000_000, 3_110]),
        "up to its layer \"large\", of shape [1000000, 3110], it needs 3110",
    );
    let constant = onnx::node("ConstantOfShape", &["weights"], "large");
    let added = onnx::node("Add", &["sixteen", "row"], "logits");
    expect(
        &[first_16("features"), constant, row, added],
        onnx::integers("weights", &[1_000_000_000, 16]),
        "the engine gave up on it: failed to allocate",
    );
}

#[test]
fn an_engine_that_panics_over_a_network_is_an_error_that_names_it() {
    let folder = Folder::new();
    folder.change_bytes("head.onnx", |bytes| {
        raw_data(bytes, "taken0")[..8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
    });
    folder.expect_failure(
        "ERROR the model \"compact\" failed: head.onnx: inference failed: \
         the engine gave up on it: index out of bounds",
    );
}
