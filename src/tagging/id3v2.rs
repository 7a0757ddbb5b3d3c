//! Counting the frames of an ID3v2 tag, to see whether all were read.
//!
//! Layouts: id3v2-00, id3v2.3.0 and id3v2.4.0-structure (id3.org), sections 3 and 4.

/// Bytes of the header of a tag.
const HEADER: usize = 10;

const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;

/// The number of frames in the one ID3v2 tag that a file begins with; 0 if it begins
/// with none. `None` if it begins with several, or the tag is not laid out as it
/// should be.
pub(super) fn frames_in(file: &[u8]) -> Option<usize> {
    let len = nanomp3::id3v2_len(file);
    if len == 0 {
        return Some(0);
    }
    if nanomp3::id3v2_len(file.get(len..)?) != 0 {
        return None;
    }
    let (version, flags) = (file[3], file[5]);
    let body = file.get(HEADER..HEADER + size(&file[6..HEADER], 7))?;
    if version == 2 {
        return count(body, 3, 8);
    }
    // Version 4 has its frames with these bytes in them, and their sizes count them.
    let plain;
    let body = match version == 3 && flags & UNSYNCHRONISED != 0 {
        true => {
            plain = without_stuffing(body);
            &plain
        }
        false => body,
    };
    let extension = match (flags & EXTENDED != 0, version) {
        (false, _) => 0,
        (true, 3) => 4 + size(body.get(..4)?, 8),
        (true, _) => size(body.get(..4)?, 7),
    };
    count(body.get(extension..)?, 4, if version == 3 { 8 } else { 7 })
}

/// Counts frames up to the padding. Their headers have an identifier and a size of
/// `field` bytes each, with so many `bits` in each byte of the size, and two bytes of
/// flags if the fields have four.
fn count(mut body: &[u8], field: usize, bits: u32) -> Option<usize> {
    let header = if field == 3 { 6 } else { HEADER };
    let mut frames = 0;
    while body.len() > header && body[0] != 0 {
        let len = size(&body[field..2 * field], bits);
        body = body.get(header..)?.get(len..)?;
        frames += 1;
    }
    Some(frames)
}

/// A number, the highest byte first.
fn size(bytes: &[u8], bits: u32) -> usize {
    bytes
        .iter()
        .fold(0, |size, byte| size << bits | usize::from(*byte))
}

/// The bytes before each `FF` was parted from what would make it a sync word.
fn without_stuffing(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut last = 0;
    for &byte in bytes {
        if !(last == 0xff && byte == 0) {
            plain.push(byte);
        }
        last = byte;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(version: u8, flags: u8, body: &[u8]) -> Vec<u8> {
        let header = [
            b'I',
            b'D',
            b'3',
            version,
            0,
            flags,
            0,
            0,
            0,
            body.len() as u8,
        ];
        [&header[..], body].concat()
    }

    const TITLE: &[u8] = b"TIT2\0\0\0\x02\0\0\0a";
    const ALBUM: &[u8] = b"TALB\0\0\0\x03\0\0\0bc";

    #[test]
    fn frames_are_counted_up_to_the_padding() {
        let body = [TITLE, ALBUM, &[0; 20]].concat();
        assert_eq!(frames_in(&tag(4, 0, &body)), Some(2));
        assert_eq!(frames_in(&tag(3, 0, &body)), Some(2));
        assert_eq!(
            frames_in(&tag(2, 0, b"TT2\0\0\x02\0aTAL\0\0\x02\0b")),
            Some(2)
        );
        assert_eq!(frames_in(b"\xff\xfb\x90\0"), Some(0));
    }

    #[test]
    fn extended_headers_and_stuffing_are_passed_over() {
        let body = [&[0, 0, 0, 6, 0, 0, 0, 0, 0, 0], TITLE].concat();
        assert_eq!(frames_in(&tag(3, EXTENDED, &body)), Some(1));
        let body = [&[0, 0, 0, 6, 1, 0], TITLE].concat();
        assert_eq!(frames_in(&tag(4, EXTENDED, &body)), Some(1));
        // Two bytes, of which the first is FF; then another frame.
        let body = [b"TIT2\0\0\0\x02\0\0\xff\0\xe0", ALBUM].concat();
        assert_eq!(frames_in(&tag(3, UNSYNCHRONISED, &body)), Some(2));
    }

    #[test]
    fn several_tags_and_frames_that_reach_beyond_the_end_are_told() {
        let one = tag(4, 0, TITLE);
        assert_eq!(frames_in(&[&one[..], &one].concat()), None);
        assert_eq!(frames_in(&tag(4, 0, &TITLE[..11])), None);
    }
}
