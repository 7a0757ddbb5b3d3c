//! The tags of a file in their own formats, as `lofty` reads them.
//!
//! Its common form of all tags would lose what one format has and others have
//! not.

use std::io::Cursor;

use lofty::ape::ApeTag;
use lofty::config::{ParseOptions, ParsingMode, WriteOptions};
use lofty::error::{LoftyError, Result};
use lofty::file::{AudioFile, FileType};
use lofty::flac::FlacFile;
use lofty::id3::v1::GENRES as ID3V1_GENRES;
use lofty::id3::v2::{Frame, FrameId, Id3v2Tag, Id3v2Version, TextInformationFrame};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::{RiffInfoList, WavFile};
use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst, Mp4File};
use lofty::mpeg::MpegFile;
use lofty::ogg::{OggPictureStorage, VorbisComments, VorbisFile};
use lofty::picture::{Picture, PictureInformation};
use lofty::prelude::{Accessor, TagExt};

use super::id3v2;

const TCON: FrameId<'static> = FrameId::Valid(std::borrow::Cow::Borrowed("TCON"));
const GENRE: &str = "GENRE";
const APE_GENRE: &str = "Genre";
const RIFF_GENRE: &str = "IGNR";
const ILST_GENRE: AtomIdent<'static> = AtomIdent::Fourcc(*b"\xa9gen");
/// By number, as iTunes wrote it.
const ILST_GENRE_NUMBER: AtomIdent<'static> = AtomIdent::Fourcc(*b"gnre");

/// Length of an ID3v1 tag, which is the end of its file; its last byte is the genre.
const ID3V1_BYTES: usize = 128;
const ID3V1_NO_GENRE: u8 = 255;

/// All tags of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags {
    id3v2: Option<Id3v2Tag>,
    /// The last bytes of a file that ends in an ID3v1 tag, as they are: its empty
    /// fields are filled in many ways.
    id3v1: Option<[u8; ID3V1_BYTES]>,
    ape: Option<ApeTag>,
    vorbis: Option<VorbisComments>,
    /// Of FLAC files, where they are blocks of their own.
    pictures: Vec<(Picture, PictureInformation)>,
    ilst: Option<Ilst>,
    riff: Option<RiffInfoList>,
}

/// Which kinds of file have tags for genres that can be written.
pub(super) fn is_supported(kind: FileType) -> bool {
    matches!(
        kind,
        FileType::Mpeg
            | FileType::Flac
            | FileType::Vorbis
            | FileType::Mp4
            | FileType::Wav
            | FileType::Aiff
    )
}

impl Tags {
    /// Those of a file of a supported kind.
    ///
    /// # Errors
    /// If any part of them cannot be read: it could not be kept.
    pub(super) fn read(kind: FileType, bytes: &[u8]) -> Result<Self> {
        let options = ParseOptions::new()
            .read_properties(false)
            .implicit_conversions(false)
            .parsing_mode(ParsingMode::Strict);
        let reader = &mut Cursor::new(bytes);
        let mut tags = Self::default();
        match kind {
            FileType::Flac => {
                let mut file = FlacFile::read_from(reader, options)?;
                tags.pictures = file.pictures().to_vec();
                tags.id3v2 = file.id3v2().cloned();
                tags.vorbis = file.remove_vorbis_comments();
            }
            FileType::Vorbis => {
                let file = VorbisFile::read_from(reader, options)?;
                tags.vorbis = Some(file.vorbis_comments().clone());
            }
            FileType::Mp4 => tags.ilst = Mp4File::read_from(reader, options)?.remove_ilst(),
            FileType::Wav => {
                let mut file = WavFile::read_from(reader, options)?;
                tags.id3v2 = file.remove_id3v2();
                tags.riff = file.remove_riff_info();
            }
            FileType::Aiff => tags.id3v2 = AiffFile::read_from(reader, options)?.remove_id3v2(),
            _ => {
                tags.id3v1 = id3v1(bytes);
                let end = bytes.len() - tags.id3v1.map_or(0, |tag| tag.len());
                let reader = &mut Cursor::new(&bytes[..end]);
                let mut file = MpegFile::read_from(reader, options)?;
                tags.id3v2 = file.remove_id3v2();
                let read = tags.id3v2.as_ref().map_or(0, |tag| tag.len());
                if id3v2::frames_in(bytes) != Some(read) {
                    return Err(incomplete());
                }
                tags.ape = file.remove_ape();
            }
        }
        Ok(tags)
    }

    /// Writes `genres` into `file`, whose tags these are: into the tags that its kind
    /// is known for, and into every other that has a genre.
    ///
    /// # Errors
    /// Whatever `lofty` says.
    pub(super) fn write_genres(
        mut self,
        kind: FileType,
        file: &mut Cursor<Vec<u8>>,
        genres: &[String],
    ) -> Result<()> {
        let options = WriteOptions::new();
        match kind {
            FileType::Flac | FileType::Vorbis => {
                let mut tag = self.vorbis.take().unwrap_or_default();
                drop(tag.remove(GENRE));
                for genre in genres {
                    tag.push(GENRE.into(), genre.clone());
                }
                for (picture, information) in self.pictures {
                    tag.insert_picture(picture, Some(information))?;
                }
                return tag.save_to(file, options);
            }
            FileType::Mp4 => {
                let mut tag = self.ilst.take().unwrap_or_default();
                drop(tag.remove(&ILST_GENRE_NUMBER));
                drop(tag.remove(&ILST_GENRE));
                let values = genres.iter().cloned().map(AtomData::UTF8).collect();
                if let Some(atom) = Atom::from_collection(ILST_GENRE, values) {
                    tag.insert(atom);
                }
                return tag.save_to(file, options);
            }
            _ => {}
        }
        let mut id3v2 = self.id3v2.take().unwrap_or_default();
        // A tag keeps its version: readers of the older one may know no other.
        let is_v3 = id3v2.original_version() == Id3v2Version::V3;
        let separator = if is_v3 { "; " } else { "\0" };
        let encoding = lofty::TextEncoding::UTF8;
        let text = TextInformationFrame::new(TCON, encoding, genres.join(separator));
        id3v2.insert(Frame::Text(text));
        id3v2.save_to(file, WriteOptions::new().use_id3v23(is_v3))?;
        if let Some(mut ape) = self.ape.filter(|tag| tag.genre().is_some()) {
            ape.remove(APE_GENRE);
            ape.set_genre(genres.join("\0"));
            rewound(file);
            ape.save_to(file, options)?;
        }
        if let Some([.., genre]) = self.id3v1
            && usize::from(genre) < ID3V1_GENRES.len()
            && let Some(last) = file.get_mut().last_mut()
        {
            let known = genres.iter().find_map(|genre| id3v1_number(genre));
            *last = known.unwrap_or(ID3V1_NO_GENRE);
        }
        if kind == FileType::Wav {
            // Many programs look for nothing else in a wav file.
            let mut riff = self.riff.take().unwrap_or_default();
            riff.insert(RIFF_GENRE.into(), genres.join("; "));
            rewound(file);
            riff.save_to(file, options)?;
        }
        Ok(())
    }

    /// Whether all but the genres are the same, in whatever order.
    pub(super) fn differ_in_genre_alone(mut self, mut other: Self) -> bool {
        self.remove_genres();
        other.remove_genres();
        let frames = |tag: Option<Id3v2Tag>| tag.into_iter().flatten().collect();
        let comments = |tag: &Option<VorbisComments>| match tag {
            Some(tag) => tag
                .items()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            None => Vec::new(),
        };
        let pictures = |tags: &Self| {
            let embedded = tags.vorbis.iter().flat_map(|tag| tag.pictures().to_vec());
            tags.pictures.iter().cloned().chain(embedded).collect()
        };
        let vendor = |tag: &Option<VorbisComments>| tag.as_ref().map(|tag| tag.vendor().to_owned());
        (self.vorbis.is_none() || vendor(&self.vorbis) == vendor(&other.vorbis))
            && have_same(comments(&self.vorbis), comments(&other.vorbis))
            && have_same::<(Picture, PictureInformation)>(pictures(&self), pictures(&other))
            && have_same::<Frame<'static>>(frames(self.id3v2), frames(other.id3v2))
            && have_same::<Atom<'static>>(
                self.ilst.into_iter().flatten().collect(),
                other.ilst.into_iter().flatten().collect(),
            )
            && self.id3v1 == other.id3v1
            && self.ape == other.ape
            && riff_items(self.riff) == riff_items(other.riff)
    }

    fn remove_genres(&mut self) {
        if let Some(tag) = &mut self.id3v2 {
            drop(tag.remove(&TCON));
        }
        if let Some([.., genre]) = &mut self.id3v1 {
            *genre = ID3V1_NO_GENRE;
        }
        if let Some(tag) = &mut self.ape {
            tag.remove(APE_GENRE);
        }
        if let Some(tag) = &mut self.vorbis {
            drop(tag.remove(GENRE));
        }
        if let Some(tag) = &mut self.ilst {
            drop(tag.remove(&ILST_GENRE));
            drop(tag.remove(&ILST_GENRE_NUMBER));
        }
        if let Some(tag) = &mut self.riff {
            drop(tag.remove(RIFF_GENRE));
        }
    }
}

fn riff_items(tag: Option<RiffInfoList>) -> Vec<(String, String)> {
    tag.into_iter().flatten().collect()
}

/// `lofty` keeps one of several tags or frames that say the same, and says nothing.
fn incomplete() -> LoftyError {
    let error = std::io::Error::other("it has parts that occur twice, or more than one tag");
    error.into()
}

fn rewound(file: &mut Cursor<Vec<u8>>) {
    file.set_position(0);
}

fn id3v1(bytes: &[u8]) -> Option<[u8; ID3V1_BYTES]> {
    bytes
        .last_chunk()
        .filter(|tag: &&[u8; ID3V1_BYTES]| tag.starts_with(b"TAG"))
        .copied()
}

/// The number that ID3v1 has for a genre; for most of ours it has none.
fn id3v1_number(genre: &str) -> Option<u8> {
    let index = ID3V1_GENRES.iter().position(|known| *known == genre)?;
    u8::try_from(index).ok()
}

/// Whether both have the same elements, in whatever order.
fn have_same<T: PartialEq>(one: Vec<T>, mut two: Vec<T>) -> bool {
    one.len() == two.len()
        && one.into_iter().all(|wanted| {
            let found = two.iter().position(|element| *element == wanted);
            found.map(|index| two.swap_remove(index)).is_some()
        })
}
