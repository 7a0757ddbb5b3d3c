//! Records for the tests of all formats.

use std::path::{Path, PathBuf};

use super::{OutputRules, RecordFormat, RecordOutput, RunInfo, TableStyle};
use crate::audio::Decoder;
use crate::genre::{GENRE_COUNT, Probabilities};
use crate::pipeline::{AudioFacts, Record, Segment, Status};

pub(crate) fn run() -> RunInfo {
    RunInfo {
        model: "small".into(),
        model_version: "2".into(),
        prior: "fma".into(),
        top: 3,
        min_probability: 0.5,
    }
}

/// Blues 0.7, Jazz 0.2, Rock 0.1.
pub(crate) fn probabilities() -> Probabilities {
    let mut probabilities = [0.0; GENRE_COUNT];
    probabilities[0] = 0.7;
    probabilities[10] = 0.2;
    probabilities[13] = 0.1;
    probabilities
}

pub(crate) fn record() -> Record {
    Record {
        index: 0,
        path: "music/blues.mp3".into(),
        id: b"blues".to_vec(),
        status: Status::Ok,
        remark: None,
        audio: Some(AudioFacts {
            seconds: 29.946_12,
            sample_rate: 44_100,
            channels: 2,
            decoder: Decoder::Nanomp3,
        }),
        probabilities: probabilities(),
        timeline: Vec::new(),
        tag_genre: Some("Blues".into()),
        embedding: None,
    }
}

/// One with a name that is no UTF-8 and a terminal's control sequence.
#[cfg(unix)]
pub(crate) fn hostile_path() -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(b"a b/\xff\x1b[31m.mp3".to_vec()).into()
}

#[cfg(not(unix))]
pub(crate) fn hostile_path() -> PathBuf {
    "a b/\u{1b}[31m.mp3".into()
}

pub(crate) fn unusable() -> Record {
    Record {
        index: 1,
        path: hostile_path(),
        id: hostile_path().as_os_str().as_encoded_bytes()[4..].to_vec(),
        status: Status::Unusable,
        remark: Some("is empty (0 bytes)".into()),
        audio: None,
        probabilities: [1.0 / 16.0; GENRE_COUNT],
        timeline: Vec::new(),
        tag_genre: None,
        embedding: None,
    }
}

pub(crate) fn with_timeline() -> Record {
    let segment = |start, end| Segment {
        start,
        end,
        probabilities: probabilities(),
    };
    Record {
        status: Status::Warning,
        remark: Some("is cut short".into()),
        timeline: vec![segment(0.0, 10.0), segment(10.0, 14.5)],
        ..record()
    }
}

/// The bytes of the file of this name that `write` writes.
pub(crate) fn written(name: &str, write: impl FnOnce(&Path, &OutputRules)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(&path, &OutputRules::default());
    std::fs::read(path).unwrap()
}

/// The bytes of a file with these records.
pub(crate) fn written_records(
    format: RecordFormat,
    style: TableStyle,
    records: &[Record],
) -> Vec<u8> {
    written("out", |path, rules| {
        let output = RecordOutput::prepare(path, format, rules).unwrap();
        let mut sink = output.open(&run(), style).unwrap();
        for record in records {
            sink.write(record).unwrap();
        }
        sink.finish().unwrap();
    })
}
