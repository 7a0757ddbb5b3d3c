//! What a file's own tag says about its genre.

use crate::audio::Timed;
use crate::deadline::Deadline;
use crate::panics;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::{FileType, TaggedFileExt};
use lofty::probe::Probe;
use lofty::tag::ItemKey;

/// At most so many bytes of a file are read in search of its tags. Cover art
/// stands between them, of several megabytes at times.
const MAX_BYTES: u64 = 32 << 20;

/// At most so many characters of a genre are kept.
const MAX_CHARS: usize = 200;

/// The genre that the tags of the file at `path` name; several are joined with
/// `; `. None if there is none, or nothing that can be read as a tag.
///
/// The file is not changed. Whatever is in it, this reads a bounded number of
/// bytes and does not panic.
pub fn tag_genre(path: &Path) -> Option<String> {
    tag_genre_until(path, Deadline::NEVER)
}

/// As [`tag_genre`], if it can be read before the deadline.
pub(super) fn tag_genre_until(path: &Path, deadline: Deadline) -> Option<String> {
    // Checked before opening: opening a pipe would wait for a writer.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let read = || {
        let file = File::open(path).ok()?;
        tag_genre_of(Timed { file, deadline }, FileType::from_path(path))
    };
    panics::contain(read).ok().flatten()
}

/// The genre that the tags of a file name, which is probably of this kind; may panic.
pub(crate) fn tag_genre_of(file: impl Read + Seek, kind: Option<FileType>) -> Option<String> {
    let reader = BufReader::new(Bounded {
        inner: file,
        left: MAX_BYTES,
    });
    let probe = match kind {
        Some(kind) => Probe::with_file_type(reader, kind),
        None => Probe::new(reader),
    };
    let options = ParseOptions::new()
        .read_properties(false)
        .read_cover_art(false)
        .parsing_mode(ParsingMode::Relaxed);
    let file = probe.options(options).guess_file_type().ok()?.read().ok()?;
    file.tags().iter().find_map(|tag| {
        let genres: Vec<&str> = tag
            .get_strings(ItemKey::Genre)
            .map(str::trim)
            .filter(|genre| !genre.is_empty())
            .collect();
        let joined: String = genres.join("; ").chars().take(MAX_CHARS).collect();
        (!joined.is_empty()).then_some(joined)
    })
}

/// Fails once so many bytes were read.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("the tags are too long"))?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_disk_gets_no_more_time_than_the_file_has() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tag-all.mp3");
        assert!(tag_genre_until(&path, Deadline::NEVER).is_some());
        let over = Deadline::after(std::time::Instant::now(), std::time::Duration::ZERO);
        assert_eq!(tag_genre_until(&path, over), None);
    }
    use proptest::prelude::*;
    use std::fs;

    /// An ID3v2.4 tag with one text frame for the genre, and a frame of MPEG audio.
    fn id3v2(genre: &str) -> Vec<u8> {
        let mut frame = b"TCON".to_vec();
        frame.extend([0, 0, 0, genre.len() as u8 + 1, 0, 0, 3]);
        frame.extend(genre.as_bytes());
        let mut tag = b"ID3\x04\0\0\0\0\0".to_vec();
        tag.push(frame.len() as u8);
        tag.extend(frame);
        tag.extend(b"\xff\xfb\x90\x00");
        tag.resize(tag.len() + 413, 0);
        tag
    }

    fn genre_of(name: &str, bytes: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        tag_genre(&path)
    }

    #[test]
    fn genres_of_id3_tags_are_read() {
        assert_eq!(
            genre_of("a.mp3", &id3v2("Post-Punk")),
            Some("Post-Punk".into())
        );
        assert_eq!(
            genre_of("a.mp3", &id3v2("Folk\0Blues")),
            Some("Folk; Blues".into())
        );
        // Numbers are those of ID3v1.
        assert_eq!(genre_of("a.mp3", &id3v2("17")), Some("Rock".into()));
        let mut id3v1 = id3v2("");
        id3v1.extend(b"TAG");
        id3v1.resize(id3v1.len() + 124, 0);
        id3v1.push(8);
        assert_eq!(genre_of("a.mp3", &id3v1), Some("Jazz".into()));
    }

    #[test]
    fn files_without_a_genre_have_none() {
        for bytes in [&b""[..], b"no music", &id3v2(""), &id3v2("  ")] {
            assert_eq!(genre_of("a.mp3", bytes), None, "{bytes:?}");
        }
        assert_eq!(tag_genre(Path::new("/nowhere/a.mp3")), None);
        assert_eq!(tag_genre(Path::new("/dev/zero")), None);
    }

    #[test]
    fn no_more_than_the_bound_is_read() {
        let mut reader = Bounded {
            inner: io::repeat(7),
            left: 100,
        };
        assert_eq!(reader.read(&mut [0; 100]).unwrap(), 100);
        assert!(reader.read(&mut [0; 1]).is_err());
    }

    proptest! {
        #[test]
        fn mutated_tags_neither_panic_nor_give_long_genres(
            at in 0..40_usize, with in any::<u8>(), kind in 0..4_usize,
        ) {
            let mut bytes = id3v2("Classical music of the century");
            bytes[at] = with;
            let name = ["a.mp3", "a.flac", "a.m4a", "a.wav"][kind];
            let genre = genre_of(name, &bytes);
            prop_assert!(genre.is_none_or(|genre| genre.chars().count() <= MAX_CHARS));
        }
    }
}
