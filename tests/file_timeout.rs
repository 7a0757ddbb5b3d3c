//! `--file-timeout`: one file may not hold up a run.

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{Bench, example_clip};

/// An hour of music: every second of it is to be looked at, which takes a while.
fn slow_file() -> Vec<u8> {
    let clip = fs::read(example_clip()).unwrap();
    clip[nanomp3::id3v2_len(&clip)..].repeat(240)
}

#[test]
fn a_file_that_takes_too_long_is_a_row_and_the_others_are_classified() {
    let bench = Bench::new();
    bench.put("slow.mp3", &slow_file()).put_clip("quick.mp3");
    let arguments = [
        "classify",
        "payload",
        "--timeline",
        "1",
        "--file-timeout",
        "3s",
        "-o",
        "r.jsonl",
    ];
    let start = Instant::now();
    bench
        .run(arguments)
        .expect_code(0)
        .expect_stderr("\"payload/slow.mp3\" took longer than 3s");
    // All of it would take half a minute.
    assert!(start.elapsed() < Duration::from_secs(25));
    let results = fs::read_to_string(bench.path("r.jsonl")).unwrap();
    let rows: Vec<serde_json::Value> = results
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows[0]["status"], "ok");
    assert_eq!(rows[1]["status"], "unusable");
    assert_eq!(rows[1]["remark"], "took longer than 3s");
    let sum: f64 = rows[1]["probabilities"]
        .as_object()
        .unwrap()
        .values()
        .map(|p| p.as_f64().unwrap())
        .sum();
    common::assert_close(sum, 1.0, 1e-6, "the prior's sum");
}

#[test]
fn a_limit_that_is_no_time_is_refused_and_the_default_is_generous() {
    let bench = Bench::new();
    bench.put("long.mp3", &slow_file());
    bench
        .predict(["--file-timeout", "soon"])
        .expect_code(1)
        .expect_stderr("--file-timeout");
    bench.predict([]).expect_code(0);
    assert_eq!(bench.ids(), ["long"]);
}
