//! Which files a run takes: folders, links, lists, trash, deadlines, a million paths.

mod common;

use std::fs;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::Bench;
use fma_genre::Deadline;
use fma_genre::payload::{
    DiscoverOptions, ListError, ListSeparator, MAX_LISTED_PATH, Payload, PayloadError,
    PayloadWarning, Search, discover, read_list,
};

/// Empty files with these names below a fresh folder.
fn folder_with(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    folder
}

fn every_mp3(root: &Path) -> Payload {
    discover(root, &DiscoverOptions::EVERY_MP3, Deadline::NEVER).unwrap()
}

/// A search for music in these inputs.
fn search<'p>(inputs: impl IntoIterator<Item = &'p Path>) -> Result<Payload, PayloadError> {
    let mut search = Search::new(DiscoverOptions::MUSIC, Deadline::NEVER);
    for input in inputs {
        search.add(input).unwrap();
    }
    search.finish()
}

fn ids(payload: &Payload) -> Vec<String> {
    let text = |id: &[u8]| String::from_utf8(id.to_vec()).unwrap();
    payload.iter().map(|file| text(file.id)).collect()
}

/// The paths below `folder`.
fn paths(payload: &Payload, folder: &Path) -> Vec<String> {
    let below = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().into();
    payload.paths().map(below).collect()
}

fn warnings(payload: &Payload) -> Vec<String> {
    payload
        .warnings()
        .map(|warning| warning.to_string())
        .collect()
}

#[test]
fn files_come_in_the_order_of_the_bytes_of_their_paths() {
    let mut names = [
        "a/b/y.mp3",
        "a-b/x.mp3",
        "a.mp3",
        "a/z.mp3",
        "a0.mp3",
        "a/b.mp3",
        "a/b-c/w.mp3",
        "B.MP3",
    ];
    let folder = folder_with(&names);
    names.sort();
    for root in ["", ".", "./"] {
        let root = folder.path().join(root);
        let payload = every_mp3(&root);
        assert_eq!(paths(&payload, folder.path()), names);
        let below: Vec<&Path> = (0..payload.len())
            .map(|i| payload.path_below_root(i))
            .collect();
        assert_eq!(below, names.map(Path::new));
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn thirty_folders_with_two_links_each_are_searched_once() {
        let names: Vec<String> = (0..=30).map(|depth| format!("{depth:02}/x.mp3")).collect();
        let folder = folder_with(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for depth in 0..30 {
            let next = format!("../{:02}", depth + 1);
            for link in ["left", "right"] {
                symlink(&next, folder.path().join(format!("{depth:02}/{link}"))).unwrap();
            }
        }
        let root = folder.path().join("00");
        let payload = every_mp3(&root);
        let expected: Vec<String> = (0..=30)
            .rev()
            .map(|depth| format!("{}x.mp3", "left/".repeat(depth)))
            .collect();
        assert_eq!(paths(&payload, &root), expected);
        let repeated = |warning| matches!(warning, PayloadWarning::Repeated { .. });
        assert_eq!(
            payload.warnings().filter(|w| repeated(w.clone())).count(),
            30
        );
    }

    #[test]
    fn of_two_ways_to_a_folder_the_first_in_order_stays() {
        let folder = folder_with(&["b/x.mp3"]);
        symlink("b", folder.path().join("a")).unwrap();
        symlink("b", folder.path().join("c")).unwrap();
        let payload = every_mp3(folder.path());
        assert_eq!(paths(&payload, folder.path()), ["a/x.mp3"]);
        assert_eq!(ids(&payload), ["x"]);
        let real = folder.path().canonicalize().unwrap().join("b");
        let skipped = |name| {
            let path = folder.path().join(name);
            format!("skipped {path:?}: the folder {real:?} is searched under another name")
        };
        assert_eq!(warnings(&payload), [skipped("b"), skipped("c")]);
    }

    #[test]
    fn a_link_that_leads_back_is_left() {
        let folder = folder_with(&["a/b/x.mp3"]);
        let link = folder.path().join("a/b/back");
        symlink("../../a", &link).unwrap();
        symlink(folder.path(), folder.path().join("a/home")).unwrap();
        let payload = every_mp3(folder.path());
        assert_eq!(ids(&payload), ["x"]);
        let back = |link: PathBuf, ancestor: PathBuf| {
            format!("skipped {link:?}: a link that leads back to {ancestor:?}")
        };
        let expected = [
            back(link, folder.path().join("a")),
            back(folder.path().join("a/home"), folder.path().into()),
        ];
        assert_eq!(warnings(&payload), expected);
    }

    #[test]
    fn links_to_files_and_hard_links_are_files_of_their_own() {
        let folder = folder_with(&["a.mp3"]);
        symlink("a.mp3", folder.path().join("b.mp3")).unwrap();
        symlink("missing", folder.path().join("c.mp3")).unwrap();
        fs::hard_link(folder.path().join("a.mp3"), folder.path().join("d.mp3")).unwrap();
        let payload = every_mp3(folder.path());
        assert_eq!(ids(&payload), ["a", "b", "c", "d"]);
        assert_eq!(warnings(&payload), [] as [&str; 0]);
        let named = ["d.mp3", "a.mp3", "b.mp3", "a.mp3", "d.mp3"];
        let named = named.map(|name| folder.path().join(name));
        let payload = search(named.iter().map(PathBuf::as_path)).unwrap();
        assert_eq!(ids(&payload), ["d", "a", "b"]);
    }

    #[test]
    fn a_file_reached_through_a_link_to_its_folder_is_one_file() {
        let folder = folder_with(&["real/x.mp3", "real/y.mp3"]);
        let link = folder.path().join("link");
        symlink("real", &link).unwrap();
        let inputs = [
            link.join("y.mp3"),
            folder.path().join("real"),
            link.join("x.mp3"),
        ];
        let payload = search(inputs.iter().map(PathBuf::as_path)).unwrap();
        assert_eq!(paths(&payload, folder.path()), ["link/y.mp3", "real/x.mp3"]);
    }
}

/// In a folder that may be listed, but in which nothing may be looked at, files and
/// folders are told apart all the same.
#[cfg(target_os = "linux")]
#[test]
fn no_file_is_looked_at_where_the_folder_says_what_it_is() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    const NOBODY: u32 = 65_534;
    let bench = Bench::new();
    bench.put("a.mp3", b"").put("b.mp3", b"");
    bench.put("folder.mp3/c.mp3", b"").put("notes.txt", b"");
    let set_mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(&bench.path("."), 0o755);
    set_mode(&bench.payload(), 0o744);
    let mut command = bench.command();
    command.args(["predict", "payload", "-o", "-"]);
    // The owner could look; root could whatever the mode.
    let owner = fs::metadata("/proc/self").unwrap().uid();
    if owner == 0 {
        command.uid(NOBODY).gid(NOBODY);
    } else {
        set_mode(&bench.payload(), 0o444);
    }
    let output = command.output();
    set_mode(&bench.payload(), 0o755);
    let output = match output {
        Err(error) if owner == 0 => {
            return eprintln!("skipped: nobody may not run this program: {error}");
        }
        output => output.unwrap(),
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let rows = String::from_utf8(output.stdout).unwrap();
    let ids: Vec<&str> = rows.lines().skip(1).map(|row| &row[..2]).collect();
    assert_eq!(ids, ["a,", "b,"], "{stderr}");
    let skipped = "skipped \"payload/folder.mp3\": Permission denied";
    assert!(stderr.contains(skipped), "{stderr}");
    assert!(!stderr.contains("notes.txt"), "{stderr}");
}

#[test]
fn a_deadline_ends_the_search_and_what_was_found_stays() {
    let names: Vec<String> = (0..5_000)
        .map(|i| format!("{:02}/{i:04}.mp3", i / 100))
        .collect();
    let folder = folder_with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let root = folder.path();
    let mut partial = 0;
    for budget in (0..).map(|step| Duration::from_micros(100 * step)) {
        let deadline = Deadline::after(Instant::now(), budget);
        let payload = match discover(root, &DiscoverOptions::EVERY_MP3, deadline) {
            Err(PayloadError::Deadline { .. }) => continue,
            found => found.unwrap(),
        };
        let found = paths(&payload, root);
        assert!(found.is_sorted() && found.iter().all(|path| names.contains(path)));
        if found.len() == names.len() {
            break;
        }
        partial += 1;
        let warning = format!(
            "the deadline came first: {root:?} was not searched to its end, files may be missing"
        );
        assert_eq!(warnings(&payload), [warning]);
        assert_eq!(payload.folders_unsearched(), 1);
    }
    assert!(partial > 0, "the search is never cut short");
}

#[test]
fn a_deadline_that_is_over_takes_files_that_are_named_but_searches_no_folder() {
    let folder = folder_with(&["a/x.mp3", "b.mp3"]);
    let over = Deadline::after(Instant::now(), Duration::ZERO);
    let mut search = Search::new(DiscoverOptions::MUSIC, over);
    search.add(&folder.path().join("b.mp3")).unwrap();
    search.add(&folder.path().join("a")).unwrap();
    let payload = search.finish().unwrap();
    assert_eq!(ids(&payload), ["b"]);
    let error = discover(folder.path(), &DiscoverOptions::EVERY_MP3, over).unwrap_err();
    let expected = format!(
        "no mp3 files were found in {:?} before the deadline",
        folder.path()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.warnings().len(), 1);
}

#[test]
fn trash_and_snapshots_are_left_out_for_people_and_kept_for_the_grader() {
    let bench = Bench::new();
    for name in [
        "#recycle/a",
        "x/$RECYCLE.BIN/b",
        "x/.Trash-1000/c",
        "@eaDir/d",
        "music/e",
    ] {
        bench.put(format!("{name}.mp3"), b"");
    }
    bench.predict([]).expect_code(0);
    assert_eq!(bench.ids(), ["a", "d", "e", "b", "c"]);
    let run = bench.run(["check", "payload"]).expect_code(0);
    let is_logged = |line: &str| {
        line.contains("left out \"payload/")
            && line.ends_with("\" and 3 more folders: trash, snapshots or thumbnails")
    };
    assert!(run.stderr.lines().any(is_logged), "{}", run.stderr);
    let text = String::from_utf8(run.stdout).unwrap();
    let files: Vec<&str> = text
        .lines()
        .skip(1)
        .map(|l| l.split(',').next().unwrap())
        .collect();
    assert_eq!(files, ["music/e.mp3"]);
    bench
        .run(["embed", "payload", "-o", "out.csv"])
        .expect_code(1)
        .expect_stderr("none of the 1 files could be analysed");
    let run = bench.run(["check", "payload/#recycle"]).expect_code(0);
    assert!(
        String::from_utf8(run.stdout)
            .unwrap()
            .contains("\na.mp3,unusable,")
    );
    assert!(!run.stderr.contains("left out"), "{}", run.stderr);
}

#[test]
fn several_inputs_keep_their_order_and_each_file_its_one_row() {
    let folder = folder_with(&["b/y.flac", "b/x.mp3", "a/z.ogg", "notes.txt", "b/cover.jpg"]);
    let inputs = [
        "notes.txt",
        "b",
        "b/x.mp3",
        "./b/../b/x.mp3",
        "a",
        "b/",
        "notes.txt",
    ];
    let inputs = inputs.map(|input| folder.path().join(input));
    let payload = search(inputs.iter().map(PathBuf::as_path)).unwrap();
    let expected = ["notes.txt", "b/x.mp3", "b/y.flac", "a/z.ogg"];
    assert_eq!(paths(&payload, folder.path()), expected);
    assert_eq!(ids(&payload), ["notes.txt", "x", "y", "z"]);
    assert_eq!(payload.path_below_root(0), Path::new("notes.txt"));
    assert_eq!(payload.inputs_missing(), 0);
}

#[test]
fn a_folder_inside_another_input_is_searched_once() {
    let folder = folder_with(&["a/b/x.mp3", "a/y.mp3"]);
    let [outer, inner] = ["a", "a/b"].map(|name| folder.path().join(name));
    let payload = search([outer.as_path(), &inner, &outer]).unwrap();
    assert_eq!(paths(&payload, folder.path()), ["a/b/x.mp3", "a/y.mp3"]);
    assert_eq!(warnings(&payload), [] as [&str; 0]);
    let payload = search([inner.as_path(), &outer]).unwrap();
    assert_eq!(paths(&payload, folder.path()), ["a/b/x.mp3", "a/y.mp3"]);
}

#[test]
fn files_of_one_name_in_two_inputs_get_ids_that_tell_them_apart() {
    let folder = folder_with(&["a/x.mp3", "b/x.mp3"]);
    let [a, b] = ["a", "b/x.mp3"].map(|name| folder.path().join(name));
    let payload = search([a.as_path(), &b]).unwrap();
    let expected = ["a/x", "b/x"].map(|id| format!("{}/{id}", folder.path().display()));
    assert_eq!(ids(&payload), expected);
    let renamed = |path: &str, id: &str| {
        let path = folder.path().join(path);
        format!("{path:?} shares its name with another file; its file_id is {id:?}")
    };
    let [a, b] = [
        renamed("a/x.mp3", &expected[0]),
        renamed("b/x.mp3", &expected[1]),
    ];
    assert_eq!(warnings(&payload), [a, b]);
}

#[test]
fn a_missing_input_is_named_and_the_others_are_taken() {
    let folder = folder_with(&["x.mp3"]);
    let [missing, x] = ["missing", "x.mp3"].map(|name| folder.path().join(name));
    let payload = search([missing.as_path(), &x]).unwrap();
    assert_eq!(ids(&payload), ["x"]);
    assert_eq!(payload.inputs_missing(), 1);
    let expected =
        format!("cannot read the input {missing:?}: No such file or directory (os error 2)");
    assert_eq!(warnings(&payload), [expected.as_str()]);
    let error = search([missing.as_path()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no audio files: none of the inputs is a file or a folder that can be read"
    );
    assert_eq!(error.warnings()[0].to_string(), expected);
}

#[test]
fn a_listed_file_that_is_missing_keeps_its_row() {
    let folder = folder_with(&["a/x.mp3"]);
    let mut search = Search::new(DiscoverOptions::MUSIC, Deadline::NEVER);
    for name in [
        "gone/x.flac",
        "a/x.mp3",
        "gone.mp3/",
        "gone/x.flac",
        "a/gone.ogg",
        "a//gone.ogg",
    ] {
        search.add_listed(&folder.path().join(name)).unwrap();
    }
    let payload = search.finish().unwrap();
    let expected = ["gone/x.flac", "a/x.mp3", "gone.mp3", "a/gone.ogg"];
    assert_eq!(paths(&payload, folder.path()), expected);
    let expected = ["x.flac", "x.mp3", "gone.mp3", "gone.ogg"];
    assert_eq!(ids(&payload), expected);
    assert_eq!(payload.inputs_missing(), 0);
    let missing = format!(
        "cannot read {:?}, which the list names: entity not found",
        folder.path().join("gone/x.flac")
    );
    assert_eq!(warnings(&payload)[0], missing);
}

#[test]
fn an_empty_folder_is_an_error_alone_and_a_warning_beside_others() {
    let folder = folder_with(&["a/x.mp3", "b/notes.txt"]);
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    let error = search([b.as_path()]).unwrap_err();
    let expected = format!(
        "no audio files in {b:?} (looked for names ending in .mp3 .mp2 .mp1 .flac .ogg .oga .wav \
         .wave .aif .aiff .aifc .m4a .m4b .mp4 .aac, in any case, in subfolders too)"
    );
    assert_eq!(error.to_string(), expected);
    let error = discover(&b, &DiscoverOptions::EVERY_MP3, Deadline::NEVER).unwrap_err();
    let expected = format!(
        "no mp3 files in {b:?} (looked for names ending in .mp3, in any case, in subfolders too)"
    );
    assert_eq!(error.to_string(), expected);
    let payload = search([a.as_path(), &b]).unwrap();
    assert_eq!(warnings(&payload), [format!("no audio files in {b:?}")]);
}

/// The paths in a list, and why it could not be read on.
fn listed(bytes: &[u8], separator: ListSeparator) -> (Vec<String>, Option<ListError>) {
    let mut error = None;
    let paths = read_list(bytes, separator)
        .map_while(|path| path.map_err(|found| error = Some(found)).ok())
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    (paths, error)
}

#[test]
fn lists_are_read_with_newlines_of_all_kinds_and_with_zero_bytes() {
    use ListSeparator::{Newline, Nul};

    let cases: [(&[u8], ListSeparator, &[&str]); 6] = [
        (b"a b.mp3\nc.flac\n", Newline, &["a b.mp3", "c.flac"]),
        (b"a.mp3\r\n\r\n\nb.mp3", Newline, &["a.mp3", "b.mp3"]),
        (
            b"\xef\xbb\xbfa.mp3\n\xef\xbb\xbfb.mp3\n",
            Newline,
            &["a.mp3", "\u{feff}b.mp3"],
        ),
        (b"a\nb.mp3\0c\r\0\0d", Nul, &["a\nb.mp3", "c\r", "d"]),
        (b"", Newline, &[]),
        (b"\n\n", Newline, &[]),
    ];
    for (bytes, separator, expected) in cases {
        let (paths, error) = listed(bytes, separator);
        assert_eq!(paths, expected, "{bytes:?}");
        assert!(error.is_none(), "{bytes:?}: {error:?}");
    }
}

#[test]
fn what_is_no_list_is_refused_without_being_held() {
    let (paths, error) = listed(b"a.mp3\nb.mp3\0c.mp3\0", ListSeparator::Newline);
    assert_eq!(paths, ["a.mp3"]);
    assert_eq!(
        error.unwrap().to_string(),
        "entry 2 of the list holds a zero byte; is it separated by these (-0), or in UTF-16?"
    );
    let longest = "x".repeat(MAX_LISTED_PATH);
    let (paths, error) = listed(format!("{longest}\r\n").as_bytes(), ListSeparator::Newline);
    assert_eq!((paths, error.is_none()), (vec![longest], true));
    let endless = BufReader::new(io::repeat(b'x'));
    let mut list = read_list(endless, ListSeparator::Nul);
    let error = list.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "entry 1 of the list is longer than 131072 bytes: no path is"
    );
    assert!(list.next().is_none());
}

/// The greatest resident memory of this process so far, in MB.
#[cfg(target_os = "linux")]
fn peak_memory_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1024.0
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "makes a million files: run it alone, with --ignored --nocapture"]
fn a_million_files_take_less_than_250_mb() {
    let folder = tempfile::tempdir().unwrap();
    for album in 0..1_000 {
        let album = folder
            .path()
            .join(format!("An artist of some length/Album {album:04}"));
        fs::create_dir_all(&album).unwrap();
        let first = album.join("000 - A song.mp3");
        fs::write(&first, b"").unwrap();
        for song in 1..1_000 {
            // Every second name is that of a file in all other folders.
            let name = match song % 2 {
                0 => format!("{song:03} - A song.mp3"),
                _ => format!("{song:03} - {}.mp3", album.file_name().unwrap().display()),
            };
            fs::hard_link(&first, album.join(name)).unwrap();
        }
    }
    for with_list in [false, true] {
        let before = peak_memory_mb();
        let start = Instant::now();
        let mut search = Search::new(DiscoverOptions::MUSIC, Deadline::NEVER);
        search.add(folder.path()).unwrap();
        if with_list {
            search
                .add(
                    &folder
                        .path()
                        .join("An artist of some length/Album 0000/000 - A song.mp3"),
                )
                .unwrap();
        }
        let payload = search.finish().unwrap();
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(payload.len(), 1_000_000);
        let renamed = payload.warnings().count();
        let peak = peak_memory_mb();
        println!("{seconds:.2} s, peak {peak:.0} MB (before {before:.0} MB), {renamed} warnings");
        assert_eq!(renamed, 500_000);
        assert!(peak < 250.0, "{peak} MB");
    }
}
