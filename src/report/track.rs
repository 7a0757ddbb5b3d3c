//! What the report knows of a file.

use std::path::{Path, PathBuf};

use crate::genre::{Probabilities, genres_of_tag, most_probable};
use crate::output::harmless;
use crate::pipeline::{Record, Segment, Status};
use crate::results::FileResult;
use crate::utf8;

/// A tag disagrees with what is heard if the genres that it names have less than this
/// probability together.
pub(super) const DISAGREES_BELOW: f64 = 0.05;

/// One file of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Where it is.
    pub path: PathBuf,
    /// Its `file_id`.
    pub id: String,
    /// Whether it could be classified.
    pub status: Status,
    /// What the user should know.
    pub remark: Option<String>,
    /// Duration in seconds, if anything was decoded.
    pub seconds: Option<f64>,
    /// What the file's own tag says.
    pub tag_genre: Option<String>,
    /// Of the whole file.
    pub probabilities: Probabilities,
    /// Of its segments.
    pub timeline: Vec<Segment>,
}

impl From<FileResult> for Track {
    fn from(result: FileResult) -> Self {
        Self {
            path: result.path,
            id: result.id,
            status: result.status,
            remark: result.remark,
            seconds: result.heard.map(|heard| heard.seconds),
            tag_genre: result.tag_genre,
            probabilities: result.probabilities,
            timeline: result.timeline,
        }
    }
}

impl From<Record> for Track {
    fn from(record: Record) -> Self {
        Self {
            path: record.path,
            id: utf8::text(&record.id).into_owned(),
            status: record.status,
            remark: record.remark,
            seconds: record.audio.map(|audio| audio.seconds),
            tag_genre: record.tag_genre,
            probabilities: record.probabilities,
            timeline: record.timeline,
        }
    }
}

impl Track {
    /// Index of the most probable genre; none of a file that could not
    /// be classified.
    pub(super) fn genre(&self) -> Option<usize> {
        (self.status != Status::Unusable).then(|| most_probable(&self.probabilities))
    }

    /// Whether the file's own tag names genres of the 16 that are not heard.
    pub(super) fn tag_disagrees(&self) -> bool {
        let named = self.tag_genre.as_deref().map(genres_of_tag);
        let named = named.unwrap_or_default();
        let heard: f64 = named.iter().map(|genre| self.probabilities[*genre]).sum();
        self.status != Status::Unusable && !named.is_empty() && heard < DISAGREES_BELOW
    }
}

/// A path as the page shows it: every byte can be seen, and none steers the text.
pub(super) fn shown(path: &Path) -> String {
    harmless(&utf8::text(path.as_os_str().as_encoded_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::{GENRE_COUNT, genre_index};

    fn track(tag: &str, jazz: f64) -> Track {
        let mut probabilities = [0.0; GENRE_COUNT];
        probabilities[genre_index("Jazz").unwrap()] = jazz;
        probabilities[genre_index("Rock").unwrap()] = 1.0 - jazz;
        Track {
            path: "a.mp3".into(),
            id: "a".into(),
            status: Status::Ok,
            remark: None,
            seconds: None,
            tag_genre: Some(tag.into()),
            probabilities,
            timeline: Vec::new(),
        }
    }

    #[test]
    fn a_tag_disagrees_if_none_of_its_genres_is_heard() {
        assert!(track("Jazz", 0.01).tag_disagrees());
        assert!(!track("Jazz", 0.2).tag_disagrees());
        assert!(!track("Jazz; Metal", 0.01).tag_disagrees());
        assert!(
            !track("Kizomba", 0.01).tag_disagrees(),
            "of unknown meaning"
        );
        assert!(!track("", 0.01).tag_disagrees());
    }

    #[test]
    fn names_show_every_byte_and_steer_nothing() {
        assert_eq!(
            shown(Path::new("a\u{202e}\n\u{7}é花.mp3")),
            "a\\u{202e}\\n\\u{7}é花.mp3"
        );
    }
}
