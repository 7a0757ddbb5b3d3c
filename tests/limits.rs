//! Too little of everything: memory, descriptors, processes, disks, names that are too long, files that change
//! under the program's eyes.
#![cfg(unix)]

mod common;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::{Bench, Finished};

/// Where a script cannot have what it tries the program without (a mount of its own, another user), it
/// exits with this.
const NOT_TRIED: i32 = 77;

/// Runs a shell script in which `$fma` is the program; `None` where it says that it [cannot](NOT_TRIED).
fn shell(bench: &Bench, script: &str) -> Option<Finished> {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .env("fma", bench.command().get_program())
        .current_dir(bench.path("."));
    let finished = Finished::from(command.output().unwrap());
    if finished.code == Some(NOT_TRIED) {
        eprintln!("skipped: needs the right to mount, or root");
        return None;
    }
    Some(finished)
}

#[test]
fn a_sparse_file_of_5_gb_is_one_row_in_little_memory() {
    let bench = Bench::new();
    bench.put_clip("big.mp3").put_clip("small.mp3");
    OpenOptions::new()
        .write(true)
        .open(bench.payload().join("big.mp3"))
        .unwrap()
        .set_len(5 << 30)
        .unwrap();
    // Of 400 MB of addresses, of which threads and the program itself take a part.
    let script = "ulimit -v 400000; $fma predict payload -o out.csv -j1 --file-timeout 5s";
    shell(&bench, script).unwrap().expect_code(0);
    assert_eq!(bench.ids(), ["big", "small"]);
}

#[test]
fn devices_and_sockets_are_named_and_not_read() {
    let bench = Bench::new();
    bench.put_clip("song.mp3");
    std::os::unix::fs::symlink("/dev/zero", bench.payload().join("zero.mp3")).unwrap();
    let _socket = UnixListener::bind(bench.payload().join("socket.mp3")).unwrap();
    let run = bench
        .predict([])
        .expect_code(0)
        .expect_stderr("1 classified, 2 fallback");
    for name in ["zero", "socket"] {
        let line = format!("{name}.mp3\" is not a regular file");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
}

#[test]
fn files_that_grow_shrink_and_vanish_meanwhile_each_have_a_row() {
    let bench = Bench::new();
    let mut list = String::new();
    for i in 0..60 {
        bench.put_clip(format!("{i:02}.mp3"));
        list += &format!("payload/{i:02}.mp3\n");
    }
    fs::write(bench.path("list"), list).unwrap();
    let (stop, payload) = (AtomicBool::new(false), bench.payload());
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in (0..60).cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let path = payload.join(format!("{i:02}.mp3"));
                match i % 3 {
                    0 => {
                        let file = OpenOptions::new().append(true).open(path);
                        file.unwrap().write_all(&[0xff; 3000]).unwrap();
                    }
                    1 => OpenOptions::new()
                        .write(true)
                        .open(path)
                        .unwrap()
                        .set_len(1000 + i * 997)
                        .unwrap(),
                    _ => drop(fs::remove_file(path)),
                }
                thread::sleep(Duration::from_millis(10));
            }
        });
        let run = bench.run(["classify", "--files-from", "list", "-o", "out.csv", "-j2"]);
        stop.store(true, Ordering::Relaxed);
        // 2: a file of the list was not there any more when the list was read.
        assert!(matches!(run.code, Some(0 | 2)), "{}", run.stderr);
    });
    assert_eq!(bench.ids().len(), 60);
}

#[test]
fn a_hundred_thousand_files_with_long_and_odd_names_in_one_folder() {
    let bench = Bench::new();
    let odd = ["\u{202e}", "\n", "\"", ",", "'", "😀", "\u{1b}[2J", "ﷺ"];
    for i in 0..100_000_usize {
        let odd = odd[i % odd.len()].repeat(1 + i % 5);
        let long = "n".repeat(180 * (i % 2));
        fs::File::create(bench.payload().join(format!("{i}{odd}{long}.mp3"))).unwrap();
    }
    bench
        .predict(["-q", "--prior", "uniform"])
        .expect_code(0)
        .expect_stderr("");
    assert_eq!(bench.ids().len(), 100_000);
}

#[test]
fn few_descriptors_are_enough() {
    let bench = Bench::new();
    bench.put_examples();
    let script = "ulimit -n 10; $fma classify payload -o out.csv -j2";
    let run = shell(&bench, script).unwrap().expect_code(0);
    assert!(
        !run.stderr.contains("Too many open files"),
        "{}",
        run.stderr
    );
    assert_eq!(bench.ids().len(), 10);
}

#[test]
fn without_descriptors_the_cause_is_named() {
    let bench = Bench::new();
    bench.put_clip("song.mp3");
    let script = "ulimit -n 5; $fma predict payload -o out.csv -j1";
    shell(&bench, script)
        .unwrap()
        .expect_code(1)
        .expect_stderr("Too many open files");
    assert!(!bench.output().exists());
}

#[test]
fn little_address_space_is_said_before_the_work_begins() {
    let bench = Bench::new();
    bench.put_clip("song.mp3");
    let script = "ulimit -v 200000; $fma predict payload -o out.csv";
    let run = shell(&bench, script)
        .unwrap()
        .expect_stderr("195 MiB of address space (ulimit -v) are less than the ");
    // Memory may suffice for so little or not: there is a whole output or none.
    match run.code {
        Some(0) => assert_eq!(bench.ids(), ["song"]),
        _ => assert!(!bench.output().exists()),
    }
}

#[test]
fn where_no_thread_can_be_had_one_does_all() {
    let bench = Bench::new();
    bench.put_clip("a.mp3").put_clip("b.mp3");
    // Root has no limit of processes.
    let script = r#"
        [ "$(id -u)" = 0 ] || exit 77
        command -v setpriv >/dev/null || exit 77
        cp "$fma" program && chmod 755 program . payload && mkdir out && chmod 777 out
        setpriv --reuid 65533 --clear-groups sh -c 'ulimit -u 1; ./program predict payload -o out/out.csv -j2'"#;
    if let Some(run) = shell(&bench, script) {
        run.expect_code(0).expect_stderr("2 classified, 0 fallback");
    }
}

#[test]
fn nothing_depends_on_proc() {
    let bench = Bench::new();
    bench.put_clip("song.mp3");
    let script = r#"
        unshare --mount true 2>/dev/null || exit 77
        unshare --mount sh -c 'mount -t tmpfs none /proc || exit 77; "$fma" predict payload -o out.csv'"#;
    if let Some(run) = shell(&bench, script) {
        run.expect_code(0).expect_stderr("1 classified, 0 fallback");
        assert_eq!(bench.ids(), ["song"]);
    }
}

#[test]
fn a_read_only_file_system_is_named_before_any_work() {
    let bench = Bench::new();
    bench.put_clip("song.mp3");
    let script = r#"
        unshare --mount true 2>/dev/null || exit 77
        mkdir disk
        unshare --mount sh -c 'mount -t tmpfs -o ro none disk || exit 77
            "$fma" predict payload -o disk/out.csv'"#;
    if let Some(run) = shell(&bench, script) {
        run.expect_code(1)
            .expect_stderr("read-only filesystem")
            .expect_stderr("disk/out.csv");
    }
}

#[test]
fn a_working_directory_that_is_gone_harms_absolute_paths_not_at_all() {
    let bench = Bench::new();
    bench.put_clip("song.mp3");
    let script = r#"
        here=$PWD; mkdir gone; cd gone; rmdir ../gone
        "$fma" predict "$here/payload" -o "$here/out.csv""#;
    shell(&bench, script).unwrap().expect_code(0);
    assert_eq!(bench.ids(), ["song"]);
    let script = r#"
        here=$PWD; mkdir gone; cd gone; rmdir ../gone
        "$fma" predict "$here/payload" -o other.csv"#;
    shell(&bench, script)
        .unwrap()
        .expect_code(1)
        .expect_stderr("other.csv");
}

/// A file that is opened in the place of the log would get its lines.
#[test]
fn without_a_standard_error_nothing_of_the_log_gets_into_the_output() {
    let bench = Bench::new();
    bench.put_clip("song.mp3").put("empty.mp3", b"");
    for streams in ["2>&-", "0<&- 2>&-"] {
        let script = format!("$fma predict payload -o out.csv {streams}");
        shell(&bench, &script).unwrap().expect_code(0);
        assert_eq!(bench.ids(), ["empty", "song"], "{streams}");
    }
}

#[test]
fn of_two_runs_on_one_output_each_writes_a_whole_one() {
    let bench = Bench::new();
    bench.put_examples();
    let script = r#"
        $fma predict payload -o out.csv -j1 & first=$!
        $fma predict payload -o out.csv -j1 --prior uniform; second=$?
        wait $first; echo "$? $second""#;
    let run = shell(&bench, script).unwrap().expect_code(0);
    assert_eq!(run.stdout, b"0 0\n", "{}", run.stderr);
    assert_eq!(bench.ids().len(), 10);
    let left = fs::read_dir(bench.path(".")).unwrap().count();
    assert_eq!(left, 2, "something was left");
}
