//! `fma-genre validate`.

mod common;

use std::fs;

use common::{Bench, Finished, HEADER};

/// A row with `first` as its first probability and 1/16 as all others.
fn row(id: &str, first: &str) -> String {
    format!("{id},{first}{}\n", ",0.0625".repeat(15))
}

fn uniform(id: &str) -> String {
    row(id, "0.0625")
}

fn validate(bench: &Bench, submission: impl AsRef<[u8]>, options: &[&str]) -> Finished {
    fs::write(bench.path("p.csv"), submission).unwrap();
    bench.run(["validate", "p.csv"].iter().chain(options))
}

#[test]
fn a_valid_submission_is_said_to_be_so() {
    let bench = Bench::new();
    bench.put("a.mp3", b"").put("deep/b.MP3", b"");
    let submission = format!("{HEADER}\n{}{}", uniform("b"), uniform("a"));
    let finished = validate(&bench, &submission, &["--payload", "payload"]).expect_code(0);
    let expected: &[u8] = b"\"p.csv\" is valid: 2 rows, one for every mp3 file\n";
    assert_eq!(
        (finished.stdout.as_slice(), finished.stderr.as_str()),
        (expected, "")
    );
    let finished = validate(&bench, &submission, &[]).expect_code(0);
    assert_eq!(finished.stdout, b"\"p.csv\" is valid: 2 rows\n");
}

#[test]
fn all_problems_of_a_submission_are_told_at_once() {
    let bench = Bench::new();
    bench.put("a.mp3", b"").put("c.mp3", b"").put("d.mp3", b"");
    let rows = [
        uniform("a"),
        row("a", "inf"),
        row("b", "0"),
        uniform("c.mp3"),
    ];
    let submission = format!("{HEADER}\n{}", rows.concat());
    let finished = validate(&bench, submission, &["--payload", "payload"]).expect_code(1);
    let expected = "ERROR \"p.csv\" has 7 problems
  not a probability (a number from 0 to 1): 1
    line 3: \"a\", Blues is \"inf\"
  repeated id: 1
    line 3: \"a\", first in line 2
  row does not sum to 1 (within 0.001): 1
    line 4: \"b\" sums to 0.937500
  mp3 file without a row: 2
    \"c\"
    \"d\"
  row without an mp3 file: 2
    line 4: \"b\"
    line 5: \"c.mp3\"
  hint: a file_id is the file name without its .mp3";
    assert_eq!(finished.stderr.trim(), expected);
    assert_eq!(finished.stdout, b"");
}

#[test]
fn ids_that_kept_their_ending_are_remarked_on() {
    let submission = format!("{HEADER}\n{}", uniform("a.mp3"));
    validate(&Bench::new(), submission, &[])
        .expect_code(0)
        .expect_stderr("every file_id ends in .mp3");
}

#[test]
fn standard_input_can_be_checked() {
    let bench = Bench::new();
    fs::write(bench.path("p.csv"), format!("{HEADER}\n{}", uniform("a"))).unwrap();
    let file = fs::File::open(bench.path("p.csv")).unwrap();
    let output = bench.command().args(["validate", "-"]).stdin(file).output();
    let finished = Finished::from(output.unwrap()).expect_code(0);
    assert_eq!(finished.stdout, b"standard input is valid: 1 row\n");
}

#[cfg(unix)]
#[test]
fn ids_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let bench = Bench::new();
    bench.put(OsStr::from_bytes(b"\xff.mp3"), b"");
    let row = uniform("").into_bytes();
    let submission = [HEADER.as_bytes(), b"\n\xff", &row].concat();
    validate(&bench, submission, &["--payload", "payload"]).expect_code(0);
}
