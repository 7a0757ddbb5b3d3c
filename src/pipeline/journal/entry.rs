//! A [`Record`] as a journal keeps it.

use std::fs::Metadata;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::audio::Decoder;
use crate::genre::{GENRE_COUNT, Probabilities};
use crate::payload::PayloadFile;
use crate::pipeline::{AudioFacts, Record, Segment, Status};

/// What tells whether a file is still the one that was classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// In bytes.
    size: u64,
    /// Time of the last change in nanoseconds since 1970.
    modified: i64,
}

impl Fingerprint {
    /// Of the file at `path`; none if the system does not say.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            size: metadata.len(),
            modified: modified(&metadata)?,
        })
    }
}

fn modified(metadata: &Metadata) -> Option<i64> {
    let time: SystemTime = metadata.modified().ok()?;
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos())
            .ok()
            .map(|nanoseconds| -nanoseconds),
    }
}

/// A line of a journal: all of a [`Record`] but what belongs to the list of files
/// rather than to the file (its index and its id, which depend on the others).
///
/// Numbers are kept as their bits: JSON readers round.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: Name,
    /// None if the file is to be looked at again in any case.
    pub(super) fingerprint: Option<Fingerprint>,
    status: Status,
    remark: Option<String>,
    audio: Option<Audio>,
    probabilities: [u64; GENRE_COUNT],
    timeline: Vec<(u64, u64, [u64; GENRE_COUNT])>,
    tag_genre: Option<String>,
}

/// A path: text where it is text, else its bytes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Name {
    Text(String),
    Bytes(Vec<u8>),
}

impl Name {
    fn new(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.into()),
            None => Self::Bytes(path.as_os_str().as_encoded_bytes().into()),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Audio {
    seconds: u64,
    sample_rate: u32,
    channels: usize,
    decoder: Decoder,
}

fn to_bits(probabilities: &Probabilities) -> [u64; GENRE_COUNT] {
    probabilities.map(f64::to_bits)
}

fn from_bits(bits: [u64; GENRE_COUNT]) -> Probabilities {
    bits.map(f64::from_bits)
}

impl Entry {
    pub(super) fn new(record: &Record, fingerprint: Option<Fingerprint>) -> Self {
        Self {
            path: Name::new(&record.path),
            fingerprint,
            status: record.status,
            remark: record.remark.clone(),
            audio: record.audio.map(|audio| Audio {
                seconds: audio.seconds.to_bits(),
                sample_rate: audio.sample_rate,
                channels: audio.channels,
                decoder: audio.decoder,
            }),
            probabilities: to_bits(&record.probabilities),
            timeline: record
                .timeline
                .iter()
                .map(|segment| {
                    let Segment {
                        start,
                        end,
                        probabilities,
                    } = segment;
                    (start.to_bits(), end.to_bits(), to_bits(probabilities))
                })
                .collect(),
            tag_genre: record.tag_genre.clone(),
        }
    }

    /// The record of `file`, which stands at `index` in the run at hand.
    pub(super) fn into_record(self, index: usize, file: PayloadFile<'_>) -> Record {
        Record {
            index,
            path: file.path.to_path_buf(),
            id: file.id.to_vec(),
            status: self.status,
            remark: self.remark,
            audio: self.audio.map(|audio| AudioFacts {
                seconds: f64::from_bits(audio.seconds),
                sample_rate: audio.sample_rate,
                channels: audio.channels,
                decoder: audio.decoder,
            }),
            probabilities: from_bits(self.probabilities),
            timeline: self
                .timeline
                .into_iter()
                .map(|(start, end, probabilities)| Segment {
                    start: f64::from_bits(start),
                    end: f64::from_bits(end),
                    probabilities: from_bits(probabilities),
                })
                .collect(),
            tag_genre: self.tag_genre,
            embedding: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line;
    use super::*;

    #[test]
    fn a_record_reads_back_bit_for_bit() {
        let third = 1.0 / 3.0;
        let mut probabilities = [0.1 + 0.2; GENRE_COUNT];
        probabilities[3] = f64::MIN_POSITIVE / 3.0;
        #[cfg(unix)]
        let path = {
            use std::os::unix::ffi::OsStrExt;
            Path::new(std::ffi::OsStr::from_bytes(b"a/\xff\n\".mp3"))
        };
        #[cfg(not(unix))]
        let path = Path::new("a/\n\".mp3");
        let record = Record {
            index: 7,
            path: path.into(),
            id: b"\xff".into(),
            status: Status::Warning,
            remark: Some("is \"odd\"\u{1b}".into()),
            audio: Some(AudioFacts {
                seconds: third,
                sample_rate: 44_100,
                channels: 2,
                decoder: Decoder::Symphonia,
            }),
            probabilities,
            timeline: vec![Segment {
                start: third,
                end: 0.7,
                probabilities,
            }],
            tag_genre: Some("Post-Punk".into()),
            embedding: None,
        };
        let written = line::encode(&Entry::new(&record, None)).unwrap();
        let entry: Entry = line::decode(&written).unwrap();
        assert_eq!(entry.path.as_bytes(), path.as_os_str().as_encoded_bytes());
        let file = PayloadFile {
            path: &record.path,
            id: &record.id,
        };
        assert_eq!(entry.into_record(7, file), record);
    }

    #[test]
    fn a_fingerprint_changes_with_size_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(Fingerprint::of(&path), None);
        std::fs::write(&path, "1").unwrap();
        let before = Fingerprint::of(&path);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let old = UNIX_EPOCH - std::time::Duration::from_nanos(1_500);
        file.set_modified(old).unwrap();
        let earlier = Fingerprint::of(&path);
        assert_eq!(earlier.unwrap().modified, -1_500);
        assert_ne!(before, earlier);
        file.set_len(2).unwrap();
        file.set_modified(old).unwrap();
        assert_ne!(Fingerprint::of(&path), earlier);
    }
}
