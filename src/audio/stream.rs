//! An MPEG audio stream in a file: its frames, and what tags say of them.

use std::io;
use std::ops::Range;

use nanomp3::VbrTag;

use super::frames::{Frame, FrameIndex, ID3_HEADER_LEN};
use super::gapless::Gapless;
use super::header::Header;
use super::source::Source;
use crate::panics;

/// The most that tags at the end of a file are looked for in.
const TRAILER: u64 = 1 << 20;

/// The frames of audio in a file, found but not decoded.
#[derive(Debug)]
pub(super) struct MpegStream {
    /// In order; those of a Xing/Info tag are not among them.
    pub(super) frames: Vec<Frame>,
    gapless: Option<Gapless>,
    /// How many frames the Xing/Info tag announces.
    pub(super) frames_announced: Option<u32>,
    /// As in [`FrameIndex`].
    pub(super) bytes_skipped: u64,
    /// As in [`FrameIndex`].
    pub(super) gaps: u32,
}

impl MpegStream {
    /// Finds the frames of a file. Leading ID3v2 tags and trailing ID3v1 and APEv2
    /// tags are skipped.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn open(source: &mut Source<'_>) -> io::Result<Self> {
        let start = end_of_leading_tags(source)?;
        let end = start_of_trailing_tags(source)?.max(start);
        let mut index = FrameIndex::scan(source, start, end)?;
        if index.frames.is_empty() && start > 0 {
            // A tag that lies about its size: its header alone is skipped.
            index = FrameIndex::scan(source, ID3_HEADER_LEN as u64, end)?;
        }
        let tag = match index.frames.first() {
            Some(first) => read_tag(source.get(first.offset, first.len.into())?),
            None => None,
        };
        let mut frames = index.frames;
        let gapless = tag
            .as_ref()
            .and_then(|tag| Gapless::new(frames[0].header, tag));
        if tag.is_some() {
            frames.remove(0);
        }
        Ok(Self {
            frames,
            gapless,
            frames_announced: tag.and_then(|tag| tag.frames),
            bytes_skipped: index.bytes_skipped,
            gaps: index.gaps,
        })
    }

    /// The samples of frame `index` that are audio: all but the encoder's delay and
    /// padding.
    pub(super) fn kept(&self, index: usize) -> Range<usize> {
        let len = self.frames[index].header.samples();
        match self.gapless {
            None => 0..len,
            Some(gapless) => {
                let kept = gapless.kept(index as u64, len as u64, self.frames.len() as u64);
                kept.start as usize..kept.end as usize
            }
        }
    }

    /// Bytes of main data in a frame; as many as a frame can refer to if its layer has
    /// no bit reservoir.
    pub(super) fn main_data_len(&self, index: usize) -> usize {
        let frame = &self.frames[index];
        match frame.header.layer() {
            3 => frame.header.main_data_len(frame.len.into()),
            _ => usize::MAX,
        }
    }
}

/// Where ID3v2 tags at the beginning end. A tag that claims to reach beyond the end of
/// the file lies: only its header is skipped and the search for frames starts inside.
fn end_of_leading_tags(source: &mut Source<'_>) -> io::Result<u64> {
    let mut position = 0;
    loop {
        let tag = nanomp3::id3v2_len(source.get(position, ID3_HEADER_LEN)?) as u64;
        match tag {
            0 => return Ok(position),
            len if position + len < source.len() => position += len,
            _ => return Ok(source.len().min(position + ID3_HEADER_LEN as u64)),
        }
    }
}

/// Where ID3v1 and APEv2 tags at the end begin.
fn start_of_trailing_tags(source: &mut Source<'_>) -> io::Result<u64> {
    let start = source.len().saturating_sub(TRAILER);
    let trailer = source.get(start, TRAILER as usize)?;
    Ok(start + nanomp3::strip_trailing_tags(trailer).len() as u64)
}

/// The Xing/Info tag in a frame, if it holds one instead of audio.
fn read_tag(frame: &[u8]) -> Option<VbrTag> {
    let parse = || VbrTag::parse(frame).or_else(|| parse_tag_ignoring_checksum(frame));
    panics::contain(parse).ok()?
}

/// LAME writes its tag where it would stand in a frame without checksum even if
/// the header announces one; so read the frame as if it had none.
fn parse_tag_ignoring_checksum(frame: &[u8]) -> Option<VbrTag> {
    const NO_CHECKSUM_BIT: u8 = 1;
    let mut frame = frame.to_vec();
    *frame.get_mut(1)? |= NO_CHECKSUM_BIT;
    Header::parse(&frame)?;
    VbrTag::parse(&frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of_tags(data: &[u8]) -> u64 {
        end_of_leading_tags(&mut Source::memory(data)).unwrap()
    }

    #[test]
    fn an_id3v2_tag_that_lies_about_its_size_is_searched() {
        let mut data = b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec();
        data.extend_from_slice(b"audio");
        assert_eq!(end_of_tags(&data), 10);
        assert_eq!(
            end_of_tags(b"ID3\x04\0\0\0\0\0\x02xxID3\x04\0\0\0\0\0\x01yaudio"),
            23
        );
        assert_eq!(end_of_tags(b"audio"), 0);
    }
}
