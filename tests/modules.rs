//! The folders of `src/` and who uses whom: as the diagram in docs/development.md says, and without circles.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::repository;

/// Module -> the modules that it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Rooms without a stage of their own, which any module may use.
const HELPERS: [&str; 6] = [
    "deadline",
    "evenly",
    "faults",
    "panics",
    "path_text",
    "utf8",
];

/// All Rust files below a folder.
fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The module that a file belongs to: its folder in `src/`, or itself.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(repository("src")).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The first names behind `root::` in code: `root::a::B` and `root::{a::B, c}`.
fn names_behind(code: &str, root: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(root) {
        let rest = &code[at + root.len()..];
        let (list, one) = match rest.strip_prefix('{') {
            Some(list) => (&list[..list.find('}').unwrap_or(0)], false),
            None => (rest, true),
        };
        for part in list.split(',').take(if one { 1 } else { usize::MAX }) {
            let name: String = part
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
                .collect();
            if !name.is_empty() {
                names.insert(name);
            }
        }
    }
    names
}

/// What each module uses outside its tests and comments.
fn uses() -> Uses {
    let mut files = vec![];
    sources(&repository("src"), &mut files);
    let modules: BTreeSet<String> = files.iter().map(|file| module_of(file)).collect();
    let mut uses = Uses::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        let module = module_of(&file);
        // The program sees the library from outside.
        let root = match module.as_str() {
            "cli" | "main" => "fma_genre::",
            _ => "crate::",
        };
        let mut names = names_behind(&code, root);
        names.retain(|name| *name != module && modules.contains(name));
        uses.entry(module).or_default().extend(names);
    }
    uses
}

/// The arrows of the diagram in docs/development.md.
fn diagram() -> Uses {
    let text = fs::read_to_string(repository("docs/development.md")).unwrap();
    let start = text.find("```mermaid").expect("there is a diagram");
    let block = &text[start..];
    let block = &block[..block[3..].find("```").unwrap() + 3];
    let mut uses = Uses::new();
    for line in block.lines() {
        if let Some((from, to)) = line.split_once("-->") {
            for to in to.split('&') {
                let to = to.trim().to_owned();
                uses.entry(from.trim().to_owned()).or_default().insert(to);
            }
        }
    }
    uses
}

#[test]
fn the_diagram_of_the_modules_is_what_the_sources_say() {
    let mut found = uses();
    for name in HELPERS.into_iter().chain(["lib", "main"]) {
        found.remove(name);
        found.values_mut().for_each(|names| {
            names.remove(name);
        });
    }
    found.retain(|_, names| !names.is_empty());
    let lines: Vec<String> = found
        .iter()
        .map(|(from, to)| {
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            format!("    {from} --> {}", to.join(" & "))
        })
        .collect();
    assert_eq!(
        diagram(),
        found,
        "docs/development.md should have:\n{}",
        lines.join("\n")
    );
}

#[test]
fn no_module_uses_one_that_uses_it() {
    let mut left = uses();
    // Whoever uses nothing that is left is taken away, again and again.
    loop {
        let known: BTreeSet<String> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|_, names| names.iter().any(|name| known.contains(name)));
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "a circle among {:?}", left.keys());
}

#[test]
fn only_the_command_line_uses_clap_and_anyhow_and_only_two_rooms_the_engine() {
    let mut files = vec![];
    sources(&repository("src"), &mut files);
    for file in files {
        let code = fs::read_to_string(&file).unwrap();
        let has = |name: &str| {
            code.lines()
                .any(|line| line.trim_start().starts_with(&format!("use {name}")))
        };
        let module = module_of(&file);
        assert!(
            module == "cli" || !(has("clap") || has("anyhow")),
            "{file:?} uses clap or anyhow"
        );
        let may_call_engine =
            file.ends_with("model/network.rs") || file.parent().unwrap().ends_with("model/engine");
        assert!(may_call_engine || !has("tract"), "{file:?} uses tract");
    }
}
