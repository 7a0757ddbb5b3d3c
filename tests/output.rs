//! What is written, where, and what is refused.

mod common;

use std::fs;
use std::path::Path;

use common::{Bench, Finished, repository, schema};
use fma_genre::audio::Decoder;
use fma_genre::genre::GENRE_COUNT;
use fma_genre::output::{OutputRules, RecordFormat, RecordOutput, RunInfo, TableStyle};
use fma_genre::pipeline::{AudioFacts, Record, Segment, Status};
use serde_json::Value;

/// A payload of one file that costs no time.
fn bench_with_an_empty_mp3() -> Bench {
    let bench = Bench::new();
    bench.put("empty.mp3", b"");
    bench
}

/// Runs `predict` with this output and returns how it ended.
fn predict_to(bench: &Bench, output: impl AsRef<Path>) -> Finished {
    let mut command = bench.command();
    command.args(["predict", "payload", "-o"]);
    Finished::from(command.arg(output.as_ref()).output().unwrap())
}

/// Runs a shell script in which `$fma` is the program.
#[cfg(unix)]
fn shell(bench: &Bench, script: &str) -> Finished {
    let program = bench.command().get_program().to_owned();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script]).env("fma", program);
    command.current_dir(bench.path("."));
    Finished::from(command.output().unwrap())
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_song_is_never_replaced_by_its_own_classification() {
    let bench = Bench::new();
    bench.put_clip("a.mp3").put_clip("b.mp3");
    let song = fs::read(common::example_clip()).unwrap();
    for arguments in [
        // As a shell expands `predict -o *.mp3`.
        ["predict", "-o", "payload/a.mp3", "payload/b.mp3"],
        ["predict", "payload/a.mp3", "-o", "payload/a.mp3"],
        ["predict", "payload", "-o", "payload/a.mp3"],
        ["embed", "payload", "-o", "payload/a.mp3"],
        ["check", "payload", "-o", "payload/a.mp3"],
    ] {
        for force in [&[][..], &["--force"]] {
            let arguments = arguments.iter().chain(force);
            bench
                .run(arguments)
                .expect_code(1)
                .expect_stderr("cannot write to \"payload/a.mp3\": .mp3 is none of the formats");
        }
        assert_eq!(fs::read(bench.payload().join("a.mp3")).unwrap(), song);
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_an_input_by_another_name_is_refused() {
    let bench = bench_with_an_empty_mp3();
    let song = bench.payload().join("empty.mp3");
    fs::hard_link(&song, bench.path("hard.csv")).unwrap();
    std::os::unix::fs::symlink(&song, bench.path("soft.csv")).unwrap();
    for name in ["hard.csv", "soft.csv"] {
        for command in ["predict", "embed", "check"] {
            bench
                .run([command, "payload", "-o", name, "--force"])
                .expect_code(1)
                .expect_stderr(&format!(
                    "cannot write to \"{name}\": it is the input \"payload/empty.mp3\""
                ));
        }
    }
    assert_eq!(fs::read(&song).unwrap(), b"");
}

#[test]
fn a_file_of_another_kind_is_replaced_only_by_force() {
    let bench = bench_with_an_empty_mp3();
    let others = [
        ("notes.csv", "my notes\n", "a CSV of this program"),
        ("labels.csv", "track_id,genre\n", "a CSV of this program"),
        ("letter", "Dear", "a CSV of this program"),
        ("x.npy", "file_id", "an .npy file"),
        ("x.parquet", "file_id", "a Parquet file"),
    ];
    for (name, text, wanted) in others {
        fs::write(bench.path(name), text).unwrap();
        predict_to(&bench, name)
            .expect_code(1)
            .expect_stderr(&format!(
                "will not replace {name:?}: it does not look like {wanted}; --force replaces it"
            ));
        assert_eq!(fs::read_to_string(bench.path(name)).unwrap(), text);
        bench
            .run(["predict", "payload", "-o", name, "--force"])
            .expect_code(0);
        assert_ne!(fs::read(bench.path(name)).unwrap(), text.as_bytes());
        // What it wrote it knows again.
        predict_to(&bench, name).expect_code(0);
    }
    fs::write(bench.path("check.csv"), "my notes\n").unwrap();
    bench
        .run(["check", "payload", "-o", "check.csv"])
        .expect_code(1);
    for _ in 0..2 {
        bench
            .run(["check", "payload", "-o", "check.csv", "--force"])
            .expect_code(0);
    }
    bench
        .run(["check", "payload", "-o", "check.csv"])
        .expect_code(0);
}

#[test]
fn an_empty_file_may_be_prepared_for_the_output() {
    let bench = bench_with_an_empty_mp3();
    for name in ["out.csv", "out.npy", "out.parquet"] {
        fs::write(bench.path(name), "").unwrap();
        predict_to(&bench, name).expect_code(0);
    }
    assert_eq!(bench.ids(), ["empty"]);
}

#[test]
fn an_ending_that_names_no_format_is_refused_with_the_list_of_those_that_do() {
    let bench = bench_with_an_empty_mp3();
    for ending in ["json", "jsonl", "xlsx", "parq", "tsv", "CSVX", "gz"] {
        let name = format!("new/out.{ending}");
        let lower = ending.to_lowercase();
        predict_to(&bench, &name)
            .expect_code(1)
            .expect_stderr(&format!(
                "cannot write to {name:?}: .{lower} is none of the formats that can be written: \
             .csv, .npy and .parquet"
            ));
    }
    assert!(!bench.path("new").exists());
    // No ending, or none that could mean a format, is CSV.
    for name in ["output", ".output", "tmp.kR3xVw81Zq", "2026.11", "out.TXT"] {
        predict_to(&bench, name).expect_code(0);
        assert_eq!(common::read_predictions(&bench.path(name)).len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn replacing_a_file_keeps_its_mode_and_a_new_one_has_what_the_umask_lets() {
    let bench = bench_with_an_empty_mp3();
    for wanted in [0o600, 0o640, 0o664] {
        fs::write(bench.output(), "").unwrap();
        set_mode(&bench.output(), wanted);
        predict_to(&bench, "out.csv").expect_code(0);
        assert_eq!(mode(&bench.output()), wanted, "{wanted:o}");
        fs::remove_file(bench.output()).unwrap();
    }
    shell(&bench, "umask 027; \"$fma\" predict payload -o out.csv").expect_code(0);
    assert_eq!(mode(&bench.output()), 0o640);
}

#[cfg(unix)]
#[test]
fn replacing_a_file_keeps_its_owner_and_group() {
    use std::os::unix::fs::{MetadataExt, chown};

    let bench = bench_with_an_empty_mp3();
    fs::write(bench.output(), "").unwrap();
    if chown(bench.output(), Some(12_345), Some(23_456)).is_err() {
        eprintln!("skipped: this user may give no file away");
        return;
    }
    predict_to(&bench, "out.csv").expect_code(0);
    let metadata = fs::metadata(bench.output()).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (12_345, 23_456));
    assert_eq!(bench.ids(), ["empty"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_nobody_may_write_is_refused_even_to_root() {
    let bench = bench_with_an_empty_mp3();
    let old = "file_id,precious\n";
    fs::write(bench.output(), old).unwrap();
    set_mode(&bench.output(), 0o444);
    for force in [&[][..], &["--force"]] {
        bench
            .run(["predict", "payload", "-o", "out.csv"].iter().chain(force))
            .expect_code(1)
            .expect_stderr("will not replace \"out.csv\": it is write-protected");
    }
    assert_eq!(fs::read_to_string(bench.output()).unwrap(), old);
}

#[cfg(unix)]
#[test]
fn a_link_that_another_user_laid_in_a_folder_for_all_is_refused() {
    use std::os::unix::fs::{lchown, symlink};

    let bench = bench_with_an_empty_mp3();
    let shared = bench.path("shared");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o777);
    let precious = bench.path("precious");
    fs::write(&precious, "").unwrap();
    let link = shared.join("out.csv");
    symlink(&precious, &link).unwrap();
    symlink(bench.path("."), shared.join("folder")).unwrap();
    let laid = [&link, &shared.join("folder")].map(|link| lchown(link, Some(12_345), None));
    if laid.iter().any(Result::is_err) {
        eprintln!("skipped: this user may give no file away");
        return;
    }
    // A folder that is writable by all but not sticky has no such rule.
    predict_to(&bench, &link).expect_code(0);
    fs::write(&precious, "").unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    for path in [link, shared.join("folder/precious")] {
        predict_to(&bench, path)
            .expect_code(1)
            .expect_stderr("is a link that another user laid in a folder that everybody may");
    }
    assert_eq!(fs::read(&precious).unwrap(), b"");
    let ours = shared.join("ours.csv");
    symlink(&precious, &ours).unwrap();
    predict_to(&bench, &ours).expect_code(0);
    assert_eq!(common::read_predictions(&precious).len(), 1);
}

#[cfg(unix)]
#[test]
fn an_npy_file_and_its_ids_show_whether_they_belong_together() {
    let bench = Bench::new();
    bench.put_clip("a.mp3").put_clip("b.mp3");
    predict_to(&bench, "p.npy").expect_code(0);
    let array: ndarray::Array2<f64> = ndarray_npy::read_npy(bench.path("p.npy")).unwrap();
    let mut ids = csv::Reader::from_path(bench.path("p.npy.ids.csv")).unwrap();
    let mut rows = 0;
    for (row, record) in array.rows().into_iter().zip(ids.records()) {
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        let record = record.unwrap();
        assert_eq!(record[1].parse(), Ok(crc32fast::hash(&bytes)));
        rows += 1;
    }
    assert_eq!(rows, 2);
    // The ids cannot be written, so the values do not appear either.
    fs::remove_file(bench.path("p.npy")).unwrap();
    fs::remove_file(bench.path("p.npy.ids.csv")).unwrap();
    fs::create_dir(bench.path("p.npy.ids.csv")).unwrap();
    predict_to(&bench, "p.npy").expect_code(1);
    assert!(!bench.path("p.npy").exists());
}

#[cfg(unix)]
#[test]
fn a_closed_standard_output_is_an_error_and_nothing_was_written() {
    let bench = Bench::new();
    bench.put("empty.mp3", b"");
    predict_to(&bench, "out.csv").expect_code(0);
    for command in [
        "predict payload -o -",
        "predict payload -o - -q",
        "check payload",
        "embed payload -o -",
        "validate out.csv",
    ] {
        let run = shell(&bench, &format!("\"$fma\" {command} >&-"))
            .expect_code(1)
            .expect_stderr("cannot write to standard output: it is closed");
        assert!(!run.stderr.contains("wrote"), "{}", run.stderr);
    }
    // Throwing it away on purpose is no error.
    shell(&bench, "\"$fma\" check payload >/dev/null").expect_code(0);
    shell(&bench, "\"$fma\" check payload 1<>/dev/null").expect_code(0);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let bench = Bench::new();
    for i in 0..3_000 {
        bench.put(format!("{i}.mp3"), b"");
    }
    // The first row has no reader.
    let script = "{ \"$fma\" predict payload -q -o - 2>/dev/null; echo $? >code; } | :";
    shell(&bench, script).expect_code(0);
    assert_eq!(fs::read_to_string(bench.path("code")).unwrap(), "0\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_once_without_the_name_of_a_temporary_file() {
    let bench = bench_with_an_empty_mp3();
    for command in ["predict", "check"] {
        let run = bench
            .run([command, "payload", "-o", "/dev/full", "-q"])
            .expect_code(1);
        let last = run.stderr.lines().last().unwrap();
        assert!(
            last.ends_with("cannot write to \"/dev/full\": No space left on device (os error 28)"),
            "{last}"
        );
    }
    let run = shell(
        &bench,
        "ulimit -f 0; trap '' XFSZ; \"$fma\" predict payload -o out.csv -q",
    );
    let run = run.expect_code(1);
    let last = run.stderr.lines().last().unwrap();
    assert!(
        last.ends_with("cannot write to \"out.csv\": File too large (os error 27)"),
        "{last}"
    );
    assert!(!bench.output().exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_a_mounted_file_leaves_the_old_content() {
    let bench = Bench::new();
    for i in 0..100 {
        bench.put(format!("{i:02}.mp3"), b"");
    }
    fs::create_dir(bench.path("mounted")).unwrap();
    fs::write(bench.path("mounted/out.csv"), "").unwrap();
    // As a container runtime does that is given one file to write to.
    let script = r#"unshare --mount sh -c '
        mkdir disk && mount -t tmpfs -o size=64k tmpfs disk || exit 77
        : >disk/out.csv
        mount --bind disk/out.csv mounted/out.csv || exit 77
        "$fma" predict payload -q -o mounted/out.csv
        head -c 14 disk/out.csv
        echo file_id,old >disk/out.csv
        dd if=/dev/zero of=disk/fill bs=1k
        "$fma" predict payload -q -o mounted/out.csv
        echo " exit code $?"
        cat disk/out.csv' || exit 77"#;
    let run = shell(&bench, script);
    if run.code == Some(77) {
        eprintln!("skipped: this user may not mount");
        return;
    }
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(text, "file_id,Blues, exit code 1\nfile_id,old\n");
    let last = run.stderr.lines().last().unwrap();
    assert!(
        last.ends_with("to \"mounted/out.csv\": No space left on device (os error 28)"),
        "{last}"
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_a_pipe_without_a_name_is_written_to() {
    let bench = bench_with_an_empty_mp3();
    let script = "\"$fma\" predict payload -q -o /dev/stdout | cat";
    let run = shell(&bench, script).expect_code(0);
    assert!(run.stdout.starts_with(b"file_id,Blues,"));
}

#[test]
fn quiet_is_quiet_whatever_rust_log_says() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let run = |quiet: &[&str]| {
        let mut command = bench.command();
        command.args(["predict", "payload", "-o", "out.csv"]);
        command.args(quiet).env("RUST_LOG", "debug");
        Finished::from(command.output().unwrap())
    };
    run(&[]).expect_code(0).expect_stderr("patches");
    assert_eq!(run(&["-q"]).expect_code(0).stderr, "");
}

/// Records of every kind, as the library writes them.
fn json_lines() -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let run = RunInfo {
        model: "small".into(),
        model_version: "2".into(),
        prior: "uniform".into(),
        top: 5,
        min_probability: 0.3,
    };
    let mut probabilities = [0.05; GENRE_COUNT];
    probabilities[13] = 0.25;
    let ok = Record {
        index: 0,
        path: "a/b.mp3".into(),
        id: b"b".to_vec(),
        status: Status::Ok,
        remark: None,
        audio: Some(AudioFacts {
            seconds: 29.95,
            sample_rate: 44_100,
            channels: 2,
            decoder: Decoder::Nanomp3,
        }),
        probabilities,
        timeline: Vec::new(),
        tag_genre: Some("Rock & Roll".into()),
        embedding: None,
    };
    let unusable = Record {
        index: 1,
        path: odd_path(),
        id: odd_path().as_os_str().as_encoded_bytes().to_vec(),
        status: Status::Unusable,
        remark: Some("is empty (0 bytes)".into()),
        audio: None,
        tag_genre: None,
        embedding: None,
        ..ok.clone()
    };
    let mut warning = Record {
        index: 2,
        status: Status::Warning,
        remark: Some("is cut short".into()),
        ..ok.clone()
    };
    warning.probabilities = [0.0; GENRE_COUNT];
    warning.probabilities[0] = 1.0;
    warning.timeline.push(Segment {
        start: 0.0,
        end: 29.95,
        probabilities,
    });
    let output = RecordOutput::prepare(&path, RecordFormat::Jsonl, &OutputRules::default());
    let mut sink = output.unwrap().open(&run, TableStyle::Plain).unwrap();
    for record in [&ok, &unusable, &warning] {
        sink.write(record).unwrap();
    }
    sink.finish().unwrap();
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A name that is not UTF-8.
#[cfg(unix)]
fn odd_path() -> std::path::PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(b"caf\xe9.mp3".to_vec()).into()
}

#[cfg(not(unix))]
fn odd_path() -> std::path::PathBuf {
    "café.mp3".into()
}

#[test]
fn json_lines_are_what_the_schema_describes() {
    let schema = fs::read(repository("docs/record.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let lines = json_lines();
    let known = schema["properties"].as_object().unwrap();
    for line in &lines {
        schema::assert_valid(&schema, line);
        for name in line.as_object().unwrap().keys() {
            assert!(known.contains_key(name), "the schema does not know {name}");
        }
    }
    assert_eq!(lines.len(), 3);
    // Below the minimum: unknown, though the list is there.
    assert_eq!(lines[0]["genre"], Value::Null);
    assert_eq!(lines[0]["top"][0]["genre"], "Rock");
    assert_eq!(lines[2]["genre"], "Blues");
    // The checker would notice.
    for (field, wrong) in [
        ("status", "fine".into()),
        ("seconds", (-1).into()),
        ("genre", "rock".into()),
        ("schema_version", 2.into()),
        ("top", Value::Null),
        ("probabilities", serde_json::json!({"Blues": 1})),
    ] {
        let mut line = lines[0].clone();
        line[field] = wrong;
        assert_ne!(schema::problems(&schema, &line), [""; 0], "{field}");
    }
    let mut line = lines[0].clone();
    line.as_object_mut().unwrap().remove("genre");
    assert_eq!(schema::problems(&schema, &line).len(), 1);
}

#[cfg(unix)]
#[test]
fn a_parquet_file_has_strings_for_ids_that_are_not_utf8() {
    use parquet::basic::LogicalType;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    let bench = Bench::new();
    bench.put(odd_path(), b"");
    predict_to(&bench, "out.parquet").expect_code(0);
    let file = fs::File::open(bench.path("out.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    assert_eq!(
        schema.column(0).logical_type_ref(),
        Some(&LogicalType::String)
    );
    let row = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    assert!(
        row.to_string()
            .starts_with(r#"{file_id: "caf\xe9", Blues: "#),
        "{row}"
    );
}
