//! The bundled model: networks against onnxruntime, and what a folder given as
//! `--model` must be like.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Bench, assert_all_close, repository};
use fma_genre::model::Model;
use ndarray::{Array2, Array3};
use serde_json::{Value, json};

/// Largest difference between two engines that add in different orders, for
/// values of order 1 to 10.
const TOLERANCE: f64 = 1e-4;
/// The same for pooled channels, which reach 100.
const POOLED_TOLERANCE: f64 = 1e-3;

/// The model whose networks are the converted originals.
const FULL_MODEL: &str = "full";
/// Its folder in the repository.
const FULL_MODEL_FOLDER: &str = "models/musicnn";

#[test]
fn networks_of_the_full_model_give_what_onnxruntime_gives() {
    assert_networks_match(FULL_MODEL, &["msd_musicnn", "mtt_musicnn"]);
}

#[test]
fn networks_of_the_default_model_give_what_onnxruntime_gives() {
    assert_networks_match("compact", &["msd_small", "mtt_small"]);
}

/// `files` are the model's networks, in order, without their ending.
fn assert_networks_match(model: &str, files: &[&str]) {
    let folder = repository("tests/goldens/network");
    let patches: Array3<f32> = ndarray_npy::read_npy(folder.join("patches.npy")).unwrap();
    let layers = [
        ("tag_logits", TOLERANCE),
        ("embedding", TOLERANCE),
        ("pooled", POOLED_TOLERANCE),
    ];
    let expected: Vec<(String, Array2<f32>, f64)> = files
        .iter()
        .flat_map(|file| layers.map(|(layer, tolerance)| (format!("{file}_{layer}"), tolerance)))
        .map(|(name, tolerance)| {
            let values = ndarray_npy::read_npy(folder.join(format!("{name}.npy"))).unwrap();
            (name, values, tolerance)
        })
        .collect();
    let model = Model::bundled(model).unwrap();
    let mut session = model.session().unwrap();
    for (index, patch) in patches.outer_iter().enumerate() {
        let features = model.patch_features(&mut session, patch).unwrap();
        let mut rest = features.0.as_slice();
        for (name, values, tolerance) in &expected {
            let (part, tail) = rest.split_at(values.ncols());
            rest = tail;
            assert_all_close(
                part,
                &values.row(index).to_vec(),
                *tolerance,
                &format!("{name}, patch {index}"),
            );
        }
        assert!(rest.is_empty(), "{} values more", rest.len());
    }
}

/// A copy of the full model's folder whose manifest can be changed.
fn changed_model(bench: &Bench, change: impl FnOnce(&mut Value)) -> PathBuf {
    let folder = bench.path("model");
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(repository(FULL_MODEL_FOLDER)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let manifest = folder.join("model.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    change(&mut json);
    fs::write(manifest, serde_json::to_vec(&json).unwrap()).unwrap();
    folder
}

#[test]
fn a_copy_of_the_bundled_model_gives_the_same_csv() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    bench.predict(["--model", FULL_MODEL]).expect_code(0);
    let bundled = fs::read(bench.output()).unwrap();
    let folder = changed_model(&bench, |_| ());
    bench
        .predict(["--model", folder.to_str().unwrap()])
        .expect_code(0);
    assert_eq!(fs::read(bench.output()).unwrap(), bundled);
}

#[track_caller]
fn expect_refusal(change: impl FnOnce(&mut Value), message: &str) {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let folder = changed_model(&bench, change);
    bench
        .predict(["--model", folder.to_str().unwrap()])
        .expect_code(1)
        .expect_stderr("cannot load the model")
        .expect_stderr(message);
    assert!(!bench.output().exists());
}

#[test]
fn a_model_of_another_format_version_is_refused() {
    expect_refusal(
        |json| json["format_version"] = json!(1),
        "format_version is 1, this program reads 2",
    );
}

#[test]
fn a_model_with_another_front_end_is_refused() {
    expect_refusal(
        |json| json["front_end"]["hop_length"] = json!(160),
        "hop_length: 160",
    );
}

#[test]
fn a_model_with_other_classes_is_refused() {
    expect_refusal(
        |json| json["head"]["classes"][0] = json!("Polka"),
        "head.classes must be the 16 genres",
    );
}

#[test]
fn a_model_whose_network_has_another_shape_is_refused() {
    expect_refusal(
        |json| json["networks"][0]["embedding"] = json!(128),
        "its output embedding",
    );
}

#[test]
fn a_model_whose_pooled_layer_has_another_size_is_refused() {
    expect_refusal(
        |json| json["networks"][1]["pooled"] = json!(512),
        "mtt_musicnn.onnx: its output pooled",
    );
}

#[test]
fn a_network_without_pooled_layer_loads_and_gives_the_head_fewer_features() {
    expect_refusal(
        |json| json["networks"][1]["pooled"] = json!(0),
        "head.onnx: does not take features [1, 1012]",
    );
}

#[test]
fn a_model_whose_head_takes_other_features_is_refused() {
    expect_refusal(
        |json| json["head"]["pooling"] = json!(["mean", "std", "max"]),
        "head.onnx",
    );
}

#[test]
fn a_floor_that_would_show_as_zero_is_refused() {
    expect_refusal(
        |json| json["head"]["floor"] = json!(1e-9),
        "head.floor is 0.000000001, must be at least",
    );
}

#[test]
fn a_model_file_outside_its_folder_is_refused() {
    expect_refusal(
        |json| json["head"]["file"] = json!("../head.onnx"),
        "is not the name of a file in the model's folder",
    );
}

#[test]
fn a_damaged_network_is_refused() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let folder = changed_model(&bench, |_| ());
    fs::write(folder.join("head.onnx"), b"not a network").unwrap();
    bench
        .predict(["--model", folder.to_str().unwrap()])
        .expect_code(1)
        .expect_stderr("head.onnx: is not an ONNX network that can be used");
}

#[test]
fn an_unknown_model_name_lists_the_known_ones() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    bench
        .predict(["--model", "nonsense"])
        .expect_code(1)
        .expect_stderr("there is no model named \"nonsense\"; bundled models: ")
        .expect_stderr(FULL_MODEL);
}
