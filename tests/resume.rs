//! Runs of `classify` that end before they are complete, and how they go on.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, UNIX_EPOCH};

use common::{Bench, Finished, example_clip, next_random, repository};

const FORMATS: [&str; 3] = ["jsonl", "csv", "parquet"];

/// A payload of so many songs that differ in length, and some that are none.
fn songs(count: usize) -> Bench {
    let bench = Bench::new();
    let clip = fs::read(example_clip()).unwrap();
    for song in 0..count {
        let len = match song % 10 {
            3 => 0,
            _ => clip.len() / 2 + song * 997 % (clip.len() / 2),
        };
        bench.put(format!("{song:03}.mp3"), &clip[..len]);
    }
    bench
}

fn classify(bench: &Bench, output: &str, more: &[&str]) -> Command {
    let mut command = bench.command();
    command.args(["classify", "payload", "-o", output]);
    command.args(more);
    command
}

fn run(mut command: Command) -> Finished {
    Finished::from(command.output().unwrap())
}

fn spawn(mut command: Command) -> Child {
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child) -> Finished {
    Finished::from(child.wait_with_output().unwrap())
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// Whole lines in the journal, less the header.
fn results_in(journal: &Path) -> usize {
    let bytes = fs::read(journal).unwrap_or_default();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    lines.saturating_sub(1)
}

/// Waits until the journal has so many results.
fn wait_for(journal: &Path, results: usize) {
    let start = Instant::now();
    while results_in(journal) < results {
        assert!(start.elapsed() < Duration::from_secs(60), "no results");
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn fifty_kills_at_random_moments_and_the_bytes_are_those_of_an_undisturbed_run() {
    let bench = songs(60);
    let (mut moments, mut kills, mut runs) = (2_026, 0, 0);
    while kills < 50 {
        let format = FORMATS[runs % FORMATS.len()];
        runs += 1;
        let undisturbed = format!("undisturbed.{format}");
        if !bench.path(&undisturbed).exists() {
            run(classify(&bench, &undisturbed, &[])).expect_code(0);
        }
        let output = format!("out.{format}");
        let journal = bench.path(format!("{output}.journal"));
        let mut done = 0;
        loop {
            let mut child = spawn(classify(&bench, &output, &["--resume", "-q"]));
            let moment = u64::from(next_random(&mut moments) % 150_000);
            sleep(Duration::from_micros(moment));
            if child.try_wait().unwrap().is_some() {
                end(child).expect_code(0);
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            if !bench.path(&output).exists() {
                let results = results_in(&journal);
                assert!(results >= done, "{done} results became {results}");
                done = results;
            }
        }
        let [ours, expected] = [&output, &undisturbed].map(|name| fs::read(bench.path(name)));
        assert_eq!(ours.unwrap(), expected.unwrap(), "{format}");
        fs::remove_file(bench.path(&output)).unwrap();
    }
    let undisturbed = FORMATS.map(|format| format!("undisturbed.{format}"));
    let mut left: Vec<String> = fs::read_dir(bench.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "payload" && !undisturbed.contains(name))
        .collect();
    left.sort();
    assert_eq!(left, Vec::<String>::new(), "strays");
}

#[test]
fn an_interrupt_finishes_what_is_under_way_and_says_how_to_go_on() {
    let bench = songs(200);
    let journal = bench.path("out.jsonl.journal");
    let child = spawn(classify(&bench, "out.jsonl", &["-j", "1"]));
    wait_for(&journal, 3);
    signal(&child, "INT");
    let finished = end(child)
        .expect_code(130)
        .expect_stderr("finishing the files under way; once more ends at once")
        .expect_stderr("interrupted: the journal \"out.jsonl.journal\" has ")
        .expect_stderr("of 200 files; the same command with --resume goes on from there");
    assert!(!bench.path("out.jsonl").exists());
    let done = results_in(&journal);
    let said = format!("has {done} of 200 files");
    finished.expect_stderr(&said);
    run(classify(&bench, "out.jsonl", &["--resume"]))
        .expect_code(0)
        .expect_stderr(&format!(
            "going on from \"out.jsonl.journal\": {done} files are done, 0 changed since"
        ))
        .expect_stderr("180 classified, 20 unusable");
    assert!(!journal.exists());
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let bench = songs(2);
    // Hours of music, of which every second is looked at: far longer than this test.
    let hours = fs::read(example_clip()).unwrap().repeat(1_000);
    bench.put("9-hours.mp3", &hours);
    let journal = bench.path("out.jsonl.journal");
    let child = spawn(classify(
        &bench,
        "out.jsonl",
        &["-j", "1", "--timeline", "1"],
    ));
    wait_for(&journal, 2);
    signal(&child, "INT");
    sleep(Duration::from_millis(300));
    signal(&child, "INT");
    let finished = end(child)
        .expect_code(130)
        .expect_stderr("finishing the files under way");
    assert!(
        !finished.stderr.contains("goes on from there"),
        "{}",
        finished.stderr
    );
    assert!(!bench.path("out.jsonl").exists());
    assert_eq!(results_in(&journal), 2);
}

#[test]
fn a_second_run_with_the_same_journal_is_refused() {
    let bench = songs(200);
    let journal = bench.path("out.csv.journal");
    let mut first = spawn(classify(&bench, "out.csv", &[]));
    wait_for(&journal, 1);
    for more in [&[][..], &["--resume"], &["--force"]] {
        run(classify(&bench, "out.csv", more))
            .expect_code(1)
            .expect_stderr("another run is writing the journal \"out.csv.journal\"");
    }
    assert!(first.try_wait().unwrap().is_none(), "the first run goes on");
    end(first).expect_code(0);
    assert_eq!(bench.rows().len(), 200);
}

/// Leaves a journal with results of all files.
fn leave_a_journal(bench: &Bench, more: &[&str]) {
    let child = spawn(classify(bench, "out.csv", more));
    let journal = bench.path("out.csv.journal");
    wait_for(&journal, 2);
    signal(&child, "INT");
    end(child).expect_code(130);
    assert!(results_in(&journal) >= 2);
}

#[test]
fn a_journal_is_neither_overwritten_nor_gone_on_from_unasked() {
    let bench = songs(60);
    leave_a_journal(&bench, &["-j", "1"]);
    let before = fs::read(bench.path("out.csv.journal")).unwrap();
    run(classify(&bench, "out.csv", &[]))
        .expect_code(1)
        .expect_stderr("go on with --resume, or begin anew with --force");
    assert_eq!(fs::read(bench.path("out.csv.journal")).unwrap(), before);
    let finished = run(classify(&bench, "out.csv", &["--force"])).expect_code(0);
    assert!(!finished.stderr.contains("going on"), "{}", finished.stderr);
}

#[test]
fn a_journal_of_other_options_is_refused_with_what_differs() {
    let bench = songs(60);
    leave_a_journal(&bench, &["-j", "1"]);
    let before = fs::read(bench.path("out.csv.journal")).unwrap();
    run(classify(
        &bench,
        "out.csv",
        &["--resume", "--prior", "uniform", "--model", "full"],
    ))
    .expect_code(1)
    .expect_stderr("cannot go on from the journal \"out.csv.journal\": it was begun with --model ")
    .expect_stderr("it was begun with another --prior")
    .expect_stderr("or begin anew with --force");
    assert_eq!(fs::read(bench.path("out.csv.journal")).unwrap(), before);
    // What only changes how results are shown does not matter.
    run(classify(
        &bench,
        "out.csv",
        &["--resume", "--top", "5", "--min-probability", "0.5"],
    ))
    .expect_code(0);
}

#[test]
fn something_else_under_the_journals_name_is_refused() {
    let bench = songs(3);
    fs::write(bench.path("out.csv.journal"), "Dear diary,\n").unwrap();
    for more in [&[][..], &["--resume"]] {
        run(classify(&bench, "out.csv", more))
            .expect_code(1)
            .expect_stderr("\"out.csv.journal\" is no journal of this program");
    }
    let text = fs::read_to_string(bench.path("out.csv.journal")).unwrap();
    assert_eq!(text, "Dear diary,\n");
}

#[test]
fn files_that_changed_since_are_done_again_and_new_ones_too() {
    let bench = songs(40);
    leave_a_journal(&bench, &["-j", "1"]);
    let clip = fs::read(repository("examples/lincity-pronobozo.mp3")).unwrap();
    bench.put("000.mp3", &clip).put("zzz.mp3", &clip);
    // The same size, another date.
    let touched = fs::File::options()
        .write(true)
        .open(bench.payload().join("001.mp3"));
    touched.unwrap().set_modified(UNIX_EPOCH).unwrap();
    run(classify(&bench, "out.csv", &["--resume"]))
        .expect_code(0)
        .expect_stderr("2 changed since");
    let resumed = fs::read(bench.path("out.csv")).unwrap();
    run(classify(&bench, "anew.csv", &[])).expect_code(0);
    assert_eq!(resumed, fs::read(bench.path("anew.csv")).unwrap());
    assert_eq!(bench.rows().len(), 41);
}

#[test]
fn a_torn_or_damaged_line_costs_itself_and_what_follows() {
    let bench = songs(40);
    leave_a_journal(&bench, &["-j", "1"]);
    let path = bench.path("out.csv.journal");
    let mut journal = fs::read(&path).unwrap();
    let middle = journal.len() / 2;
    journal[middle] ^= 1;
    fs::write(&path, &journal).unwrap();
    run(classify(&bench, "out.csv", &["--resume"]))
        .expect_code(0)
        .expect_stderr("damaged bytes at its end are dropped");
    run(classify(&bench, "anew.csv", &[])).expect_code(0);
    let [resumed, anew] = ["out.csv", "anew.csv"].map(|name| fs::read(bench.path(name)));
    assert_eq!(resumed.unwrap(), anew.unwrap());
}

#[test]
fn without_a_file_there_is_nothing_to_resume() {
    let bench = songs(1);
    run(classify(&bench, "-", &["--resume"]))
        .expect_code(1)
        .expect_stderr("--resume needs an output file");
}

/// What was in the journal before the disk was full is there after.
#[test]
fn a_full_disk_keeps_what_was_done_and_the_run_can_go_on() {
    let bench = songs(40);
    let disk = bench.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"])
        .arg(&disk)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("skipped: a small disk cannot be mounted");
        return;
    }
    let full = run(classify(&bench, "disk/out.csv", &[]));
    let done = results_in(&disk.join("out.csv.journal"));
    let grown = Command::new("mount")
        .args(["-o", "remount,size=1m"])
        .arg(&disk)
        .status();
    let resumed = run(classify(&bench, "disk/out.csv", &["--resume"]));
    let output = fs::read(disk.join("out.csv"));
    let unmounted = Command::new("umount").arg(&disk).status();
    assert!(grown.unwrap().success() && unmounted.unwrap().success());

    full.expect_code(1)
        .expect_stderr("cannot use the journal \"disk/out.csv.journal\": No space left on device");
    assert!((1..40).contains(&done), "{done} results");
    resumed
        .expect_code(0)
        .expect_stderr(&format!("{done} files are done, 0 changed since"));
    run(classify(&bench, "anew.csv", &[])).expect_code(0);
    assert_eq!(output.unwrap(), fs::read(bench.path("anew.csv")).unwrap());
}
