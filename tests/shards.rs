//! `--shard` and `merge`: one run on several machines gives the bytes of a run on one.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Bench, Finished, HEADER, files_in, repository};

/// Ten pieces of music, some of them twice under other names, and two files of none.
fn music() -> Bench {
    let bench = Bench::new();
    for (number, path) in files_in(&repository("examples"), "mp3").iter().enumerate() {
        let bytes = fs::read(path).unwrap();
        let short = &bytes[..bytes.len().min(60_000)];
        bench.put(format!("{number:03}.mp3"), short);
        if number < 2 {
            bench.put(format!("more/{number:03}.mp3"), short);
        }
    }
    bench
        .put("a, \"b\"\nc.mp3", b"")
        .put("noise.mp3", &[7; 5_000]);
    bench
}

/// Runs `command` for each of `count` shards; the outputs, in the order of shards.
fn run_shards(bench: &Bench, command: &str, ending: &str, count: usize) -> Vec<PathBuf> {
    let run = |index: usize| {
        let output = bench.path(format!("part-{index}.{ending}"));
        let shard = format!("{index}/{count}");
        let arguments = [command, "payload", "--shard", &shard, "-q", "-o"];
        bench
            .run(
                arguments
                    .iter()
                    .map(Into::into)
                    .chain([output.clone().into_os_string()]),
            )
            .expect_code(0);
        output
    };
    (0..count).map(run).collect()
}

fn merge(bench: &Bench, shards: &[PathBuf], output: &str) -> Finished {
    let mut command = bench.command();
    command.arg("merge").args(shards).args(["-o", output]);
    Finished::from(command.output().unwrap())
}

#[test]
fn merged_shards_are_the_bytes_of_one_run() {
    for (command, ending, count) in [
        ("predict", "csv", 1),
        ("predict", "csv", 3),
        ("classify", "csv", 4),
        ("classify", "jsonl", 5),
    ] {
        let bench = music();
        let whole = format!("whole.{ending}");
        let arguments = [command, "payload", "-q", "-o", &whole];
        bench.run(arguments).expect_code(0);
        let mut shards = run_shards(&bench, command, ending, count);
        shards.reverse();
        let merged = format!("merged.{ending}");
        merge(&bench, &shards, &merged)
            .expect_code(0)
            .expect_stderr(&format!("14 rows of {count} shards"));
        let read = |name: &str| String::from_utf8(fs::read(bench.path(name)).unwrap()).unwrap();
        assert_eq!(read(&merged), read(&whole), "{command} {ending}");
    }
}

#[test]
fn options_that_change_rows_are_kept() {
    let bench = music();
    let classify = |more: &[&str], output: &str| {
        let options = ["--timeline", "2", "--top", "2", "--min-probability", "0.5"];
        let arguments = ["classify", "payload", "-q", "-o", output];
        let arguments = arguments.iter().chain(&options).chain(more);
        bench.run(arguments).expect_code(0);
    };
    classify(&[], "whole.jsonl");
    classify(&["--shard", "0/2"], "0.jsonl");
    classify(&["--shard", "1/2"], "1.jsonl");
    merge(&bench, &["0.jsonl".into(), "1.jsonl".into()], "all.jsonl").expect_code(0);
    let read = |name: &str| fs::read(bench.path(name)).unwrap();
    assert_eq!(read("all.jsonl"), read("whole.jsonl"));
}

#[test]
fn a_shard_without_files_has_a_header_and_no_rows() {
    let bench = Bench::new();
    bench.put("a.mp3", b"");
    let shards = run_shards(&bench, "predict", "csv", 3);
    let texts: Vec<String> = shards
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let empty = format!("{HEADER}\n");
    assert_eq!(texts.iter().filter(|text| **text == empty).count(), 2);
    merge(&bench, &shards, "all.csv").expect_code(0);
    bench.predict(["-q"]).expect_code(0);
    let read = |name: &str| fs::read_to_string(bench.path(name)).unwrap();
    assert_eq!(read("all.csv"), read("out.csv"));
}

#[test]
fn a_folder_without_music_is_no_empty_shard() {
    let bench = Bench::new();
    let run = bench.predict(["--shard", "0/2"]).expect_code(1);
    run.expect_stderr("no mp3 files");
}

#[test]
fn shards_that_are_not_one_whole_run_are_refused_and_nothing_is_written() {
    let bench = music();
    let refused = |shards: &[PathBuf], message: &str| {
        let run = merge(&bench, shards, "all.csv").expect_code(1);
        let names = bench.path("").display().to_string();
        assert_eq!(run.stderr.replace(&names, ""), format!("ERROR {message}\n"),);
        assert!(!bench.path("all.csv").exists());
    };
    let shards = run_shards(&bench, "predict", "csv", 3);
    let [first, second, third] = [0, 1, 2].map(|index| shards[index].clone());

    refused(
        std::slice::from_ref(&second),
        "2 of 3 shards are missing: 0, 2",
    );
    refused(
        &[first.clone(), second.clone(), second.clone(), third.clone()],
        r#""part-1.csv" and "part-1.csv" are the same shard, 1 of 3"#,
    );
    refused(
        &["no-such.csv".into()],
        r#"cannot read "no-such.csv": No such file or directory (os error 2)"#,
    );
    fs::write(bench.path("plain.csv"), HEADER).unwrap();
    refused(
        &["plain.csv".into()],
        "\"plain.csv\" has no note beside it (\"plain.csv.shard.json\"): only what --shard wrote \
         can be merged",
    );

    // Another prior, then another file.
    let other = ["predict", "payload", "-q", "--prior", "uniform"];
    let other = other.iter().chain(&["--shard", "2/3", "-o", "other.csv"]);
    bench.run(other).expect_code(0);
    refused(
        &[first.clone(), second.clone(), "other.csv".into()],
        r#""part-0.csv" and "other.csv" are not of one run: prior is "fma" and "uniform""#,
    );
    bench.put("late.mp3", b"");
    let other = [
        "predict", "payload", "-q", "--shard", "2/3", "-o", "late.csv",
    ];
    bench.run(other).expect_code(0);
    refused(
        &[first.clone(), second.clone(), "late.csv".into()],
        "\"part-0.csv\" and \"late.csv\" are shards of different files (14 and 15 in all): \
         something was added, removed or renamed between the runs",
    );

    let changed = fs::read_to_string(&third).unwrap().replace("0.0", "0.1");
    fs::write(&third, changed).unwrap();
    refused(
        &[first, second, third],
        r#""part-2.csv" is not what its note tells of: it was changed, cut off or exchanged"#,
    );
}

#[test]
fn parquet_is_checked_and_not_merged() {
    let bench = music();
    let shards = run_shards(&bench, "classify", "parquet", 2);
    let run = merge(&bench, &shards, "all.parquet").expect_code(1);
    run.expect_stderr("readers of Parquet take a folder of them as one table");
    let check = |expected: i32| {
        let mut command = bench.command();
        let run = command.args(["merge", "--check"]).args(&shards).output();
        Finished::from(run.unwrap()).expect_code(expected)
    };
    assert_eq!(check(0).stdout, b"2 shards, complete: 14 rows\n");
    fs::write(&shards[1], "PAR1").unwrap();
    check(1).expect_stderr("is not what its note tells of");
}

#[test]
fn a_shard_needs_a_file_and_a_number_below_the_count() {
    let bench = music();
    for (arguments, message) in [
        (
            &["classify", "payload", "--shard", "0/2"][..],
            "--shard needs an output file: a note for `fma-genre merge` lies beside it",
        ),
        (
            &["classify", "payload", "--shard", "0/2", "-o", "x.txt"],
            "--shard writes .csv, .jsonl and .parquet",
        ),
        (
            &["predict", "payload", "--shard", "0/2", "-o", "x.npy"],
            "--shard writes .csv, .jsonl and .parquet",
        ),
        (
            &["predict", "payload", "--shard", "2/2", "-o", "x.csv"],
            "shards count from 0: the last of 2 is 1/2",
        ),
    ] {
        bench.run(arguments).expect_code(1).expect_stderr(message);
    }
    assert_eq!(fs::read_dir(bench.path("")).unwrap().count(), 1);
}
