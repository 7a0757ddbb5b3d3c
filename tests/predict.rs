//! `fma-genre predict` as its users see it: rows, messages, exit codes.

mod common;

use std::fs;

use common::{Bench, assert_close, repository};

#[test]
fn a_folder_becomes_a_submission() {
    let bench = Bench::new();
    bench
        .put_clip("b/000010.mp3")
        .put_clip("000002.MP3")
        .put_clip("a/x.y.mp3")
        .put("a/notes.txt", b"no music")
        .put("._000002.mp3", b"a macOS companion");
    fs::create_dir(bench.payload().join("folder.mp3")).unwrap();
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("3 classified, 0 fallback");
    assert_eq!(bench.ids(), ["000002", "x.y", "000010"]);
    let rows = bench.rows();
    assert_eq!(rows[0].1, rows[1].1, "the same clip gets the same row");
    let top = rows[0].1.iter().fold(0.0_f64, |a, b| a.max(*b));
    assert!(top > 0.07, "music moves the answer away from even: {top}");
}

#[test]
fn input_and_output_come_from_the_environment() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    for slash in ["", "/"] {
        let output = bench.path(format!("env{}/deep/out.csv", slash.len()));
        let status = bench
            .command()
            .arg("predict")
            .env(
                "TEST_DIRECTORY",
                format!("{}{slash}", bench.payload().display()),
            )
            .env("OUTPUT_PATH", &output)
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(common::read_predictions(&output).len(), 1);
    }
}

#[test]
fn the_csv_does_not_depend_on_the_number_of_jobs() {
    let bench = Bench::new();
    for clip in common::files_in(&repository("examples"), "mp3") {
        let name = clip.file_name().unwrap();
        bench.put(name, &fs::read(&clip).unwrap());
    }
    bench.put("silent.mp3", b"");
    bench.predict(["--jobs", "1"]).expect_code(0);
    let one = fs::read(bench.output()).unwrap();
    for jobs in ["2", "7"] {
        bench.predict(["--jobs", jobs]).expect_code(0);
        assert_eq!(fs::read(bench.output()).unwrap(), one, "{jobs} jobs");
    }
}

#[test]
fn every_mp3_gets_exactly_one_row_whatever_is_in_it() {
    let clip = fs::read(common::example_clip()).unwrap();
    let bench = Bench::new();
    bench
        .put_clip("good.mp3")
        .put("empty.mp3", b"")
        .put("text.mp3", b"these are words and no music")
        .put("web.mp3", b"<!DOCTYPE html><title>404</title>")
        .put("zeros.mp3", &[0; 10_000])
        .put("tiny.mp3", &clip[..900])
        .put("short.mp3", &clip[..12_000])
        .put("truncated.mp3", &clip[..clip.len() / 2])
        .put("wave.mp3", b"RIFF\x24\0\0\0WAVEfmt ");
    let run = bench
        .predict([])
        .expect_code(0)
        .expect_stderr("3 classified, 6 fallback")
        .expect_stderr("/empty.mp3\" is empty (0 bytes)")
        .expect_stderr("/text.mp3\" holds no MPEG audio (it looks like text)")
        .expect_stderr("/web.mp3\" holds no MPEG audio (it looks like a web page or XML)")
        .expect_stderr("/wave.mp3\" holds no MPEG audio (it looks like a WAV file)")
        .expect_stderr("/tiny.mp3\" has only")
        .expect_stderr("/truncated.mp3\": ");
    assert!(!run.stderr.contains("good.mp3"), "{}", run.stderr);
    let ids = [
        "empty",
        "good",
        "short",
        "text",
        "tiny",
        "truncated",
        "wave",
        "web",
        "zeros",
    ];
    assert_eq!(bench.ids(), ids);
    let rows = bench.rows();
    assert_eq!(rows[0].1, rows[3].1, "all fallback rows are the prior");
    assert_close(rows[0].1[13], 7096.0 / 24_971.0, 0.01, "Rock in FMA-medium");
}

#[test]
fn strict_makes_fallback_rows_exit_with_two() {
    let bench = Bench::new();
    bench.put_clip("good.mp3");
    bench.predict(["--strict"]).expect_code(0);
    bench.put("bad.mp3", b"");
    bench.predict(["--strict"]).expect_code(2);
    assert_eq!(bench.ids(), ["bad", "good"]);
    bench.predict([]).expect_code(0);
}

#[test]
fn an_empty_or_missing_folder_is_an_error_that_says_so() {
    let bench = Bench::new();
    bench
        .predict([])
        .expect_code(1)
        .expect_stderr("no mp3 files in");
    bench
        .run(["predict", "nowhere", "-o", "out.csv"])
        .expect_code(1)
        .expect_stderr("cannot read the input \"nowhere\"");
    assert!(!bench.output().exists());
}

#[test]
fn usage_errors_exit_with_one() {
    let bench = Bench::new();
    bench.run(["predict", "--jobs", "0"]).expect_code(1);
    bench.run(["predict", "--no-such-flag"]).expect_code(1);
    bench.run(["frobnicate"]).expect_code(1);
    bench.run(["--help"]).expect_code(0);
    bench.run(["--version"]).expect_code(0);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_any_work() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let run = bench
        .run(["predict", "payload", "-o", "payload/a.mp3/out.csv", "-v"])
        .expect_code(1)
        .expect_stderr("cannot write to");
    assert!(!run.stderr.contains("patches"), "{}", run.stderr);
    bench
        .run(["predict", "payload", "-o", "payload"])
        .expect_code(1)
        .expect_stderr("it is a folder");
}

#[test]
fn standard_output_and_a_single_file_work() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let run = bench
        .run(["predict", "payload/a.mp3", "-o", "-"])
        .expect_code(0);
    let text = String::from_utf8(run.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], common::HEADER);
    assert_eq!(run.code, Some(0));
    assert!(lines[1].starts_with("a,0.") && lines.len() == 2, "{text}");
}

#[test]
fn same_name_in_two_folders_gets_relative_paths_and_a_warning() {
    let bench = Bench::new();
    bench
        .put_clip("a/x.mp3")
        .put_clip("b/x.mp3")
        .put_clip("y.mp3");
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("shares its name with another file; its file_id is \"a/x\"");
    assert_eq!(bench.ids(), ["a/x", "b/x", "y"]);
}

#[test]
fn the_prior_can_be_uniform_or_a_file() {
    let bench = Bench::new();
    bench.put("empty.mp3", b"");
    bench.predict(["--prior", "uniform"]).expect_code(0);
    assert_close(bench.rows()[0].1[0], 1.0 / 16.0, 1e-6, "uniform prior");
    bench
        .predict(["--prior", "nowhere.csv"])
        .expect_code(1)
        .expect_stderr("--prior must be fma, uniform or a CSV file");
    fs::write(bench.path("prior.csv"), "genre,weight\nRock,1\n").unwrap();
    bench
        .predict(["--prior", bench.path("prior.csv").to_str().unwrap()])
        .expect_code(1)
        .expect_stderr("there is no row for \"Blues\"");
}

#[test]
fn a_deadline_that_is_over_gives_the_prior_to_all() {
    let bench = Bench::new();
    for i in 0..5 {
        bench.put_clip(format!("{i}.mp3"));
    }
    bench
        .predict(["--deadline", "1ms"])
        .expect_code(0)
        .expect_stderr("0 classified, 5 fallback (of these 5 not reached before the deadline)");
    assert_eq!(bench.rows().len(), 5);
    let output = bench
        .command()
        .args(["predict", "payload", "-o", "out.csv"])
        .env("FMA_GENRE_DEADLINE", "soon")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("FMA_GENRE_DEADLINE=\"soon\" is not a time such as 9h30m or 90s"),
        "{stderr}"
    );
}
