//! Finding the frames of a stream without decoding them.
//!
//! A frame says how long it is, so in a sound file each begins where the one
//! before ends. The rest is for files that are not: bytes between frames, headers
//! with a wrong bit, changes of format. A header of 32 bits with 17 fixed ones turns
//! up by chance every 130,000 bytes; so away from where a frame must begin, one
//! counts only if another follows at its end.

use std::io;

use super::header::{HEADER_LEN, Header};
use super::source::Source;

/// One frame in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) offset: u64,
    /// Bytes, header included; at most a free-format frame's.
    pub(super) len: u16,
    /// As it must be: that of the frame before, if its own is damaged.
    pub(super) header: Header,
    /// Its own header is damaged.
    pub(super) is_repaired: bool,
    /// Half as many bytes as it has, or more, are skipped before it: a frame may be
    /// lost there.
    pub(super) follows_loss: bool,
}

/// The frames of a stream, in order.
#[derive(Debug, Default)]
pub(super) struct FrameIndex {
    pub(super) frames: Vec<Frame>,
    /// Bytes between the first frame and the last that are in no frame.
    pub(super) bytes_skipped: u64,
    /// Places where such bytes are.
    pub(super) gaps: u32,
}

/// Longest frame in free format, as the decoder has it.
const MAX_FREE_FORMAT: usize = 2_304;

/// Bytes of an ID3v2 header.
pub(super) const ID3_HEADER_LEN: usize = 10;

/// Bytes of every search for a header.
const SEARCH_STEP: usize = 64 << 10;

/// Headers that must follow one another before the first frame is believed: in a
/// stream of which nothing is known, and in one that proved to be cut up.
const FIRST_SYNC: [usize; 2] = [3, 1];

/// Wrong bits of a header that can be repaired.
const MAX_WRONG_BITS: u32 = 4;

/// Damaged headers in a row that are repaired.
const MAX_REPAIRED: usize = 8;

/// Headers that must follow one of another format.
const FORMAT_CHANGE: usize = 2;

impl FrameIndex {
    /// Finds all frames between the bytes `start` and `end`.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn scan(source: &mut Source<'_>, start: u64, end: u64) -> io::Result<Self> {
        for chain in FIRST_SYNC {
            let mut scan = Scan {
                source,
                end,
                format: None,
                free_format: 0,
                index: Self::default(),
            };
            scan.run(start, chain)?;
            // A single pair of headers in random bytes is no stream.
            let is_believed = chain > 1 || scan.index.frames.len() > 2;
            if is_believed && !scan.index.frames.is_empty() {
                scan.index.frames.shrink_to_fit();
                return Ok(scan.index);
            }
        }
        Ok(Self::default())
    }
}

struct Scan<'s, 'd> {
    source: &'s mut Source<'d>,
    end: u64,
    /// The last header that needed no repair.
    format: Option<Header>,
    /// Bytes of a free-format frame without padding; 0 if unknown.
    free_format: usize,
    index: FrameIndex,
}

impl Scan<'_, '_> {
    fn run(&mut self, start: u64, chain: usize) -> io::Result<()> {
        // What is enough to know the stream by may lie behind frames that stand alone:
        // with the format known, these are found from the start on.
        let Some(known) = self.search(start, self.end, chain)? else {
            return Ok(());
        };
        self.format = Some(known.header);
        let Some(first) = self.search(start, self.end, chain)? else {
            return Ok(());
        };
        self.format = Some(first.header);
        let mut position = first.offset + u64::from(first.len);
        self.index.frames.push(first);
        while position < self.end {
            if let Some(format) = self.format
                && let Some(frame) = self.next_in_place(position, format)?
            {
                position += u64::from(frame.len);
                self.index.frames.push(frame);
                continue;
            }
            let tag = nanomp3::id3v2_len(self.source.get(position, ID3_HEADER_LEN)?) as u64;
            let from = if position + tag < self.end {
                position + tag
            } else {
                position
            };
            let Some(frame) = self.search(from, self.end, chain)? else {
                break;
            };
            self.format = Some(frame.header);
            let gap = frame.offset - from;
            if self.repair_between(from, frame)? {
                position = frame.offset + u64::from(frame.len);
                self.index.frames.push(frame);
                continue;
            }
            self.index.bytes_skipped += gap;
            self.index.gaps += u32::from(gap > 0);
            position = frame.offset + u64::from(frame.len);
            self.index.frames.push(Frame {
                follows_loss: 2 * gap >= u64::from(frame.len),
                ..frame
            });
        }
        Ok(())
    }

    /// The frame at `position`, where one must begin.
    fn next_in_place(&mut self, position: u64, format: Header) -> io::Result<Option<Frame>> {
        let own = self.header_at(position)?;
        if let Some(header) = own
            && !header.goes_with(format)
        {
            let follows = self.chain_from(position, header, FORMAT_CHANGE)?;
            if follows {
                self.format = Some(header);
                return Ok(self.frame(position, header, false));
            }
        }
        let own = own.filter(|header| header.goes_with(format));
        if let Some(frame) = own.and_then(|header| self.frame(position, header, false))
            && self.ends_well(&frame)?
        {
            self.format = Some(frame.header);
            return Ok(Some(frame));
        }
        for padded in [false, true] {
            let repaired = format.with_padding(padded);
            if self.may_be_damaged(position, own, repaired)?
                && let Some(frame) = self.frame(position, repaired, true)
                && position + u64::from(frame.len) < self.end
                && self.ends_well(&frame)?
            {
                return Ok(Some(frame));
            }
        }
        let Some(frame) = own.and_then(|header| self.frame(position, header, false)) else {
            return Ok(None);
        };
        // Junk follows, or the frame has lost bytes and the next begins inside.
        let inside = self.search(position + 1, position + u64::from(frame.len), 1)?;
        Ok(inside.is_none().then_some(frame))
    }

    /// Whether what is at `position` may be this header with some wrong bits. Where the
    /// two agree but for a padding slot, a byte behind the frame is more likely.
    fn may_be_damaged(
        &mut self,
        position: u64,
        own: Option<Header>,
        header: Header,
    ) -> io::Result<bool> {
        let wrong_bits = self.wrong_bits(position, header)?;
        let is_longer = own.is_none_or(|own| own.frame_len() >= header.frame_len());
        let has_other_rate = own.is_some_and(|own| !own.has_bit_rate_of(header));
        Ok(wrong_bits <= MAX_WRONG_BITS && (is_longer || has_other_rate))
    }

    /// How many bits of what is at `position` are not those of `header`.
    fn wrong_bits(&mut self, position: u64, header: Header) -> io::Result<u32> {
        let found = self.source.get(position, HEADER_LEN)?;
        let pairs = found.iter().zip(header.bytes());
        let differing = pairs.map(|(found, right)| (found ^ right).count_ones());
        Ok(differing.sum())
    }

    /// Takes what lies between `from` and `next` for frames with damaged headers, if it
    /// is as long as some frames like `next` and each begins almost as it must.
    fn repair_between(&mut self, from: u64, next: Frame) -> io::Result<bool> {
        let Some(len) = next.header.with_padding(false).frame_len() else {
            return Ok(false);
        };
        let gap = (next.offset - from) as usize;
        let count = gap / len;
        if !(1..=MAX_REPAIRED).contains(&count) || gap - count * len > count {
            return Ok(false);
        }
        let mut repaired = Vec::new();
        let mut position = from;
        for _ in 0..count {
            let mut ends = Vec::new();
            for padded in [false, true] {
                let header = next.header.with_padding(padded);
                if self.may_be_damaged(position, None, header)?
                    && let Some(frame) = self.frame(position, header, true)
                {
                    let end = position + u64::from(frame.len);
                    ends.push((self.wrong_bits(end, header)?, frame));
                }
            }
            let Some((_, frame)) = ends.into_iter().min_by_key(|(wrong_bits, _)| *wrong_bits)
            else {
                return Ok(false);
            };
            position += u64::from(frame.len);
            repaired.push(frame);
        }
        if position != next.offset {
            return Ok(false);
        }
        self.index.frames.extend(repaired);
        Ok(true)
    }

    /// The first frame between `position` and `until` that others follow; `chain` of
    /// them while nothing is known of the stream.
    fn search(&mut self, mut position: u64, until: u64, chain: usize) -> io::Result<Option<Frame>> {
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
                let needed = match self.format {
                    Some(format) if header.goes_with(format) => 1,
                    Some(_) => FORMAT_CHANGE,
                    None => chain,
                };
                if self.chain_from(offset, header, needed)? {
                    return Ok(self.frame(offset, header, false));
                }
            }
            position += (read - (HEADER_LEN - 1)) as u64;
        }
        Ok(None)
    }

    /// Whether `needed` more headers follow the one at `position`, each at the end of
    /// the frame before, the first in its format, others in that of the stream so far if
    /// that goes on. The end of the
    /// stream is as good as any number of them, but not for a lone frame of a new format.
    fn chain_from(&mut self, position: u64, header: Header, needed: usize) -> io::Result<bool> {
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
            let expected = |next: &Header| next.goes_with(header) || next.goes_with(format);
            match self.header_at(position)?.filter(expected) {
                Some(next) => last = next,
                None => return Ok(false),
            }
        }
        Ok(true)
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
    fn ends_well(&mut self, frame: &Frame) -> io::Result<bool> {
        let end = frame.offset + u64::from(frame.len);
        if end == self.end {
            return Ok(true);
        }
        let next = self.header_at(end)?;
        Ok(next.is_some_and(|next| next.goes_with(frame.header)))
    }

    fn header_at(&mut self, position: u64) -> io::Result<Option<Header>> {
        Ok(Header::parse(self.source.get(position, HEADER_LEN)?))
    }

    /// The frame at `position` with this header; `None` if it would reach beyond the
    /// end.
    fn frame(&self, position: u64, header: Header, is_repaired: bool) -> Option<Frame> {
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
