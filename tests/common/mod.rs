//! What the integration tests share.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod mp3;
pub mod schema;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Fails with a message that shows both numbers unless they agree within
/// `tolerance`. NaN agrees with nothing.
#[track_caller]
pub fn assert_close(actual: f64, expected: f64, tolerance: f64, what: &str) {
    let difference = (actual - expected).abs();
    assert!(
        difference <= tolerance,
        "{what}: {actual} is not within {tolerance:e} of {expected} (difference {difference:e})"
    );
}

/// [`assert_close`] for the largest difference of two equally long slices.
#[track_caller]
pub fn assert_all_close(actual: &[f32], expected: &[f32], tolerance: f64, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}: lengths differ");
    for (index, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert_close(
            (*a).into(),
            (*e).into(),
            tolerance,
            &format!("{what}[{index}]"),
        );
    }
}

/// The next number of a sequence without a pattern (an LCG of Numerical Recipes).
pub fn next_random(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder of test data that is too big, or not free enough, for the repository: below
/// `$FMA_GENRE_SHARED` or `../shared`. Tests that need it are ignored unless they are
/// asked for, so that they are never taken for passed.
#[track_caller]
pub fn shared(folder: &str) -> PathBuf {
    let root =
        std::env::var_os("FMA_GENRE_SHARED").map_or_else(|| repository("../shared"), PathBuf::from);
    let path = root.join(folder);
    assert!(
        path.is_dir(),
        "there is no folder {path:?} (set FMA_GENRE_SHARED)"
    );
    path
}

/// The files in `folder` with this ending, sorted.
pub fn files_in(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{folder:?}: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

/// A clip that every test may use: 15 s of music.
pub fn example_clip() -> PathBuf {
    repository("examples/city-blues-robert-van-herk.mp3")
}

/// A scratch folder with a payload folder in it, and the program.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("payload")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn payload(&self) -> PathBuf {
        self.path("payload")
    }

    pub fn output(&self) -> PathBuf {
        self.path("out.csv")
    }

    /// Puts a file into the payload, below folders that are made for it.
    pub fn put(&self, name: impl AsRef<Path>, bytes: &[u8]) -> &Self {
        let path = self.payload().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Puts the example clip into the payload.
    pub fn put_clip(&self, name: impl AsRef<Path>) -> &Self {
        self.put(name, &fs::read(example_clip()).unwrap())
    }

    /// Puts all clips of `examples/` into the payload.
    pub fn put_examples(&self) -> &Self {
        for path in files_in(&repository("examples"), "mp3") {
            self.put(path.file_name().unwrap(), &fs::read(&path).unwrap());
        }
        self
    }

    /// The program without the environment variables that it reads.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fma-genre"));
        for name in [
            "TEST_DIRECTORY",
            "OUTPUT_PATH",
            "FMA_GENRE_DEADLINE",
            "FMA_GENRE_ENGINE",
            "TRACT_CPU_ISA",
            "RUST_LOG",
        ] {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path());
        command
    }

    /// Runs the program with these arguments.
    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Finished {
        Finished::from(self.command().args(arguments).output().unwrap())
    }

    /// Runs `predict` on the payload with more arguments.
    pub fn predict<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Finished {
        let mut command = self.command();
        command.arg("predict").arg(self.payload());
        command.arg("-o").arg(self.output()).args(more);
        Finished::from(command.output().unwrap())
    }

    /// The output's rows: ids and numbers. Checks the header on the way.
    pub fn rows(&self) -> Vec<(Vec<u8>, Vec<f64>)> {
        read_predictions(&self.output())
    }

    /// The output's ids.
    pub fn ids(&self) -> Vec<String> {
        self.rows()
            .into_iter()
            .map(|(id, _)| String::from_utf8_lossy(&id).into_owned())
            .collect()
    }
}

/// How a run of the program ended.
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stderr: {}", self.stderr);
        self
    }

    #[track_caller]
    pub fn expect_stderr(self, part: &str) -> Self {
        assert!(
            self.stderr.contains(part),
            "no {part:?} in: {}",
            self.stderr
        );
        self
    }
}

/// The challenge's header, letter by letter.
pub const HEADER: &str = "file_id,Blues,Classical,Country,Easy Listening,Electronic,Experimental,\
    Folk,Hip-Hop,Instrumental,International,Jazz,Old-Time / Historic,Pop,Rock,Soul-RnB,Spoken";

/// Reads a submission and checks what must hold of any: the header, 16 numbers
/// per row strictly between 0 and 1, sums of 1 within 1e-6.
#[track_caller]
pub fn read_predictions(path: &Path) -> Vec<(Vec<u8>, Vec<f64>)> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let header = format!("{HEADER}\n");
    assert!(bytes.starts_with(header.as_bytes()), "wrong header");
    assert!(bytes.ends_with(b"\n"), "no newline at the end");
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    reader
        .byte_records()
        .map(|record| {
            let record = record.unwrap();
            let numbers: Vec<f64> = record
                .iter()
                .skip(1)
                .map(|field| std::str::from_utf8(field).unwrap().parse().unwrap())
                .collect();
            assert_eq!(numbers.len(), 16);
            assert!(numbers.iter().all(|p| *p > 0.0 && *p < 1.0), "{numbers:?}");
            assert_close(numbers.iter().sum(), 1.0, 1e-6, "sum of a row");
            (record[0].to_vec(), numbers)
        })
        .collect()
}
