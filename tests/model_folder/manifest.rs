//! `model.json`: ranges of numbers, names, lists.

use std::fs;

use serde_json::{Value, json};

use crate::folder::Folder;

#[track_caller]
fn expect_json_refused(change: impl FnOnce(&mut Value), message: &str) {
    let folder = Folder::new();
    folder.change_json(change);
    let start = "cannot load the model \"model\": model.json: ";
    folder.expect_failure(&format!("{start}{message}"));
}

#[test]
fn every_number_has_a_range() {
    let whole = |least, most| format!("must be a whole number from {least} to {most}");
    let network = "network \"msd\": ";
    let cases = [
        // NaN rows, and "success".
        (
            "/head/temperature",
            json!(1e-310),
            "head.temperature is 1e-310, must be 0.01 to 100".into(),
        ),
        (
            "/head/temperature",
            json!(-1),
            "head.temperature is -1, must be 0.01 to 100".into(),
        ),
        (
            "/head/floor",
            json!(0),
            "head.floor is 0, must be 1e-7 to 0.06".into(),
        ),
        (
            "/head/floor",
            json!(0.0625),
            "head.floor is 0.0625, must be 1e-7 to 0.06".into(),
        ),
        (
            "/head/training_prior/3",
            json!(1e-9),
            "head.training_prior[3] is 1e-9, must be at least 1e-6 of their sum".into(),
        ),
        (
            "/head/training_prior/3",
            json!(-0.1),
            "head.training_prior: weights must be finite and not negative".into(),
        ),
        (
            "/head/training_prior",
            json!([0.5, 0.5]),
            "head.training_prior: 2 weights, must be 16".into(),
        ),
        (
            "/level/min_dbfs",
            json!(3),
            "level.min_dbfs is 3, must be -120 to 0".into(),
        ),
        (
            "/patch/frames",
            json!(1e300),
            format!("patch.frames is 1e300, {}", whole(1, 3750)),
        ),
        (
            "/patch/max_patches",
            json!(0),
            format!("patch.max_patches is 0, {}", whole(1, 100)),
        ),
        (
            "/patch",
            json!({"frames": 3750, "max_patches": 100}),
            "patch.frames times patch.max_patches is 375000, must be at most 37500".into(),
        ),
        (
            "/networks/0/windows",
            json!(1.5),
            format!("{network}windows is 1.5, {}", whole(1, 100)),
        ),
        (
            "/networks/0/patches",
            json!(101),
            format!("{network}patches is 101, {}", whole(1, 100)),
        ),
        (
            "/networks/0/batch",
            json!(-1),
            format!("{network}batch is -1, {}", whole(1, 100)),
        ),
        // Aborted the process.
        (
            "/networks/0/embedding",
            json!(200_000_000),
            format!("{network}embedding is 200000000, {}", whole(1, 16384)),
        ),
        (
            "/networks/0/pooled",
            json!(u64::MAX),
            format!(
                "{network}pooled is 1.8446744073709552e19, {}",
                whole(0, 16384)
            ),
        ),
        (
            "/front_ends/musicnn/n_fft",
            json!(-512),
            "front_ends.musicnn.n_fft: invalid value: integer `-512`, expected usize".into(),
        ),
    ];
    for (field, value, message) in cases {
        expect_json_refused(|json| *json.pointer_mut(field).unwrap() = value, &message);
    }
}

#[test]
fn windows_and_batches_that_need_too_much_memory_together_are_refused() {
    expect_json_refused(
        |json| {
            json["networks"][2]["windows"] = json!(100);
            json["patch"]["max_patches"] = json!(11);
        },
        "network \"yamnet\": windows times patch.max_patches is 1100, must be at most 1000",
    );
    expect_json_refused(
        |json| {
            json["networks"][0]["batch"] = json!(100);
            json["patch"] = json!({"frames": 376, "max_patches": 5});
        },
        "network \"msd\": batch times patch.frames is 37600, must be at most 37500",
    );
}

#[test]
fn names_and_lists_have_limits_and_no_entry_twice() {
    let set = |field: &'static str, value: Value| {
        move |json: &mut Value| *json.pointer_mut(field).unwrap() = value
    };
    let many: Vec<String> = (0..5_000).map(|i| format!("tag {i}")).collect();
    let cases = [
        (
            "/name",
            json!("a".repeat(101)),
            "name has 101 characters, must have 1 to 100",
        ),
        (
            "/version",
            json!(""),
            "version has 0 characters, must have 1 to 100",
        ),
        (
            "/networks",
            json!([]),
            "networks has 0 entries, must have 1 to 8",
        ),
        (
            "/networks/0/name",
            json!("mtt"),
            "networks[].name holds \"mtt\" twice",
        ),
        (
            "/networks/0/name",
            json!("a:b"),
            "networks[0].name is \"a:b\", must be without a colon",
        ),
        (
            "/networks/0/name",
            json!("\u{1b}[31mred"),
            "networks[0].name is \"\\u{1b}[31mred\", must not hold quotes, backslashes or control",
        ),
        (
            "/networks/0/tags",
            json!(many),
            "network \"msd\": tags has 5000 entries, must have 1 to 4096",
        ),
        (
            "/networks/0/tags/7",
            json!("rock"),
            "network \"msd\": tags holds \"rock\" twice",
        ),
        (
            "/networks/0/tags/7",
            json!(""),
            "network \"msd\": tags[7] has 0 characters",
        ),
        (
            "/networks/0/tags/7",
            json!(null),
            "networks[0].tags[7]: invalid type: null",
        ),
        (
            "/networks/0/file",
            json!("../msd_small.onnx"),
            "network \"msd\": file: \"../msd_small.onnx\" is not the name of a file in the model's",
        ),
        (
            "/head/pooling",
            json!(["mean", "mean"]),
            "head.pooling holds \"mean\" twice",
        ),
        ("/head/pooling", json!([]), "head.pooling must not be empty"),
    ];
    for (field, value, message) in cases {
        expect_json_refused(set(field, value), message);
    }
    expect_json_refused(
        |json| {
            let network = json["networks"][0].clone();
            json["networks"] = json!(vec![network; 9]);
        },
        "networks has 9 entries, must have 1 to 8",
    );
}

#[test]
fn a_manifest_that_is_no_json_is_refused_in_one_line() {
    let deep = format!("{{\"a\": {}", "[".repeat(100_000));
    let cases: [(&[u8], &str); 5] = [
        (b"", "EOF while parsing a value"),
        (b"{\"format_version\": 4", "EOF while parsing an object"),
        (b"\xff\xfe{}", "expected value at line 1 column 1"),
        (deep.as_bytes(), "a: EOF while parsing a list"),
        (
            b"{\"format_version\": 4, \"\\n\\u001b[31m\": 1}",
            "unknown field `  [31m`",
        ),
    ];
    for (bytes, message) in cases {
        let folder = Folder::new();
        fs::write(folder.file("model.json"), bytes).unwrap();
        folder.expect_failure("cannot load the model \"model\": model.json: ");
        folder.expect_failure(message);
    }
}
