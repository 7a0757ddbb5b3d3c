//! `fma-genre playlist`, and what packages are made of.

mod common;

use std::fs;

use common::Bench;

fn results() -> Bench {
    let bench = Bench::new();
    bench.put_examples().put("broken.mp3", b"no music");
    bench
        .run(["classify", "payload", "-q", "-o", "r.jsonl"])
        .expect_code(0);
    bench
}

#[test]
fn a_playlist_has_the_files_of_its_genre_relative_to_its_folder() {
    let bench = results();
    let arguments = ["--genre", "Electronic", "-o", "lists/dance.m3u8", "-q"];
    bench
        .run([&["playlist", "r.jsonl"], &arguments[..]].concat())
        .expect_code(0);
    assert_eq!(
        fs::read_to_string(bench.path("lists/dance.m3u8")).unwrap(),
        "#EXTM3U\n\
         #PLAYLIST:Electronic\n\
         #EXTINF:12,happy-electronic-immich-memories\n\
         ../payload/happy-electronic-immich-memories.mp3\n\
         #EXTINF:10,lincity-pronobozo\n\
         ../payload/lincity-pronobozo.mp3\n\
         #EXTINF:15,nebula-max-mccracken\n\
         ../payload/nebula-max-mccracken.mp3\n"
    );
    let arguments = [
        "--genre",
        "Electronic",
        "--min-probability",
        "0.7",
        "-o",
        "-",
    ];
    let finished = bench.run([&["playlist", "r.jsonl"], &arguments[..]].concat());
    let text = String::from_utf8(finished.expect_code(0).stdout).unwrap();
    assert_eq!(text.matches("#EXTINF").count(), 2, "{text}");
}

#[test]
fn all_genres_that_have_files_get_a_playlist() {
    let bench = results();
    bench
        .run([
            "playlist",
            "r.jsonl",
            "--all",
            "lists",
            "--min-probability",
            "0",
        ])
        .expect_code(0);
    let mut names: Vec<String> = fs::read_dir(bench.path("lists"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "Electronic.m3u8",
            "Instrumental.m3u8",
            "International.m3u8",
            "Rock.m3u8"
        ]
    );
    let tracks: usize = names
        .iter()
        .map(|name| fs::read_to_string(bench.path("lists").join(name)).unwrap())
        .map(|text| text.matches("#EXTINF").count())
        .sum();
    assert_eq!(tracks, 10, "all but the broken one");
}

#[test]
fn what_cannot_be_is_said() {
    let bench = results();
    fs::write(bench.path("notes.m3u8"), "my notes").unwrap();
    fs::write(bench.path("empty.jsonl"), "").unwrap();
    for (arguments, problem) in [
        (
            &["r.jsonl", "--genre", "hiphop", "-o", "x.m3u8"][..],
            "there is no genre \"hiphop\"; did you mean \"Hip-Hop\"?",
        ),
        (
            &["r.jsonl", "--genre", "Jazz", "-o", "x.txt"],
            "a playlist's name ends in .m3u8",
        ),
        (
            &["r.jsonl", "--genre", "Jazz", "-o", "notes.m3u8"],
            "will not replace \"notes.m3u8\": it does not look like a playlist",
        ),
        (
            &["empty.jsonl", "--genre", "Jazz", "-o", "x.m3u8"],
            "there are no results in \"empty.jsonl\"",
        ),
        (&["r.jsonl"], "--all <DIR>"),
    ] {
        bench
            .run([&["playlist"], arguments].concat())
            .expect_code(1)
            .expect_stderr(problem);
    }
}

#[test]
fn manual_pages_and_completions_are_made_for_every_command() {
    let bench = Bench::new();
    bench.run(["man", "man1"]).expect_code(0);
    let page = fs::read_to_string(bench.path("man1/fma-genre-tag.1")).unwrap();
    assert!(page.contains("--undo") || page.contains("\\-\\-undo"));
    for shell in ["bash", "zsh", "fish"] {
        let finished = bench.run(["completions", shell]).expect_code(0);
        let text = String::from_utf8(finished.stdout).unwrap();
        for command in ["predict", "classify", "tag", "playlist", "merge"] {
            assert!(text.contains(command), "{shell} {command}");
        }
    }
}
