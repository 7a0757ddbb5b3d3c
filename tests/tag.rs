//! `fma-genre tag`: genres in the files' own tags. What other programs see of them is
//! in `tests/peers/tags.py`.
#![cfg(unix)]

mod common;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use common::{Bench, Finished, example_clip, next_random, repository};

/// Whatever is heard is written.
const SURE: [&str; 2] = ["--min-probability", "0"];

fn tag(bench: &Bench, arguments: &[&str]) -> Finished {
    bench.run([&["tag"], arguments].concat())
}

fn said(finished: Finished, code: i32) -> String {
    String::from_utf8(finished.expect_code(code).stdout).unwrap()
}

/// The samples of a file, as `embed` and its networks would hear it.
fn hears_the_same(bench: &Bench, one: &str, other: &str) -> bool {
    let rows = |input: &str| {
        let output = bench.path("heard.csv");
        bench
            .run(["predict", input, "-q", "-o", output.to_str().unwrap()])
            .expect_code(0);
        common::read_predictions(&output).remove(0).1
    };
    rows(one) == rows(other)
}

#[test]
fn nothing_is_written_unless_it_is_asked_for() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let before = fs::read(bench.payload().join("a.mp3")).unwrap();
    let text = said(tag(&bench, &["payload"]), 0);
    assert_eq!(
        text,
        "\"payload/a.mp3\": Instrumental (0.68)\n\
         1 of 1 files would get a genre; --write does it\n"
    );
    assert_eq!(fs::read(bench.payload().join("a.mp3")).unwrap(), before);
    assert!(!bench.path("genre-backup.jsonl").exists());
}

#[test]
fn a_tagged_file_sounds_the_same_and_undo_gives_every_byte_back() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let path = bench.payload().join("a.mp3");
    let before = fs::read(&path).unwrap();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(then)
        .unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let text = said(tag(&bench, &["payload", "--write"]), 0);
    assert_eq!(
        text,
        "\"payload/a.mp3\": Instrumental (0.68)\n\
         1 of 1 files got a genre; `fma-genre tag --undo genre-backup.jsonl` takes it back\n"
    );
    assert_ne!(fs::read(&path).unwrap(), before);
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.modified().unwrap(), then);
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    fs::write(bench.path("before.mp3"), &before).unwrap();
    assert!(hears_the_same(&bench, "payload/a.mp3", "before.mp3"));

    let text = said(tag(&bench, &["payload", "--write"]), 0);
    assert!(
        text.contains("kept, its genre is \"Instrumental\""),
        "{text}"
    );
    let text = said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 0);
    assert!(
        text.ends_with("1 files have their old bytes again\n"),
        "{text}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), then);
    let again = said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 0);
    assert_eq!(again, "0 files have their old bytes again\n");
}

#[test]
fn every_format_with_tags_is_tagged_and_taken_back() {
    let bench = Bench::new();
    let formats = repository("tests/data/formats");
    let names = [
        "44k.flac",
        "44k.wav",
        "aac.m4a",
        "alac.m4a",
        "pcm-16.aiff",
        "vorbis.ogg",
    ];
    for name in names {
        bench.put(name, &fs::read(formats.join(name)).unwrap());
    }
    for name in ["tag-all", "tag-apev2", "tag-id3v1", "tag-id3v2-art"] {
        let path = repository(&format!("tests/data/{name}.mp3"));
        bench.put(format!("{name}.mp3"), &fs::read(path).unwrap());
    }
    let files = fs::read_dir(bench.payload()).unwrap().count();
    let contents = || -> Vec<Vec<u8>> {
        let mut paths: Vec<_> = fs::read_dir(bench.payload())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    };
    let before = contents();
    let arguments = [
        "payload",
        "--write",
        "--overwrite",
        "--top",
        "2",
        SURE[0],
        SURE[1],
    ];
    let text = said(tag(&bench, &arguments), 0);
    assert!(
        text.contains(&format!("{files} of {files} files got")),
        "{text}"
    );
    assert!(contents().iter().zip(&before).all(|(now, old)| now != old));
    let again = said(tag(&bench, &arguments), 0);
    assert_eq!(again.matches("already").count(), files, "{again}");
    said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 0);
    assert!(contents() == before, "undo gives the bytes back");
}

#[test]
fn results_are_enough_and_files_that_changed_since_are_left_alone() {
    let bench = Bench::new();
    bench.put_examples();
    bench.put("broken.mp3", b"no music");
    bench
        .run(["classify", "payload", "-q", "-o", "r.jsonl"])
        .expect_code(0);
    fs::remove_file(bench.payload().join("nebula-max-mccracken.mp3")).unwrap();
    let later = SystemTime::now() + Duration::from_secs(60);
    let changed = bench.payload().join("palace-will-savino.mp3");
    let changed = File::options().write(true).open(changed).unwrap();
    changed.set_modified(later).unwrap();
    fs::hard_link(
        bench.payload().join("armygeddon-muldjord.mp3"),
        bench.path("other-name"),
    )
    .unwrap();
    let read_only = bench.payload().join("city-blues-robert-van-herk.mp3");
    fs::set_permissions(&read_only, Permissions::from_mode(0o444)).unwrap();
    let text = said(tag(&bench, &["r.jsonl", "--write", "--map", "map.csv"]), 1);
    assert_eq!(text, "");
    fs::write(bench.path("map.csv"), "genre,name\nElectronic,Dance\n").unwrap();
    let text = said(tag(&bench, &["r.jsonl", "--write", "--map", "map.csv"]), 2);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "\"payload/armygeddon-muldjord.mp3\": cannot be tagged: it has 2 names (hard links), \
             and the others would keep the old tag",
            "\"payload/battle-epic-doug-kaufman.mp3\": kept, no genre is probable enough \
             (Instrumental 0.49)",
            "\"payload/broken.mp3\": kept, there is nothing to go by: it holds no audio that \
             can be decoded (it looks like text)",
            "\"payload/city-blues-robert-van-herk.mp3\": cannot be tagged: it is read-only",
            "\"payload/happy-electronic-immich-memories.mp3\": Dance (0.50)",
            "\"payload/lincity-pronobozo.mp3\": Dance (0.86)",
            "\"payload/nebula-max-mccracken.mp3\": cannot be tagged: it cannot be found: No such \
             file or directory (os error 2)",
            "\"payload/nostalgic-acoustic-immich-memories.mp3\": kept, no genre is probable \
             enough (Instrumental 0.31)",
            "\"payload/palace-will-savino.mp3\": cannot be tagged: it was changed after it was \
             classified",
            "\"payload/rybky04-altar-interactive.mp3\": kept, no genre is probable enough \
             (Instrumental 0.31)",
            "\"payload/traveling-minstrels-mattias-westlund.mp3\": Instrumental (0.72)",
            "3 of 11 files got a genre; `fma-genre tag --undo genre-backup.jsonl` takes it back",
        ]
    );
}

#[test]
fn results_that_are_cut_off_or_none_change_nothing() {
    let bench = Bench::new();
    bench.put_examples();
    bench
        .run(["classify", "payload", "-q", "-o", "r.jsonl"])
        .expect_code(0);
    let whole = fs::read(bench.path("r.jsonl")).unwrap();
    fs::write(bench.path("cut.jsonl"), &whole[..whole.len() - 100]).unwrap();
    fs::write(bench.path("empty.jsonl"), "").unwrap();
    for (name, problem) in [
        ("cut.jsonl", "line 10: the last line is cut off"),
        ("empty.jsonl", "there are no results in"),
        ("missing.jsonl", "cannot open \"missing.jsonl\""),
    ] {
        let finished = tag(&bench, &[name, "--write"]).expect_code(1);
        let finished = finished.expect_stderr(problem);
        assert!(finished.stdout.is_empty());
    }
    tag(&bench, &["payload", "empty.jsonl"])
        .expect_code(1)
        .expect_stderr("name files and folders, or one file of results, not both");
}

#[test]
fn a_link_stays_a_link_and_the_file_behind_it_is_tagged() {
    let bench = Bench::new();
    fs::copy(example_clip(), bench.path("real.mp3")).unwrap();
    symlink("../real.mp3", bench.payload().join("link.mp3")).unwrap();
    let before = fs::read(bench.path("real.mp3")).unwrap();
    said(tag(&bench, &["payload", "--write"]), 0);
    assert!(bench.payload().join("link.mp3").is_symlink());
    assert_ne!(fs::read(bench.path("real.mp3")).unwrap(), before);
}

#[test]
fn what_was_changed_after_tagging_is_not_undone() {
    let bench = Bench::new();
    bench.put_clip("a.mp3").put_clip("b.mp3");
    said(tag(&bench, &["payload", "--write"]), 0);
    let path = bench.payload().join("a.mp3");
    let mut other = fs::read(&path).unwrap();
    other.push(0);
    fs::write(&path, &other).unwrap();
    let text = said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 2);
    assert!(
        text.contains("a.mp3\": cannot be restored: it was changed after it was tagged"),
        "{text}"
    );
    assert!(text.ends_with("1 files have their old bytes again\n"));
    assert_eq!(fs::read(&path).unwrap(), other);
}

#[test]
fn a_backup_that_is_something_else_is_refused() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    fs::write(bench.path("notes"), "my notes\n").unwrap();
    tag(&bench, &["payload", "--write", "--backup", "notes"])
        .expect_code(1)
        .expect_stderr("\"notes\", line 1: this is no backup of `fma-genre tag`");
    tag(&bench, &["--undo", "notes"])
        .expect_code(1)
        .expect_stderr("this is no backup");
    assert_eq!(
        fs::read_to_string(bench.path("notes")).unwrap(),
        "my notes\n"
    );
}

/// A size of an ID3v2 tag: seven bits to a byte.
fn synchsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)
}

/// An ID3v2.4 tag of these frames, and the example clip without its own.
fn with_frames(frames: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, content) in frames {
        body.extend(id.as_bytes());
        body.extend(synchsafe(content.len()));
        body.extend([0, 0]);
        body.extend(*content);
    }
    let mut file = b"ID3\x04\0\0".to_vec();
    file.extend(synchsafe(body.len()));
    file.extend(body);
    let clip = fs::read(example_clip()).unwrap();
    file.extend(&clip[nanomp3::id3v2_len(&clip)..]);
    file
}

#[test]
fn cover_art_of_more_than_16_mib_is_kept_and_not_copied_into_the_backup() {
    let bench = Bench::new();
    let mut art = b"\0image/png\0\x03\0".to_vec();
    art.extend((0..17_u32 << 20).map(|i| (i.wrapping_mul(i) >> 9) as u8));
    let file = with_frames(&[("APIC", &art), ("TIT2", b"\x03Title")]);
    bench.put("art.mp3", &file);
    said(tag(&bench, &["payload", "--write"]), 0);
    let tagged = fs::read(bench.payload().join("art.mp3")).unwrap();
    assert!(
        memchr::memmem::find(&tagged, &art).is_some(),
        "the art is there"
    );
    let backup = fs::metadata(bench.path("genre-backup.jsonl")).unwrap();
    assert!(backup.len() < 10_000, "{} bytes", backup.len());
    said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 0);
    assert!(fs::read(bench.payload().join("art.mp3")).unwrap() == file);
}

#[test]
fn a_tag_of_which_something_would_be_lost_is_left_as_it_is() {
    let bench = Bench::new();
    let twice = with_frames(&[("TXXX", b"\x03a\0b"), ("TXXX", b"\x03a\0c")]);
    let two_tags = [
        &with_frames(&[("TIT2", b"\x03One")])[..24],
        &with_frames(&[("TIT2", b"\x03Two")]),
    ]
    .concat();
    let no_text = with_frames(&[("TALB", b"\x03\xff\xfe\xfa")]);
    let files = [
        ("twice.mp3", twice),
        ("two.mp3", two_tags),
        ("no-text.mp3", no_text),
    ];
    for (name, bytes) in &files {
        bench.put(name, bytes);
    }
    let text = said(tag(&bench, &["payload", "--write"]), 2);
    assert_eq!(
        text.matches("nothing of it may be lost").count(),
        3,
        "{text}"
    );
    for (name, bytes) in &files {
        assert!(fs::read(bench.payload().join(name)).unwrap() == *bytes);
    }
}

#[test]
fn without_room_for_the_new_version_the_old_one_stays() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let before = fs::read(bench.payload().join("a.mp3")).unwrap();
    // Files may not grow beyond a few kilobytes, as on a disk that is nearly full.
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$0\" tag payload --write";
    let program = bench.command().get_program().to_owned();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limited]).arg(program);
    let output = command.current_dir(bench.path("")).output().unwrap();
    let text = said(Finished::from(output), 2);
    assert!(
        text.contains(
            "a.mp3\": cannot be tagged: its new version cannot be written: File too large"
        ),
        "{text}"
    );
    assert_eq!(fs::read(bench.payload().join("a.mp3")).unwrap(), before);
    assert_eq!(names_in(&bench.payload()), ["a.mp3"]);
}

#[test]
fn names_cannot_break_a_line_or_command_the_terminal() {
    let bench = Bench::new();
    bench.put_clip("a\n\x1b[31m\u{202e}.mp3");
    let text = said(tag(&bench, &["payload"]), 0);
    assert!(
        text.starts_with("\"payload/a\\n\\u{1b}[31m\\u{202e}.mp3\": "),
        "{text}"
    );
}

#[test]
fn kills_at_random_moments_leave_every_file_old_or_new_and_undo_works() {
    const FILES: usize = 12;
    let bench = Bench::new();
    for file in 0..FILES {
        bench.put_clip(format!("{file:02}.mp3"));
    }
    bench
        .run(["classify", "payload", "-q", "-o", "r.jsonl"])
        .expect_code(0);
    let old = fs::read(example_clip()).unwrap();
    said(tag(&bench, &["r.jsonl", "--write"]), 0);
    let new = fs::read(bench.payload().join("00.mp3")).unwrap();
    said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 0);
    let mut state = 7;
    let mut states = [0; 2];
    for _ in 0..20 {
        let mut command = bench.command();
        command.args(["tag", "r.jsonl", "--write"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(u64::from(
            next_random(&mut state) % 60,
        )));
        child.kill().unwrap();
        child.wait().unwrap();
        for file in 0..FILES {
            let bytes = fs::read(bench.payload().join(format!("{file:02}.mp3"))).unwrap();
            assert!(bytes == old || bytes == new, "a file is torn");
            states[usize::from(bytes == new)] += 1;
        }
        said(tag(&bench, &["--undo", "genre-backup.jsonl"]), 0);
        let names = names_in(&bench.payload());
        assert_eq!(names.len(), FILES, "{names:?}");
        for name in names {
            assert!(fs::read(bench.payload().join(name)).unwrap() == old);
        }
    }
    assert!(states.iter().all(|count| *count > 0), "{states:?}");
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
