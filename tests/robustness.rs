//! Hostile names, hostile bytes, hostile signals.

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{Bench, files_in, shared};
use fma_genre::audio::AudioLoader;
use fma_genre::panics;
use proptest::prelude::*;

#[cfg(unix)]
#[test]
fn hostile_names_neither_break_the_csv_nor_reach_the_terminal() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let names: [&[u8]; 5] = [
        b"\xff\xfe not utf-8.mp3",
        b"a,\"quoted\",name.mp3",
        b"line\nbreak.mp3",
        b"\x1b[31mred\x07.mp3",
        b"=1+1,@SUM(A1).mp3",
    ];
    let bench = Bench::new();
    for name in names {
        bench.put(OsStr::from_bytes(name), b"");
    }
    let run = bench.predict(["--strict"]).expect_code(2);
    let mut ids: Vec<Vec<u8>> = names
        .iter()
        .map(|name| name[..name.len() - 4].to_vec())
        .collect();
    ids.sort();
    let mut found: Vec<Vec<u8>> = bench.rows().into_iter().map(|(id, _)| id).collect();
    found.sort();
    assert_eq!(found, ids);
    let is_control = |c: char| c.is_control() && c != '\n';
    assert!(!run.stderr.contains(is_control), "{:?}", run.stderr);
    // One for each file, one for the name that is not UTF-8, the last line.
    assert_eq!(run.stderr.lines().count(), 7, "{}", run.stderr);
    let expected =
        r#"xFF\xFE not utf-8.mp3": the name is not UTF-8; a CSV holds its bytes as they are"#;
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_and_dangling_links_survived() {
    use std::os::unix::fs::symlink;

    let bench = Bench::new();
    bench.put_clip("real.mp3");
    let payload = bench.payload();
    fs::rename(payload.join("real.mp3"), bench.path("elsewhere")).unwrap();
    symlink(bench.path("elsewhere"), payload.join("link.mp3")).unwrap();
    symlink("missing", payload.join("dangling.mp3")).unwrap();
    symlink(&payload, payload.join("loop")).unwrap();
    symlink(&payload, payload.join("loop.mp3")).unwrap();
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("1 classified, 1 fallback")
        .expect_stderr("a link that leads back to");
    assert_eq!(bench.ids(), ["dangling", "link"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_named_like_an_mp3_does_not_hang_the_run() {
    let bench = Bench::new();
    let made = std::process::Command::new("mkfifo")
        .arg(bench.payload().join("pipe.mp3"))
        .status()
        .unwrap();
    assert!(made.success());
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("is not a regular file");
    assert_eq!(bench.ids(), ["pipe"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_costs_no_output() {
    let bench = Bench::new();
    bench.put("empty.mp3", b"");
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = bench
        .command()
        .args(["predict", "payload", "-o", "out.csv"])
        .stderr(full)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(bench.ids(), ["empty"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_counted_and_strict_says_so() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new();
    bench.put_clip("good.mp3").put_clip("locked/unseen.mp3");
    let locked = bench.payload().join("locked");
    let set_mode = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o000);
    if fs::read_dir(&locked).is_ok() {
        eprintln!("skipped: this user may read everything");
        set_mode(0o755);
        return;
    }
    let run = bench.predict(["--strict"]);
    set_mode(0o755);
    run.expect_code(2)
        .expect_stderr("1 folders could not be read");
}

/// Starts a run that takes a while on one thread, by way of another program if
/// one is named, and waits until its temporary file is there.
#[cfg(unix)]
fn start_long_run(bench: &Bench, wrapper: &[&str]) -> std::process::Child {
    for i in 0..400 {
        bench.put_clip(format!("{i:03}.mp3"));
    }
    let mut command = bench.command();
    if let [wrapper, arguments @ ..] = wrapper {
        command = std::process::Command::new(wrapper);
        command.args(arguments).arg(bench.command().get_program());
        command.current_dir(bench.path("."));
    }
    let child = command
        .args(["predict", "payload", "-o", "out.csv", "-j1", "-q"])
        .spawn()
        .unwrap();
    let started = Instant::now();
    // Twice, because the place is tried with a file that lives for a moment.
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(100));
        while temporary_files(bench) == 0 {
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(60), "no output begun");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    child
}

/// How many unfinished outputs lie where the output will be.
#[cfg(unix)]
fn temporary_files(bench: &Bench) -> usize {
    fs::read_dir(bench.path("."))
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().ends_with(".part")
        })
        .count()
}

#[cfg(unix)]
fn send(signal: &str, child: &std::process::Child) {
    let sent = std::process::Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn a_killed_run_leaves_the_old_output_and_the_next_one_removes_its_litter() {
    let bench = Bench::new();
    let old = "file_id,of the last run\n";
    fs::write(bench.output(), old).unwrap();
    let mut child = start_long_run(&bench, &[]);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    assert_eq!(fs::read_to_string(bench.output()).unwrap(), old);
    assert_eq!(temporary_files(&bench), 1);
    bench.predict(["--deadline", "1ms"]).expect_code(0);
    assert_eq!(bench.ids().len(), 400);
    let names: Vec<_> = fs::read_dir(bench.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_program_at_once_and_leaves_no_temporary_file() {
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1), ("QUIT", 3)] {
        let bench = Bench::new();
        let mut child = start_long_run(&bench, &[]);
        let asked = Instant::now();
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(128 + number), "{signal}");
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "{signal}: {:?}",
            asked.elapsed()
        );
        assert!(!bench.output().exists());
        assert_eq!(temporary_files(&bench), 0, "{signal}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_under_nohup_survives_the_end_of_its_terminal() {
    let bench = Bench::new();
    let mut child = start_long_run(&bench, &["nohup"]);
    send("HUP", &child);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
}

#[test]
#[ignore = "needs ../shared/hostile-mp3"]
fn hostile_files_each_get_a_row() {
    let folder = shared("hostile-mp3");
    let bench = Bench::new();
    let files = files_in(&folder, "mp3");
    for file in &files {
        bench.put(file.file_name().unwrap(), &fs::read(file).unwrap());
    }
    let run = bench.predict([]).expect_code(0);
    assert_eq!(bench.rows().len(), files.len());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    let classified = [
        "bitflip",
        "concat_ch",
        "concat_rates",
        "crc",
        "id3_bigart",
        "id3_lie",
        "id3v1_tail",
        "junk_lead",
        "midzero",
        "odd_free200",
        "odd_free400",
        "odd_m_mono64",
        "odd_mpeg25_11k",
        "odd_mpeg25_8k",
        "odd_mpeg2_22k",
        "odd_noxing",
        "trunc",
        "xing_lie",
    ];
    for name in classified {
        assert!(
            !run.stderr.contains(&format!("{name}.mp3\" ")),
            "{name} holds music and must be classified: {}",
            run.stderr
        );
    }
    for name in [
        "empty", "ogg_as", "random", "silence", "text", "tiny", "wav_as", "zeros",
    ] {
        assert!(
            run.stderr.contains(&format!("{name}.mp3\" ")),
            "{name} holds no music and must be named: {}",
            run.stderr
        );
    }
}

/// Loads `bytes` as a file would be; the outcome is free, but it must be sane. Returns
/// how many panics of a decoder had to be contained.
fn load(bytes: &[u8]) -> u32 {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let loaded = panics::contain(|| AudioLoader::default().load(file.path()));
    let loaded = loaded.unwrap_or_else(|message| panic!("not contained: {message}"));
    let stats = match &loaded {
        Ok(audio) => Some(audio.stats),
        Err(error) => error.decoded().map(|(_, stats)| stats),
    };
    if let Ok(audio) = loaded {
        assert!(audio.samples.iter().all(|x| (-1.0..=1.0).contains(x)));
        assert!(audio.seconds() >= 0.5);
    }
    stats.map_or(0, |stats| stats.panics)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_mutated_clip_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fs::read(common::repository("tests/data/mpeg2-16k-stereo-vbr.mp3")).unwrap();
        for (index, value) in &changes {
            let at = index.index(bytes.len());
            bytes[at] = *value;
        }
        let length = bytes.len() / 2 + cut.index(bytes.len() / 2);
        // nanomp3 has panics that a damaged stream can reach: they are contained.
        load(&bytes[..length]);
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5_000)) {
        prop_assert_eq!(load(&bytes), 0, "nothing had to be contained");
    }
}
