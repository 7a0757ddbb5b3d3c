//! A model folder to be poisoned, and how the program takes it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Bench, Finished, repository};

/// A run that works takes half a second, on a machine that has nothing else to do.
const SOON: Duration = Duration::from_secs(30);

/// Address space that runs get, in KiB. One that works takes less than 600,000.
const MOST_KIBIBYTES: &str = "1000000";

/// A copy of the default model, to be poisoned, and a clip.
pub struct Folder {
    pub bench: Bench,
    pub path: PathBuf,
}

impl Folder {
    pub fn new() -> Self {
        let bench = Bench::new();
        bench.put_clip("a.mp3");
        let path = bench.path("model");
        fs::create_dir(&path).unwrap();
        for entry in fs::read_dir(repository("models/compact")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path.join(entry.file_name())).unwrap();
        }
        Self { bench, path }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn change_json(&self, change: impl FnOnce(&mut Value)) {
        let manifest = self.file("model.json");
        let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        change(&mut json);
        fs::write(manifest, serde_json::to_vec(&json).unwrap()).unwrap();
    }

    pub fn change_bytes(&self, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.file(file)).unwrap();
        change(&mut bytes);
        fs::write(self.file(file), bytes).unwrap();
    }

    /// Runs a command with this model, in little memory.
    #[track_caller]
    pub fn run(&self, command: &str) -> Finished {
        let start = Instant::now();
        let program = self.bench.command();
        let mut shell = Command::new("bash");
        shell.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", MOST_KIBIBYTES]);
        shell.arg(program.get_program()).arg(command);
        shell.args(["payload", "-o", "out.csv", "--model", "model"]);
        shell
            .env_remove("FMA_GENRE_DEADLINE")
            .env_remove("RUST_LOG");
        shell.current_dir(self.bench.path("."));
        let run = Finished::from(shell.output().unwrap());
        assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    #[track_caller]
    pub fn expect_failure(&self, message: &str) {
        let run = self.run("predict").expect_code(1).expect_stderr(message);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(!self.bench.output().exists(), "there is an output");
    }
}
