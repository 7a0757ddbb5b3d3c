//! `fma-genre validate`.

mod common;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::process::{Command, Stdio};

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
    validate(&bench, submission, &["--payload", "payload"])
        .expect_code(0)
        .expect_stderr("the file_id \"\\xff\" is not UTF-8");
}

#[test]
fn ids_that_other_readers_refuse_are_named() {
    let row = uniform("").into_bytes();
    let rows = [
        HEADER.as_bytes(),
        b"\na",
        &row,
        b"mod\x85",
        &row,
        b"\xff",
        &row,
    ];
    let finished = validate(&Bench::new(), rows.concat(), &[]).expect_code(0);
    let expected = "WARN 2 file_ids are not UTF-8, such as \"mod\\x85\": CSV readers such as pandas \
        refuse the file unless they are told otherwise (encoding_errors='surrogateescape')";
    assert_eq!(finished.stderr.trim(), expected);
    assert_eq!(finished.stdout, b"\"p.csv\" is valid: 3 rows\n");
}

#[test]
#[ignore = "needs ../shared/failing"]
fn a_file_with_a_latin_1_name_is_remarked_on() {
    let folder = common::shared("failing");
    let bench = Bench::new();
    let mut tar = Command::new("tar");
    tar.arg("xf").arg(folder.join("latin1-name.tar"));
    assert!(
        tar.arg("-C")
            .arg(bench.payload())
            .status()
            .unwrap()
            .success()
    );
    bench.predict([]).expect_code(0);
    bench
        .run(["validate", "out.csv", "--payload", "payload"])
        .expect_code(0)
        .expect_stderr("the file_id \"mod\\x85 - la notte\" is not UTF-8");
}

#[test]
fn what_pandas_does_to_ids_is_recognised() {
    let bench = Bench::new();
    bench.put("000002.mp3", b"");
    let with_id = |id: &str| format!("{HEADER}\n{}", uniform(id));
    let payload = ["--payload", "payload"];
    validate(&bench, with_id("2"), &payload)
        .expect_code(1)
        .expect_stderr("hint: ids lost their leading zeros; in pandas, dtype={'file_id': str}");
    validate(&bench, with_id("2.0"), &payload)
        .expect_code(1)
        .expect_stderr("hint: ids such as 2.0 were read as numbers");
    validate(&bench, with_id("2.0"), &[])
        .expect_code(0)
        .expect_stderr("every file_id ends in .0");
    let index = format!(",{HEADER}\n0,{}", uniform("000002"));
    validate(&bench, index, &[])
        .expect_code(1)
        .expect_stderr("hint: the first column is an index");
}

#[test]
fn endless_input_without_the_header_ends_at_once() {
    let bench = Bench::new();
    for (program, arguments, expected) in [
        (
            "yes",
            ["a"].as_slice(),
            "the first line has 1 columns instead of 17",
        ),
        ("cat", &["/dev/zero"], "line 1 has more than 1048576 bytes"),
    ] {
        let mut endless = Command::new(program);
        let mut endless = endless
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut command = bench.command();
        command.args(["validate", "-"]);
        command.stdin(endless.stdout.take().unwrap());
        let finished = Finished::from(command.output().unwrap());
        endless.kill().unwrap();
        endless.wait().unwrap();
        finished.expect_code(1).expect_stderr(expected);
    }
}

/// Checks what `write` writes in a process that may use 1 GB of address space.
fn validate_in_a_gigabyte(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Finished {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v 976562 && exec \"$0\" validate -"]);
    shell.arg(env!("CARGO_BIN_EXE_fma-genre"));
    shell.env_remove("RUST_LOG").stdin(Stdio::piped());
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    let mut input = BufWriter::with_capacity(1 << 20, child.stdin.take().unwrap());
    writeln!(input, "{HEADER}").unwrap();
    write(&mut input).unwrap();
    input.flush().unwrap();
    drop(input);
    Finished::from(child.wait_with_output().unwrap())
}

#[test]
fn the_longest_file_fits_into_a_gigabyte() {
    let numbers = ",0.06250000".repeat(16);
    let row = |id: usize| format!("{id:07}{numbers}\n");
    let rows = ((256 << 20) - HEADER.len() - 1) / row(0).len();
    let finished = validate_in_a_gigabyte(|input| {
        (0..rows).try_for_each(|id| input.write_all(row(id).as_bytes()))
    });
    let expected = format!("standard input is valid: {rows} rows\n");
    assert_eq!(String::from_utf8_lossy(&finished.stdout), expected);
    assert_eq!(finished.stderr, "");
}

#[test]
fn millions_of_faults_are_counted_but_not_held() {
    let finished = validate_in_a_gigabyte(|input| {
        (0..5_000_000).try_for_each(|row| writeln!(input, "{row}x,"))
    });
    finished
        .expect_code(1)
        .expect_stderr("wrong number of fields: 5000000\n    line 2: \"0x\" has 2 fields")
        .expect_stderr("    and 4999995 more\n  row beyond the limit of 1500000 rows: 3500000\n");
}
