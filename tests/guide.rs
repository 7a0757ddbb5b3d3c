//! The commands of `docs/guide.md`, and what they print.
//!
//! `FMA_GENRE_WRITE_GUIDE=1 cargo test --release --test guide` puts the output of today into the guide.
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{files_in, repository};
use snapbox::assert_data_eq;

/// A block of the guide that is run: commands with what each prints.
struct Block<'g> {
    line: usize,
    text: &'g str,
}

/// The `console` blocks of a document.
fn blocks(guide: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut rest = guide;
    let mut at = 0;
    while let Some(start) = rest.find("```console\n") {
        let begin = start + "```console\n".len();
        let end = begin + rest[begin..].find("```\n").expect("a block has an end");
        let line = guide[..at + begin].lines().count();
        blocks.push(Block {
            line,
            text: &rest[begin..end],
        });
        at += end;
        rest = &rest[end + 4..];
        at += 4;
    }
    blocks
}

/// Runs the commands of a block; its text with what they print.
fn run(block: &Block<'_>, folder: &Path) -> String {
    let mut text = String::new();
    for command in block
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
    {
        let program = Path::new(env!("CARGO_BIN_EXE_fma-genre")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        // Both outputs in the order in which they come, as a terminal shows them.
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .env("PATH", format!("{}:{path}", program.display()))
            .env_remove("RUST_LOG")
            .current_dir(folder)
            .output()
            .unwrap();
        text.push_str(&format!("$ {command}\n"));
        text.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    text
}

#[test]
fn every_command_of_the_guide_prints_what_it_says() {
    let path = repository("docs/guide.md");
    let guide = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("Music")).unwrap();
    for clip in files_in(&repository("examples"), "mp3") {
        let name = clip.file_name().unwrap();
        fs::copy(&clip, folder.path().join("Music").join(name)).unwrap();
    }
    let needs_jq = Command::new("jq").arg("--version").output().is_err();
    let mut written = guide.clone();
    let blocks = blocks(&guide);
    assert!(blocks.len() > 10, "the guide has {} blocks", blocks.len());
    for block in &blocks {
        if needs_jq && block.text.contains("jq ") {
            println!("line {}: there is no jq here; left out", block.line);
            continue;
        }
        let actual = run(block, folder.path());
        if std::env::var_os("FMA_GENRE_WRITE_GUIDE").is_some() {
            written = written.replace(
                &format!("```console\n{}```\n", block.text),
                &format!("```console\n{actual}```\n"),
            );
        } else {
            println!("line {}", block.line);
            assert_data_eq!(actual, block.text.to_owned());
        }
    }
    if written != guide {
        fs::write(&path, written).unwrap();
    }
}
