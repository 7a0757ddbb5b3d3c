//! The bundled model: networks against onnxruntime, and what a folder given as
//! `--model` must be like.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Bench, assert_all_close, repository};
use fma_genre::model::{FrontEnd, Model, PatchFeatures, PatchInput};
use fma_genre::pipeline::{ClipInputs, PatchAudio};
use fma_genre::spectrogram::{MusicnnLogMel, YamnetLogMel, musicnn, yamnet};
use ndarray::{Array1, Array2, Array3, Axis, s};
use serde_json::{Value, json};

/// Largest difference between two engines that add in different orders, for
/// values of order 1 to 10.
const TOLERANCE: f64 = 1e-4;
/// The same for pooled channels, which reach 100.
const POOLED_TOLERANCE: f64 = 1e-3;

/// The model whose networks are the converted originals.
const FULL_MODEL: &str = "full";
/// Its folder in the repository.
const FULL_MODEL_FOLDER: &str = "models/full";

#[test]
fn networks_of_the_full_model_give_what_onnxruntime_gives() {
    assert_musicnn_networks_match(FULL_MODEL, &["msd_musicnn", "mtt_musicnn"]);
}

#[test]
fn networks_of_the_default_model_give_what_onnxruntime_gives() {
    assert_musicnn_networks_match("compact", &["msd_small", "mtt_small"]);
}

/// `files` are the model's first networks, in order, without their ending: all
/// that take musicnn's spectrogram.
fn assert_musicnn_networks_match(model: &str, files: &[&str]) {
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
        let log_mels: Vec<Array3<f32>> = model
            .inputs()
            .iter()
            .map(|input| match input.front_end {
                FrontEnd::Musicnn => {
                    let frames = s![..model.manifest().patch.frames, ..];
                    patch.slice(frames).insert_axis(Axis(0)).to_owned()
                }
                FrontEnd::Yamnet => Array3::zeros(input.shape(&model.manifest().patch)),
            })
            .collect();
        let features = model.clip_features(&mut session, &log_mels).unwrap();
        let mut rest = features.patches[0].0.as_slice();
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
        let names = model.layout().patch_names();
        let others = names
            .iter()
            .filter(|name| name.starts_with("yamnet:") || name.starts_with("recording:"));
        assert_eq!(rest.len(), others.count(), "values more");
    }
}

#[test]
fn yamnet_gives_what_onnxruntime_gives_on_the_mean_over_windows() {
    let goldens = repository("tests/goldens");
    let windows: Vec<Array3<f32>> = ["electronic", "metal", "minstrels"]
        .map(|name| goldens.join(format!("logmel/yamnet/{name}.logmel.npy")))
        .map(|path| ndarray_npy::read_npy::<_, Array2<f32>>(path).unwrap())
        .map(|window| window.insert_axis(Axis(0)))
        .into();
    let windows = ndarray::concatenate![Axis(0), windows[0], windows[1], windows[2]];
    let read = |layer| -> Array2<f32> {
        ndarray_npy::read_npy(goldens.join(format!("network/yamnet_{layer}.npy"))).unwrap()
    };
    let layers = [
        (read("tag_logits"), TOLERANCE),
        (read("embedding"), TOLERANCE),
    ];
    // Patches of one, two or three windows, which fill batches, or leave them partly empty.
    for (count, batch) in [(1, 1), (1, 2), (2, 2), (2, 3), (3, 2), (3, 8)] {
        let bench = Bench::new();
        let folder = yamnet_model(&bench, count, batch);
        let model = Model::from_dir(&folder).unwrap();
        assert_eq!(model.inputs().len(), 1);
        let mut session = model.session().unwrap();
        let firsts: Vec<usize> = (0..=windows.dim().0 - count).collect();
        let patches: Vec<_> = firsts
            .iter()
            .map(|first| windows.slice(s![*first..first + count, .., ..]))
            .collect();
        let input = [ndarray::concatenate(Axis(0), &patches).unwrap()];
        let features = model.clip_features(&mut session, &input).unwrap();
        assert_eq!(features.patches.len(), firsts.len());
        for (first, patch) in firsts.into_iter().zip(&features.patches) {
            let mut rest = patch.0.as_slice();
            for (values, tolerance) in &layers {
                let (part, tail) = rest.split_at(values.ncols());
                rest = tail;
                let rows = values.slice(s![first..first + count, ..]);
                assert_all_close(
                    part,
                    &rows.mean_axis(Axis(0)).unwrap().to_vec(),
                    *tolerance,
                    &format!("windows {first} to {}, batch {batch}", first + count),
                );
            }
            assert!(rest.is_empty(), "{} values more", rest.len());
        }
    }
}

/// Patches that begin with these frames of the clip.
fn patches_at(samples: &[f32], first_frames: &[usize]) -> Vec<PatchAudio> {
    let patch = |first_frame: &usize| PatchAudio {
        samples: samples.to_vec(),
        first_frame: *first_frame,
    };
    first_frames.iter().map(patch).collect()
}

#[test]
fn a_patch_is_cut_into_the_windows_that_the_networks_take() {
    let samples: Array1<f32> =
        ndarray_npy::read_npy(repository("tests/goldens/logmel/metal.samples.npy")).unwrap();
    let samples = samples.as_slice().unwrap();
    let bench = Bench::new();
    let folder = model_of(&bench, |json| {
        let msd = json["networks"][0].clone();
        let mtt = json["networks"][1].clone();
        json["networks"] = json!([msd, yamnet_network(3), mtt]);
        json["front_ends"]["yamnet"] = yamnet_front_end();
    });
    let model = Model::from_dir(&folder).unwrap();
    let input = |front_end, windows| PatchInput { front_end, windows };
    assert_eq!(
        model.inputs(),
        [input(FrontEnd::Musicnn, 1), input(FrontEnd::Yamnet, 3)]
    );
    let mut inputs = ClipInputs::new(&model);
    for frames in [vec![70, 0], vec![33]] {
        inputs.compute(&patches_at(samples, &frames));
        let [musicnn, windows] = inputs.log_mels() else {
            panic!("two inputs");
        };
        let mut expected = Array3::zeros((frames.len(), 187, musicnn::N_MELS));
        for (frame, patch) in frames.iter().zip(expected.outer_iter_mut()) {
            MusicnnLogMel::default().frames(samples, *frame, patch);
        }
        assert_eq!(*musicnn, expected);
        let mut expected = Array3::zeros((3 * frames.len(), yamnet::FRAMES, yamnet::N_MELS));
        for (index, window) in expected.outer_iter_mut().enumerate() {
            let start = frames[index / 3] * 256 + [0, 16_008, 32_016][index % 3];
            YamnetLogMel::default().window(samples, start, window);
        }
        assert_eq!(*windows, expected);
    }
}

#[test]
fn patches_that_a_network_does_not_look_at_get_the_mean_of_the_others() {
    let samples: Array1<f32> =
        ndarray_npy::read_npy(repository("tests/goldens/logmel/metal.samples.npy")).unwrap();
    let starts = [0, 20, 40];
    let features = |patches: usize| {
        let bench = Bench::new();
        let folder = yamnet_model(&bench, 2, 4);
        let manifest = folder.join("model.json");
        let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        json["networks"][0]["patches"] = json!(patches);
        fs::write(manifest, serde_json::to_vec(&json).unwrap()).unwrap();
        let model = Model::from_dir(&folder).unwrap();
        let mut inputs = ClipInputs::new(&model);
        inputs.compute(&patches_at(samples.as_slice().unwrap(), &starts));
        let mut session = model.session().unwrap();
        let features = model.clip_features(&mut session, inputs.log_mels());
        features.unwrap().patches
    };
    let (all, outer, middle) = (features(3), features(2), features(1));
    let close = |actual: &PatchFeatures, expected: &[f32]| {
        assert_all_close(&actual.0, expected, TOLERANCE, "features");
    };
    close(&outer[0], &all[0].0);
    close(&outer[2], &all[2].0);
    let mean: Vec<f32> = all[0]
        .0
        .iter()
        .zip(&all[2].0)
        .map(|(a, b)| (a + b) / 2.0)
        .collect();
    close(&outer[1], &mean);
    for patch in &middle {
        close(patch, &all[1].0);
    }
}

#[test]
fn a_model_of_yamnet_alone_classifies_clips_of_any_length() {
    let bench = Bench::new();
    let folder = yamnet_model(&bench, 2, 5);
    bench.put_clip("long.mp3");
    let short = repository("tests/data/mpeg2-24k-mono-cbr64.mp3");
    bench.put("short.mp3", &fs::read(short).unwrap());
    bench
        .predict(["--model", folder.to_str().unwrap(), "--strict"])
        .expect_code(0);
    assert_eq!(bench.ids(), ["long", "short"]);
}

/// A model of yamnet alone.
fn yamnet_model(bench: &Bench, windows: usize, batch: usize) -> PathBuf {
    model_of(bench, |json| {
        json["front_ends"] = json!({ "yamnet": yamnet_front_end() });
        json["networks"] = json!([yamnet_network(windows)]);
        json["networks"][0]["batch"] = json!(batch);
        json["recording"] = json!([]);
    })
}

/// A changed model whose logits are its first 16 features.
fn model_of(bench: &Bench, change: impl FnOnce(&mut Value)) -> PathBuf {
    let folder = changed_model(bench, |json| {
        change(json);
        json["head"]["file"] = json!("first_16.onnx");
    });
    let head = repository("tests/goldens/network/first_16.onnx");
    fs::copy(head, folder.join("first_16.onnx")).unwrap();
    folder
}

fn yamnet_front_end() -> Value {
    json!({
        "sample_rate": 16_000,
        "n_fft": 512,
        "window_length": 400,
        "hop_length": 160,
        "n_mels": 64,
        "min_hz": 125.0,
        "max_hz": 7_500.0,
        "log_offset": 0.001,
    })
}

fn yamnet_network(windows: usize) -> Value {
    json!({
        "name": "yamnet",
        "file": "yamnet.onnx",
        "front_end": "yamnet",
        "windows": windows,
        "patches": 10,
        "batch": 1,
        "tags": (0..521).map(|i| format!("tag {i}")).collect::<Vec<_>>(),
        "embedding": 1024,
        "pooled": 0,
    })
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
        |json| {
            // As it was before the networks named their front ends.
            let front_ends = json.as_object_mut().unwrap().remove("front_ends").unwrap();
            json["front_end"] = front_ends["musicnn"].clone();
            json["format_version"] = json!(2);
        },
        "format_version is 2, this program reads 4",
    );
}

#[test]
fn a_model_with_another_front_end_is_refused() {
    expect_refusal(
        |json| json["front_ends"]["musicnn"]["hop_length"] = json!(160),
        "hop_length: 160",
    );
    expect_refusal(
        |json| {
            json["front_ends"]["yamnet"] = yamnet_front_end();
            json["front_ends"]["yamnet"]["min_hz"] = json!(0.0);
        },
        "min_hz: 0.0",
    );
    expect_refusal(
        |json| json["front_ends"]["vggish"] = yamnet_front_end(),
        "unknown field `vggish`, expected `musicnn` or `yamnet`",
    );
}

#[test]
fn a_network_with_an_unknown_front_end_is_refused() {
    expect_refusal(
        |json| json["networks"][0]["front_end"] = json!("vggish"),
        "unknown variant `vggish`, expected `musicnn` or `yamnet`",
    );
    expect_refusal(
        |json| {
            let front_ends = json["front_ends"].as_object_mut().unwrap();
            front_ends.remove("musicnn");
        },
        "network \"msd\": its front end \"musicnn\" is not in front_ends",
    );
}

#[test]
fn a_network_with_another_number_of_windows_is_refused() {
    expect_refusal(
        |json| json["networks"][1]["windows"] = json!(2),
        "network \"mtt\": windows is 2, must be 1 with the front end musicnn",
    );
    let with_yamnet = |windows, frames| {
        move |json: &mut Value| {
            json["front_ends"]["yamnet"] = yamnet_front_end();
            json["networks"] = json!([yamnet_network(windows)]);
            json["patch"]["frames"] = json!(frames);
        }
    };
    for windows in [0, 1_000_000_000] {
        expect_refusal(
            with_yamnet(windows, 187),
            &format!(
                "network \"yamnet\": windows is {windows}, must be a whole number from 1 to 100"
            ),
        );
    }
    for batch in [0, 1_000_000_000] {
        expect_refusal(
            |json| json["networks"][0]["batch"] = json!(batch),
            &format!("network \"msd\": batch is {batch}, must be a whole number from 1 to 100"),
        );
    }
    expect_refusal(
        |json| json["networks"][0]["patches"] = json!(0),
        "network \"msd\": patches is 0, must be a whole number from 1 to 100",
    );
    expect_refusal(
        |json| json["networks"][0]["tags"] = json!([]),
        "network \"msd\": tags has 0 entries, must have 1 to 4096",
    );
    expect_refusal(
        with_yamnet(1, 1_000_000_000),
        "patch.frames is 1000000000, must be a whole number from 1 to 3750",
    );
    expect_refusal(
        with_yamnet(1, 61),
        "a patch of 15360 samples is shorter than the front end's window of 15600",
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
    let features = Model::bundled(FULL_MODEL).unwrap().layout().pooled_len();
    expect_refusal(
        |json| json["networks"][1]["pooled"] = json!(0),
        &format!(
            "head.onnx: does not take features [1, {}]",
            features - 1_020
        ),
    );
}

#[test]
fn features_of_the_recording_are_all_there_or_none() {
    let names = Model::bundled(FULL_MODEL).unwrap().layout().pooled_names();
    assert_eq!(names[names.len() - 1], "mean:recording:crackle");
    expect_refusal(
        |json| json["recording"] = json!(["bandwidth", "wow"]),
        "recording is [\"bandwidth\", \"wow\"], must be empty or [\"bandwidth\", \"noise_mid\", ",
    );
    expect_refusal(
        |json| json["networks"][0]["name"] = json!("recording"),
        "a network is called \"recording\", as the features of the recording are",
    );
    expect_refusal(
        |json| {
            json["front_ends"] = json!({ "yamnet": yamnet_front_end() });
            json["networks"] = json!([yamnet_network(2)]);
        },
        "recording needs a network with the front end musicnn",
    );
    expect_refusal(
        |json| json["recording"] = json!([]),
        &format!("head.onnx: does not take features [1, {}]", names.len() - 7),
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
        "head.floor is 1e-9, must be 1e-7 to 0.06",
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
