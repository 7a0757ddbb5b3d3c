//! Where a stream of frames begins, and where it goes on behind a hole.

use std::io;

use super::frames::{Frame, FrameIndex};
use super::header::{HEADER_LEN, Header};
use super::source::Source;

/// Longest frame in free format, as the decoder has it.
const MAX_FREE_FORMAT: usize = 2_304;

/// Bytes of every search for a header.
const SEARCH_STEP: usize = 64 << 10;

/// Headers that must follow one of another format.
const FORMAT_CHANGE: usize = 2;

/// Headers that must follow one where two formats take turns.
const MIXED_CHAIN: usize = 4;

/// A search for all frames of a source.
pub(super) struct Scan<'s, 'd> {
    pub(super) source: &'s mut Source<'d>,
    pub(super) end: u64,
    /// The last header that needed no repair.
    pub(super) format: Option<Header>,
    /// Formats that took turns.
    pub(super) formats: Vec<Header>,
    /// Bytes of a free-format frame without padding; 0 if unknown.
    pub(super) free_format: usize,
    pub(super) index: FrameIndex,
}

impl Scan<'_, '_> {
    /// The first frame between `position` and `until` that others follow; `chain` of
    /// them while nothing is known of the stream.
    pub(super) fn search(
        &mut self,
        mut position: u64,
        until: u64,
        chain: usize,
    ) -> io::Result<Option<Frame>> {
        while position + HEADER_LEN as u64 <= until {
            let step = SEARCH_STEP.min((until - position) as usize);
            let bytes = self.source.get(position, step)?;
            // The last bytes may be the beginning of a header.
            let candidates: Vec<usize> = memchr::memchr_iter(0xff, bytes)
                .filter(|at| Header::parse(&bytes[*at..]).is_some())
                .collect();
            let read = bytes.len();
            if read < HEADER_LEN {
                return Ok(None);
            }
            for at in candidates {
                let offset = position + at as u64;
                let Some(header) = self.header_at(offset)? else {
                    continue;
                };
                let is_sound = match self.format {
                    Some(format) if header.goes_with(format) => {
                        self.chain_from(offset, header, 1)?
                    }
                    Some(_) => self.format_begins(offset, header)?,
                    None if chain == 1 => self.chain_from(offset, header, chain)?,
                    None => {
                        self.chain_from(offset, header, chain)?
                            || self.formats_take_turns(offset, header)?
                    }
                };
                if is_sound {
                    return Ok(self.frame(offset, header, false));
                }
            }
            position += (read - (HEADER_LEN - 1)) as u64;
        }
        Ok(None)
    }

    /// Whether `needed` more headers follow the one at `position`, each at the end of
    /// the frame before, the first in its format, others in that of the stream so far if
    /// that goes on. The end of the stream is as good as any number of them, but not for
    /// a lone frame of a new format.
    pub(super) fn chain_from(
        &mut self,
        position: u64,
        header: Header,
        needed: usize,
    ) -> io::Result<bool> {
        if header.is_free_format() && !self.measure_free_format(position, header)? {
            return Ok(false);
        }
        let (mut position, mut last) = (position, header);
        for found in 0..needed {
            let Some(frame) = self.frame(position, last, false) else {
                return Ok(false);
            };
            position += u64::from(frame.len);
            if position == self.end {
                let is_known = |format: Header| header.goes_with(format);
                return Ok(found > 0 || self.format.is_none_or(is_known));
            }
            // A header that turns up by chance may end where the next frame begins.
            let format = self.format.filter(|_| found > 0).unwrap_or(header);
            let is_expected = |next: Header| next.goes_with(header) || next.goes_with(format);
            match self.next_header(position, last, is_expected)? {
                Some(next) => last = next,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The header at `position`, behind a frame with the header `last`; as it must be, if
    /// one bit of it is wrong. By chance, such headers turn up every million bytes.
    fn next_header(
        &mut self,
        position: u64,
        last: Header,
        is_expected: impl Fn(Header) -> bool,
    ) -> io::Result<Option<Header>> {
        if let Some(header) = self.header_at(position)? {
            return Ok(is_expected(header).then_some(header));
        }
        let found = self.source.get(position, HEADER_LEN)?;
        Ok(found.first_chunk().and_then(|found| last.nearly(*found)))
    }

    /// How many bits of what is at `position` are not those of `header`.
    pub(super) fn wrong_bits(&mut self, position: u64, header: Header) -> io::Result<u32> {
        let found = self.source.get(position, HEADER_LEN)?;
        if found.len() < HEADER_LEN {
            return Ok(u32::MAX);
        }
        let pairs = found.iter().zip(header.bytes());
        let differing = pairs.map(|(found, right)| (found ^ right).count_ones());
        Ok(differing.sum())
    }

    /// Whether a stretch of another format begins with this header at `position`.
    pub(super) fn format_begins(&mut self, position: u64, header: Header) -> io::Result<bool> {
        Ok(self.chain_from(position, header, FORMAT_CHANGE)?
            || self.formats_take_turns(position, header)?)
    }

    /// Whether this header at `position` is in one of the formats that took turns.
    pub(super) fn is_known(&self, header: Header) -> bool {
        self.formats.iter().any(|known| header.goes_with(*known))
    }

    /// Whether frames of the format of this header, at `position`, and of another take
    /// turns: that of the stream so far, if it has one.
    fn formats_take_turns(&mut self, position: u64, header: Header) -> io::Result<bool> {
        let (mut position, mut last) = (position, header);
        let mut other = self.format.filter(|format| !format.goes_with(header));
        let mut returns = false;
        for _ in 0..MIXED_CHAIN {
            if last.is_free_format() {
                return Ok(false);
            }
            let Some(frame) = self.frame(position, last, false) else {
                return Ok(false);
            };
            position += u64::from(frame.len);
            let Some(next) = self.header_at(position)? else {
                return Ok(false);
            };
            let is_other = |other: Header| next.goes_with(other) && other.layer() == header.layer();
            if next.goes_with(header) {
                returns = true;
            } else if !is_other(*other.get_or_insert(next)) {
                return Ok(false);
            }
            last = next;
        }
        if let Some(other) = other.filter(|_| returns) {
            for format in [header, other] {
                if !self.is_known(format) {
                    self.formats.push(format);
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Finds out how long the frames are in a free-format stream with this header at
    /// `position`: as far as the next, if another follows as far behind that.
    fn measure_free_format(&mut self, position: u64, header: Header) -> io::Result<bool> {
        let bytes = self
            .source
            .get(position, 2 * MAX_FREE_FORMAT + HEADER_LEN)?;
        for distance in HEADER_LEN..MAX_FREE_FORMAT.min(bytes.len()) {
            let next = Header::parse(&bytes[distance..]).filter(|next| next.goes_with(header));
            let Some(next) = next else { continue };
            let Some(len) = distance.checked_sub(header.padding()) else {
                continue;
            };
            let after = distance + len + next.padding();
            let is_end = position + after as u64 == self.end;
            let follows = bytes.get(after..).and_then(Header::parse);
            if is_end || follows.is_some_and(|after| after.goes_with(header)) {
                self.free_format = len;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what follows a frame is a frame, or the end.
    pub(super) fn ends_well(&mut self, frame: &Frame) -> io::Result<bool> {
        let end = frame.offset + u64::from(frame.len);
        if end == self.end {
            return Ok(true);
        }
        let known = self.formats.clone();
        let is_expected = |next: Header| {
            next.goes_with(frame.header) || known.iter().any(|format| next.goes_with(*format))
        };
        Ok(self.next_header(end, frame.header, is_expected)?.is_some())
    }

    pub(super) fn header_at(&mut self, position: u64) -> io::Result<Option<Header>> {
        Ok(Header::parse(self.source.get(position, HEADER_LEN)?))
    }

    /// The frame at `position` with this header; `None` if it would reach beyond the
    /// end.
    pub(super) fn frame(&self, position: u64, header: Header, is_repaired: bool) -> Option<Frame> {
        let free_format = || (self.free_format > 0).then(|| self.free_format + header.padding());
        let len = header.frame_len().or_else(free_format)?;
        (position + len as u64 <= self.end).then_some(Frame {
            offset: position,
            len: u16::try_from(len).ok()?,
            header,
            is_repaired,
            follows_loss: false,
        })
    }
}
