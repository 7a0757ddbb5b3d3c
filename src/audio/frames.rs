//! Finding the frames of a stream without decoding them.
//!
//! A frame says how long it is, so in a sound file each begins where the one
//! before ends. The rest is for files that are not: bytes between frames, headers
//! with a wrong bit, changes of format. A header of 32 bits with 17 fixed ones turns
//! up by chance every 130,000 bytes; so away from where a frame must begin, one
//! counts only if another follows at its end.

use std::io;

use super::header::Header;
use super::source::Source;
use super::sync::Scan;

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

/// Bytes of an ID3v2 header.
pub(super) const ID3_HEADER_LEN: usize = 10;

/// Headers that must follow one another before the first frame is believed: in a
/// stream of which nothing is known, and in one that proved to be cut up.
const FIRST_SYNC: [usize; 2] = [3, 1];

/// Wrong bits of a header that can be repaired.
const MAX_WRONG_BITS: u32 = 4;

/// Damaged headers in a row that are repaired.
const MAX_REPAIRED: usize = 8;

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
                formats: Vec::new(),
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
            && let Some(frame) = self.next_as_it_says(position, header, format)?
        {
            self.format = Some(frame.header);
            return Ok(Some(frame));
        }
        let own = own.filter(|header| header.goes_with(format));
        for header in lengths_of(format) {
            if self.may_be_damaged(position, own, header)?
                && let Some(frame) = self.frame(position, header, true)
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

    /// The frame at `position` if its own header can be trusted: another follows where
    /// it says, and does not begin earlier.
    fn next_as_it_says(
        &mut self,
        position: u64,
        own: Header,
        format: Header,
    ) -> io::Result<Option<Frame>> {
        let goes_on = own.goes_with(format);
        let is_as_before = goes_on && own.has_bit_rate_of(format);
        if !is_as_before && self.is_shorter(position, own, format)? {
            return Ok(None);
        }
        let Some(frame) = self.frame(position, own, false) else {
            return Ok(None);
        };
        let is_sound = if goes_on || self.is_known(own) {
            self.ends_well(&frame)?
        } else {
            self.format_begins(position, own)?
        };
        Ok(is_sound.then_some(frame))
    }

    /// Whether a wrong bit makes the frame at `position` look longer than it is: read in
    /// the format of the stream it is shorter, and two frames begin where it claims to
    /// go on. A frame of 256 kbit/s ends where the second of two of 128 kbit/s does.
    fn is_shorter(&mut self, position: u64, own: Header, format: Header) -> io::Result<bool> {
        for header in lengths_of(format) {
            if self.wrong_bits(position, header)? <= MAX_WRONG_BITS
                && header.frame_len() < own.frame_len()
                && self.chain_from(position, header, 2)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what is at `position` may be this header with some wrong bits. If it is a
    /// header itself, a longer frame must have the bit rate of the one before: junk
    /// behind a frame is more likely than a wrong bit.
    fn may_be_damaged(
        &mut self,
        position: u64,
        own: Option<Header>,
        header: Header,
    ) -> io::Result<bool> {
        let wrong_bits = self.wrong_bits(position, header)?;
        let is_longer = own.is_none_or(|own| own.frame_len() >= header.frame_len());
        let has_rate_before = self
            .format
            .is_some_and(|format| header.has_bit_rate_of(format));
        let has_other_rate = own.is_some_and(|own| !own.has_bit_rate_of(header));
        Ok(wrong_bits <= MAX_WRONG_BITS && (is_longer || has_rate_before && has_other_rate))
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
}

/// Headers like this one for frames of any length, its own bit rate first.
fn lengths_of(format: Header) -> impl Iterator<Item = Header> {
    let own = [format.with_padding(false), format.with_padding(true)];
    let others = format.with_any_length();
    let others =
        others.filter(move |header| !format.is_free_format() && !header.has_bit_rate_of(format));
    own.into_iter().chain(others)
}
