//! `classify`: what it writes in each format, and what it makes of odd inputs.

mod common;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use common::{Bench, Finished, assert_close, repository, schema};
use serde_json::Value;

/// Rock, a drum and bass track, a file of one second and one of none.
fn music() -> Bench {
    let bench = Bench::new();
    for (name, source) in [
        ("army.mp3", "examples/armygeddon-muldjord.mp3"),
        ("deep/nebula.MP3", "examples/nebula-max-mccracken.mp3"),
        ("tone.flac", "tests/data/formats/flac-16.flac"),
    ] {
        bench.put(name, &fs::read(repository(source)).unwrap());
    }
    bench
        .put("empty.mp3", b"")
        .put("cover.jpg", b"\xff\xd8\xff");
    bench
}

fn stdout(run: &Finished) -> &str {
    std::str::from_utf8(&run.stdout).unwrap()
}

fn json_lines(run: &Finished) -> Vec<Value> {
    let lines = stdout(run).lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Runs with `input` on standard input.
fn run_with(bench: &Bench, arguments: &[&str], input: &[u8]) -> Finished {
    let mut command = bench.command();
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Finished::from(child.wait_with_output().unwrap())
}

#[test]
fn a_table_says_what_each_file_is() {
    let run = music().run(["classify", "payload"]).expect_code(0);
    let expected = "\
file\tgenres\tseconds
payload/army.mp3\tRock 0.92, Electronic 0.03, Experimental 0.02\t10.0
payload/deep/nebula.MP3\tElectronic 0.79, Hip-Hop 0.08, Pop 0.03\t15.0
payload/empty.mp3\tunusable: is empty (0 bytes)\t
payload/tone.flac\tElectronic 0.38, Experimental 0.32, Old-Time / Historic 0.13\t1.0
";
    assert_eq!(stdout(&run), expected);
    assert!(
        run.stderr.contains("3 classified, 1 unusable"),
        "{}",
        run.stderr
    );
}

#[test]
fn below_the_least_probability_the_genre_is_unknown() {
    let bench = music();
    let run = bench.run([
        "classify",
        "payload",
        "--top",
        "1",
        "--min-probability",
        "0.85",
        "-q",
    ]);
    let expected = "\
file\tgenres\tseconds
payload/army.mp3\tRock 0.92\t10.0
payload/deep/nebula.MP3\tunknown, Electronic 0.79\t15.0
payload/empty.mp3\tunusable: is empty (0 bytes)\t
payload/tone.flac\tunknown, Electronic 0.38\t1.0
";
    assert_eq!(stdout(&run.expect_code(0)), expected);
}

#[test]
fn a_csv_has_the_bytes_of_predict() {
    let bench = Bench::new();
    bench.put_clip("b.mp3").put("a.mp3", b"no music");
    bench.predict([]).expect_code(0);
    for more in [&["-o", "classified.csv"][..], &["--format", "csv"]] {
        let run = bench
            .run([&["classify", "payload"], more].concat())
            .expect_code(0);
        let written = match more[0] {
            "-o" => fs::read(bench.path("classified.csv")).unwrap(),
            _ => run.stdout,
        };
        assert_eq!(written, fs::read(bench.output()).unwrap());
    }
}

#[test]
fn json_lines_hold_to_the_schema() {
    let bench = music();
    let run = bench.run([
        "classify",
        "payload",
        "--format",
        "jsonl",
        "--timeline",
        "4",
        "--top",
        "2",
    ]);
    let lines = json_lines(&run.expect_code(0));
    let described = fs::read(repository("docs/record.schema.json")).unwrap();
    let described: Value = serde_json::from_slice(&described).unwrap();
    for line in &lines {
        schema::assert_valid(&described, line);
    }
    let of = |field: &str| -> Vec<Value> { lines.iter().map(|line| line[field].clone()).collect() };
    assert_eq!(of("id"), ["army", "nebula", "empty", "tone"]);
    assert_eq!(of("status"), ["ok", "ok", "unusable", "ok"]);
    assert_eq!(
        of("genre"),
        [Some("Rock"), Some("Electronic"), None, Some("Electronic")].map(Value::from)
    );
    let army = &lines[0];
    assert_eq!(army["top"].as_array().unwrap().len(), 2);
    let segments = army["timeline"].as_array().unwrap();
    let bounds =
        |segment: &Value| [&segment["start"], &segment["end"]].map(|n| n.as_f64().unwrap());
    let bounds: Vec<[f64; 2]> = segments.iter().map(bounds).collect();
    assert_eq!(bounds, [[0.0, 4.0], [4.0, 8.0], [8.0, 10.0]]);
    for segment in segments {
        let probabilities = segment["probabilities"].as_object().unwrap().values();
        let sum = probabilities.map(|p| p.as_f64().unwrap()).sum();
        assert_close(sum, 1.0, 1e-6, "the sum of a segment");
    }
}

#[test]
fn a_parquet_file_appears_and_its_journal_goes() {
    let bench = music();
    bench
        .run(["classify", "payload", "-o", "out.parquet"])
        .expect_code(0);
    let bytes = fs::read(bench.path("out.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    assert!(!bench.path("out.parquet.journal").exists());
}

#[test]
fn an_ending_that_is_no_format_of_ours_is_refused() {
    let bench = music();
    for name in ["out.json", "out.xlsx"] {
        let run = bench
            .run(["classify", "payload", "-o", name])
            .expect_code(1);
        assert!(run.stderr.contains(".jsonl"), "{}", run.stderr);
        assert!(!bench.path(name).exists());
    }
}

#[test]
fn a_path_that_is_not_there_is_named_and_the_run_goes_on() {
    let bench = music();
    let run = bench
        .run(["classify", "nowhere", "payload/army.mp3", "-q"])
        .expect_code(2);
    let expected =
        "WARN cannot read the input \"nowhere\": No such file or directory (os error 2)\n";
    assert_eq!(run.stderr.trim_start(), expected);
    assert_eq!(stdout(&run).lines().count(), 2);
    let run = bench.run(["classify", "nowhere"]).expect_code(1);
    assert_eq!(run.stdout, b"");
}

#[test]
fn an_empty_folder_is_an_error_alone_and_a_word_beside_music() {
    let bench = music();
    fs::create_dir(bench.path("nothing")).unwrap();
    bench
        .run(["classify", "nothing"])
        .expect_code(1)
        .expect_stderr("no audio files in \"nothing\"");
    let run = bench.run(["classify", "nothing", "payload/army.mp3"]);
    run.expect_code(0)
        .expect_stderr("no audio files in \"nothing\"");
}

#[test]
fn listed_files_that_are_missing_have_a_row() {
    let bench = music();
    let list = "payload/army.mp3\r\ngone/x.flac\n\npayload/army.mp3\n";
    let arguments = ["classify", "--files-from", "-", "--format", "jsonl"];
    let run = run_with(&bench, &arguments, list.as_bytes()).expect_code(0);
    let lines = json_lines(&run);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["path"], "gone/x.flac");
    assert_eq!(lines[1]["status"], "unusable");
    assert_eq!(
        run.stderr.matches("gone/x.flac").count(),
        1,
        "{}",
        run.stderr
    );
    let strict = [&arguments[..], &["--strict"]].concat();
    run_with(&bench, &strict, list.as_bytes()).expect_code(2);
}

#[test]
fn names_with_newlines_come_from_a_list_with_zero_bytes() {
    let bench = music();
    let clip = fs::read(bench.path("payload/army.mp3")).unwrap();
    bench.put("line\nfeed.mp3", &clip);
    let list = b"payload/line\nfeed.mp3\0payload/tone.flac\0";
    let arguments = ["classify", "-q", "--files-from", "-", "-0"];
    let run = run_with(&bench, &arguments, list).expect_code(0);
    let lines: Vec<&str> = stdout(&run).lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        !lines[1].contains("\u{1b}") && lines[1].starts_with("payload/line"),
        "{lines:?}"
    );
}

#[test]
fn an_output_inside_the_searched_folder_is_no_input_and_replaces_none() {
    let bench = music();
    for _ in 0..2 {
        let run = bench.run(["classify", "payload", "-o", "payload/genres.csv"]);
        run.expect_code(0).expect_stderr("3 classified, 1 unusable");
    }
    let before = fs::read(bench.path("payload/army.mp3")).unwrap();
    for more in [&[][..], &["--force"]] {
        let output = [
            "classify",
            "payload",
            "--format",
            "csv",
            "-o",
            "payload/army.mp3",
        ];
        bench.run([&output[..], more].concat()).expect_code(1);
        assert_eq!(fs::read(bench.path("payload/army.mp3")).unwrap(), before);
    }
}

#[test]
fn the_tag_of_a_file_is_read_and_does_not_vote() {
    let bench = Bench::new();
    let clip = fs::read(repository("examples/armygeddon-muldjord.mp3")).unwrap();
    let mut tag = [0_u8; 128];
    tag[..3].copy_from_slice(b"TAG");
    tag[127] = 8; // Jazz
    bench.put("plain.mp3", &clip);
    bench.put("tagged.mp3", &[&clip[..], &tag].concat());
    let run = bench
        .run(["classify", "payload", "--format", "jsonl"])
        .expect_code(0);
    let lines = json_lines(&run);
    assert_eq!(lines[0]["tag_genre"], Value::Null);
    assert_eq!(lines[1]["tag_genre"], "Jazz");
    assert_eq!(lines[0]["probabilities"], lines[1]["probabilities"]);
}
