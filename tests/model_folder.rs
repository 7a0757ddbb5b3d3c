//! A model folder is data from a stranger: whatever is in it, the program ends soon, in
//! bounded memory, with exit code 1, one message that names file, field and cause, and no
//! output. Never is the prior taken for the answer of a model that has none.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Bench, Finished, repository};
use serde_json::{Value, json};

/// A run that works takes half a second, on a machine that has nothing else to do.
const SOON: Duration = Duration::from_secs(30);

/// Address space that runs get, in KiB. One that works takes less than 600,000.
const MOST_KIBIBYTES: &str = "1000000";

/// A copy of the default model, to be poisoned, and a clip.
struct Folder {
    bench: Bench,
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let bench = Bench::new();
        bench.put_clip("a.mp3");
        let path = bench.path("model");
        fs::create_dir(&path).unwrap();
        for entry in fs::read_dir(repository("models/compact")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path.join(entry.file_name())).unwrap();
        }
        Self { bench, path }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn change_json(&self, change: impl FnOnce(&mut Value)) {
        let manifest = self.file("model.json");
        let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        change(&mut json);
        fs::write(manifest, serde_json::to_vec(&json).unwrap()).unwrap();
    }

    fn change_bytes(&self, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.file(file)).unwrap();
        change(&mut bytes);
        fs::write(self.file(file), bytes).unwrap();
    }

    /// Runs a command with this model, in little memory.
    #[track_caller]
    fn run(&self, command: &str) -> Finished {
        let start = Instant::now();
        let program = self.bench.command();
        let mut shell = Command::new("bash");
        shell.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", MOST_KIBIBYTES]);
        shell.arg(program.get_program()).arg(command);
        shell.args(["payload", "-o", "out.csv", "--model", "model"]);
        shell
            .env_remove("FMA_GENRE_DEADLINE")
            .env_remove("RUST_LOG");
        shell.current_dir(self.bench.path("."));
        let run = Finished::from(shell.output().unwrap());
        assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    #[track_caller]
    fn expect_failure(&self, message: &str) {
        let run = self.run("predict").expect_code(1).expect_stderr(message);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(!self.bench.output().exists(), "there is an output");
    }
}

#[track_caller]
fn expect_json_refused(change: impl FnOnce(&mut Value), message: &str) {
    let folder = Folder::new();
    folder.change_json(change);
    let start = "cannot load the model \"model\": model.json: ";
    folder.expect_failure(&format!("{start}{message}"));
}

#[test]
fn a_folder_that_was_not_changed_works() {
    let folder = Folder::new();
    folder.run("predict").expect_code(0);
    assert_eq!(folder.bench.ids(), ["a"]);
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

#[test]
fn only_regular_files_of_the_folder_are_read_and_no_more_than_they_may_hold() {
    for (name, mebibytes) in [("model.json", 1), ("head.onnx", 64)] {
        let folder = Folder::new();
        let file = fs::File::create(folder.file(name)).unwrap();
        file.set_len((mebibytes << 20) + 1).unwrap();
        folder.expect_failure(&format!("/{name}\" is longer than {mebibytes} MiB"));

        let folder = Folder::new();
        fs::remove_file(folder.file(name)).unwrap();
        folder.expect_failure(&format!("cannot read \"model/{name}\""));
        let made = Command::new("mkfifo").arg(folder.file(name)).status();
        assert!(made.unwrap().success());
        folder.expect_failure(&format!("\"model/{name}\" is not a regular file"));

        let folder = Folder::new();
        let outside = folder.bench.path("outside");
        fs::rename(folder.file(name), &outside).unwrap();
        for target in [outside.as_path(), Path::new("/dev/zero")] {
            let _ = fs::remove_file(folder.file(name));
            symlink(target, folder.file(name)).unwrap();
            folder.expect_failure(&format!("\"model/{name}\" is a link to "));
            folder.expect_failure("which is not in the model's folder");
        }
    }
}

#[test]
fn links_within_the_folder_are_followed() {
    let folder = Folder::new();
    fs::create_dir(folder.file("blobs")).unwrap();
    fs::rename(folder.file("head.onnx"), folder.file("blobs/1")).unwrap();
    symlink("blobs/1", folder.file("head.onnx")).unwrap();
    fs::rename(&folder.path, folder.bench.path("elsewhere")).unwrap();
    symlink("elsewhere", &folder.path).unwrap();
    folder.run("predict").expect_code(0);
}

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

/// The raw data of an initialiser of an ONNX file: it follows the name.
fn raw_data<'b>(onnx: &'b mut [u8], name: &str) -> &'b mut [u8] {
    const RAW_DATA: u8 = 9 << 3 | 2;
    let tag = [name.as_bytes(), &[RAW_DATA]].concat();
    let found = onnx.windows(tag.len()).position(|window| window == tag);
    let mut start = found.unwrap_or_else(|| panic!("no {name}")) + tag.len();
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = onnx[start];
        start += 1;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return &mut onnx[start..start + length];
        }
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
            "ERROR the model \"musicnn-small-yamnet\" failed: {file}: its output {output} holds "
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

/// A head that is not the trained one, in the encoding of ONNX.
mod onnx {
    fn varint(mut value: u64) -> Vec<u8> {
        let mut bytes = vec![];
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    fn number(field: u64, value: u64) -> Vec<u8> {
        [varint(field << 3), varint(value)].concat()
    }

    fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
        [
            varint(field << 3 | 2),
            varint(value.len() as u64),
            value.to_vec(),
        ]
        .concat()
    }

    pub fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
        let inputs = inputs.iter().flat_map(|input| bytes(1, input.as_bytes()));
        let rest = [bytes(2, output.as_bytes()), bytes(4, operator.as_bytes())].concat();
        inputs.chain(rest).collect()
    }

    /// Whole numbers that a node takes.
    pub fn integers(name: &str, values: &[i64]) -> Vec<u8> {
        let data: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let shape = number(1, values.len() as u64);
        [
            shape,
            number(2, 7),
            bytes(8, name.as_bytes()),
            bytes(9, &data),
        ]
        .concat()
    }

    /// Weights of this shape, of which the file holds four bytes.
    pub fn hollow_weights(name: &str, shape: &[u64]) -> Vec<u8> {
        let shape = shape.iter().flat_map(|length| number(1, *length));
        let rest = [number(2, 1), bytes(8, name.as_bytes()), bytes(9, &[0; 4])].concat();
        shape.chain(rest).collect()
    }

    /// Weights that another file is said to hold.
    pub fn external_weights(name: &str, length: u64, location: &str) -> Vec<u8> {
        let entry = [bytes(1, b"location"), bytes(2, location.as_bytes())].concat();
        [
            number(1, length),
            number(2, 1),
            bytes(8, name.as_bytes()),
            bytes(13, &entry),
            number(14, 1),
        ]
        .concat()
    }

    fn floats(name: &str, shape: [u64; 2]) -> Vec<u8> {
        let dim = |length: u64| bytes(1, &number(1, length));
        let shape = bytes(2, &shape.map(dim).concat());
        let tensor = bytes(1, &[number(1, 1), shape].concat());
        [bytes(1, name.as_bytes()), bytes(2, &tensor)].concat()
    }

    /// `features` [1, length] to `logits` [1, 16].
    pub fn head(length: u64, nodes: &[Vec<u8>], initializers: &[Vec<u8>]) -> Vec<u8> {
        let mut graph = bytes(2, b"graph");
        graph.extend(nodes.iter().flat_map(|node| bytes(1, node)));
        graph.extend(initializers.iter().flat_map(|weights| bytes(5, weights)));
        graph.extend(bytes(11, &floats("features", [1, length])));
        graph.extend(bytes(12, &floats("logits", [1, 16])));
        let operators = [bytes(1, b""), number(2, 13)].concat();
        [number(1, 7), bytes(7, &graph), bytes(8, &operators)].concat()
    }
}

#[test]
fn heads_that_ask_for_other_files_or_for_more_memory_than_there_is_are_refused() {
    let length = 3_103;
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
        onnx::integers("weights", &[1_000_000, 3_103]),
        "up to its layer \"large\", of shape [1000000, 3103], it needs 3103",
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
        "ERROR the model \"musicnn-small-yamnet\" failed: head.onnx: inference failed: \
         the engine gave up on it: index out of bounds",
    );
}
