//! Defects in the middle of a run, injected: `cargo test --release --locked --features fault-injection --test faults`.
//!
//! While one file is worked on, a panic costs that file's row. Where results are written it ends the run, with an
//! error and without a partial output.

mod common;

use std::fs;

use common::{Bench, Finished};

/// Five files; the third to pass the place called `point` panics there.
fn bench() -> Bench {
    let bench = Bench::new();
    for name in ["1", "2", "3", "4", "5"] {
        bench.put_clip(format!("{name}.mp3"));
    }
    bench
}

fn run(bench: &Bench, command: &[&str], point: &str, action: &str) -> Finished {
    let output = bench
        .command()
        .args(command)
        .env("FAILPOINTS", format!("{point}={action}"))
        .output()
        .unwrap();
    Finished::from(output)
}

const PREDICT: [&str; 5] = ["predict", "payload", "-o", "out.csv", "-j1"];
const CLASSIFY: [&str; 5] = ["classify", "payload", "-o", "out.jsonl", "-j1"];

#[test]
fn a_defect_while_one_file_is_worked_on_costs_its_row_alone() {
    for point in ["decode", "features"] {
        let bench = bench();
        let run = run(&bench, &PREDICT, point, "2*off->1*panic(injected)->off")
            .expect_code(0)
            .expect_stderr("4 classified, 1 fallback")
            .expect_stderr("3.mp3\"");
        assert_eq!(bench.ids().len(), 5, "{point}");
        assert!(run.stderr.contains("injected"), "{}", run.stderr);
        assert!(!run.stderr.contains("RUST_BACKTRACE"), "{}", run.stderr);
    }
}

/// What networks are given is finite and of fixed size, whatever was in the file: a defect there is no file's.
#[test]
fn a_defect_in_a_network_ends_the_run_with_the_networks_name_and_without_an_output() {
    let bench = bench();
    run(
        &bench,
        &PREDICT,
        "network",
        "20*off->1*panic(injected)->off",
    )
    .expect_code(1)
    .expect_stderr("msd_small.onnx: inference failed: the engine gave up on it: injected");
    assert!(!bench.output().exists());
}

#[test]
fn a_defect_in_every_file_is_a_row_with_the_prior_for_each() {
    let bench = bench();
    run(&bench, &PREDICT, "decode", "panic(injected)")
        .expect_code(0)
        .expect_stderr("0 classified, 5 fallback");
    assert_eq!(bench.ids().len(), 5);
}

#[test]
fn a_defect_where_results_are_written_ends_the_run_without_a_partial_output() {
    for (command, points) in [
        (PREDICT, &["sink", "finish"][..]),
        (CLASSIFY, &["sink", "finish", "journal"]),
    ] {
        for point in points {
            let bench = bench();
            let output = bench.path(command[3]);
            fs::write(&output, "file_id,old\n").unwrap();
            let mut arguments = command.to_vec();
            arguments.push("--force");
            let action = match *point {
                "finish" => "panic(injected)",
                _ => "2*off->panic(injected)",
            };
            run(&bench, &arguments, point, action)
                .expect_code(1)
                .expect_stderr("this is a defect of fma-genre, please report it: ")
                .expect_stderr("injected");
            let what = format!("{} {point}", command[0]);
            assert_eq!(
                fs::read_to_string(&output).unwrap(),
                "file_id,old\n",
                "{what}"
            );
            let left = fs::read_dir(bench.path("."))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.contains(".tmp"))
                .count();
            assert_eq!(left, 0, "{what}");
        }
    }
}

/// What the journal has survives the defect.
#[test]
fn a_run_that_a_defect_ended_can_be_resumed() {
    let bench = bench();
    run(&bench, &CLASSIFY, "sink", "2*off->panic(injected)").expect_code(1);
    let resumed = [&CLASSIFY[..], &["--resume"]].concat();
    run(&bench, &resumed, "decode", "off").expect_code(0);
    let resumed = fs::read(bench.path("out.jsonl")).unwrap();
    fs::remove_file(bench.path("out.jsonl")).unwrap();
    run(&bench, &CLASSIFY, "decode", "off").expect_code(0);
    assert_eq!(resumed, fs::read(bench.path("out.jsonl")).unwrap());
}

/// Several threads wait for each other's results: a defect ends them all.
#[test]
fn a_defect_where_results_are_written_ends_all_threads() {
    let bench = bench();
    let command = ["predict", "payload", "-o", "out.csv", "-j4"];
    run(&bench, &command, "sink", "1*off->panic(injected)").expect_code(1);
    assert!(!bench.output().exists());
}
