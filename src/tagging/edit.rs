//! A file's bytes with another genre.

use std::io::Cursor;
use std::path::Path;

use lofty::error::{ErrorKind, LoftyError};
use lofty::file::FileType;
use lofty::probe::Probe;

use super::audio::AudioPackets;
use super::error::TagError;
use super::tags::{self, Tags};
use crate::panics;
use crate::pipeline::tag_genre_of;

/// The bytes of an audio file with `genres` in place of the genres that its tags
/// name: ID3v2 `TCON` for mp3, wav and aiff (version 2.4, or 2.3 where the tag is of
/// that version; wav also gets RIFF `IGNR`), Vorbis `GENRE` for flac and ogg, the atom `©gen` for m4a. A tag that
/// is missing is made. `name` helps to tell the kind of file.
///
/// The result is checked: its audio is the same packet by packet, its other tags are
/// the same, and the genres are read back from it.
///
/// # Errors
/// [`TagError`] if it is no audio file with tags, or the check fails.
pub fn with_genres(original: &[u8], name: &Path, genres: &[String]) -> Result<Vec<u8>, TagError> {
    panics::contain(|| edited(original, name, genres)).unwrap_or_else(|panic| {
        tracing::debug!("{name:?}: {panic}");
        Err(TagError::Tag("it made the reader panic".into()))
    })
}

fn edited(original: &[u8], name: &Path, genres: &[String]) -> Result<Vec<u8>, TagError> {
    let kind = kind_of(original, name).ok_or(TagError::UnknownKind)?;
    let audio = AudioPackets::of(kind, original).ok_or(TagError::NoAudio)?;
    let before = Tags::read(kind, original).map_err(refused)?;
    let mut file = Cursor::new(original.to_vec());
    before
        .clone()
        .write_genres(kind, &mut file, genres)
        .map_err(refused)?;
    let changed = file.into_inner();
    if AudioPackets::of(kind, &changed) != Some(audio) {
        return Err(TagError::NotKept("its audio"));
    }
    let after = Tags::read(kind, &changed).map_err(refused)?;
    if !before.differ_in_genre_alone(after) {
        return Err(TagError::NotKept("other tags"));
    }
    if tag_genre_of(Cursor::new(&changed), Some(kind)).is_none() {
        return Err(TagError::NotKept("nothing: the genre cannot be read back"));
    }
    Ok(changed)
}

/// By the content; by the name where that says nothing.
fn kind_of(bytes: &[u8], name: &Path) -> Option<FileType> {
    let probe = Probe::new(Cursor::new(bytes)).guess_file_type().ok()?;
    let kind = probe.file_type().or_else(|| FileType::from_path(name))?;
    tags::is_supported(kind).then_some(kind)
}

fn refused(error: LoftyError) -> TagError {
    match error.kind() {
        ErrorKind::TooMuchData => TagError::TagTooLarge,
        _ => TagError::Tag(error.to_string()),
    }
}
