//! Layer III streams taken apart and put together again, frame by frame.
//!
//! Positions of fields: ISO 11172-3, 2.4.1.7, and ISO 13818-3 for the lower sample rates.

use std::fs;
use std::path::Path;

/// The frames of a tidy file, without tags and without the frame of a Xing/Info tag.
pub fn frames(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let stream = nanomp3::strip_trailing_tags(&bytes);
    let mut frames: Vec<Vec<u8>> = nanomp3::frames(stream)
        .map(|frame| frame.data.to_vec())
        .collect();
    if nanomp3::VbrTag::parse(&frames[0]).is_some() {
        frames.remove(0);
    }
    frames
}

/// As [`frames`], less those at the beginning that refer to data before it: a clip may
/// be cut from the middle of a stream.
pub fn frames_that_decode(path: &Path) -> Vec<Vec<u8>> {
    let mut frames = frames(path);
    let mut reservoir = 0;
    let is_complete = |frame: &Vec<u8>| {
        let needed = Layout::of(frame).main_data_begin(frame);
        let is_complete = needed <= reservoir;
        reservoir += main_data(frame).len();
        is_complete
    };
    let first = frames.iter().position(is_complete).unwrap();
    frames.split_off(first)
}

/// How long a frame lasts, in seconds.
pub fn seconds(frame: &[u8]) -> f64 {
    let layout = Layout::of(frame);
    layout.samples() as f64 / f64::from(layout.sample_rate)
}

/// What the header says of the side information.
struct Layout {
    is_mpeg1: bool,
    channels: usize,
    /// In Hz.
    sample_rate: u32,
    /// Bytes before the side information: header and checksum.
    start: usize,
}

impl Layout {
    fn of(frame: &[u8]) -> Self {
        let is_mpeg1 = frame[1] & 0b1000 != 0;
        let is_mpeg25 = frame[1] & 0b1_0000 == 0;
        let has_checksum = frame[1] & 1 == 0;
        let rate = [44_100, 48_000, 32_000][usize::from(frame[2] >> 2 & 0b11)];
        Self {
            is_mpeg1,
            channels: if frame[3] >> 6 == 0b11 { 1 } else { 2 },
            sample_rate: rate >> u32::from(!is_mpeg1) >> u32::from(is_mpeg25),
            start: if has_checksum { 6 } else { 4 },
        }
    }

    fn granules(&self) -> usize {
        if self.is_mpeg1 { 2 } else { 1 }
    }

    fn samples(&self) -> usize {
        576 * self.granules()
    }

    fn side_information(&self) -> usize {
        match (self.is_mpeg1, self.channels) {
            (true, 2) => 32,
            (true, _) | (false, 2) => 17,
            (false, _) => 9,
        }
    }

    /// Bytes of earlier main data that the frame begins with.
    fn main_data_begin(&self, frame: &[u8]) -> usize {
        let (first, second) = (frame[self.start], frame[self.start + 1]);
        match self.is_mpeg1 {
            true => usize::from(first) << 1 | usize::from(second >> 7),
            false => first.into(),
        }
    }

    /// Positions, in bits from the beginning of the frame, of the global gains.
    fn global_gains(&self) -> Vec<usize> {
        let (private, granule) = match (self.is_mpeg1, self.channels) {
            (true, 1) => (9 + 5 + 4, 59),
            (true, _) => (9 + 3 + 8, 59),
            (false, 1) => (8 + 1, 63),
            (false, _) => (8 + 2, 63),
        };
        // Behind part2_3_length and big_values.
        let first = 8 * self.start + private + 12 + 9;
        let count = self.granules() * self.channels;
        (0..count).map(|index| first + index * granule).collect()
    }
}

/// What a frame holds of the main data: all but header, checksum and side information.
pub fn main_data(frame: &[u8]) -> &[u8] {
    let layout = Layout::of(frame);
    &frame[layout.start + layout.side_information()..]
}

/// Frames of silence that can stand between `before` and what followed it: the last
/// holds the bytes that the next frame of music may refer to.
pub fn silence(like: &[u8], before: &[Vec<u8>], at_least: f64) -> Vec<Vec<u8>> {
    let count = (at_least / seconds(like)).ceil() as usize;
    let mut silent = silent_frame(like);
    let mut frames = vec![silent.clone(); count];
    let earlier: Vec<u8> = before
        .iter()
        .flat_map(|frame| main_data(frame))
        .copied()
        .collect();
    let room = main_data(&silent).len();
    let kept = &earlier[earlier.len().saturating_sub(room)..];
    let end = silent.len();
    silent[end - kept.len()..].copy_from_slice(kept);
    *frames.last_mut().unwrap() = silent;
    frames
}

/// A frame without a single bit of audio, of the highest bit rate, in the format of
/// another.
fn silent_frame(like: &[u8]) -> Vec<u8> {
    const HIGHEST: u8 = 14;
    let layout = Layout::of(like);
    let bit_rate = if layout.is_mpeg1 { 320_000 } else { 160_000 };
    let len = layout.samples() / 8 * bit_rate / layout.sample_rate as usize;
    let mut frame = vec![0; len];
    frame[..4].copy_from_slice(&[
        like[0],
        like[1] | 1,
        HIGHEST << 4 | like[2] & 0b1100,
        like[3] & 0b1100_0000,
    ]);
    frame
}

/// Makes a frame quieter by `steps` of 1.505 dB (a factor of the fourth root of 2), as
/// mp3gain does; nothing else changes.
pub fn make_quieter(frame: &mut [u8], steps: u8) {
    for position in Layout::of(frame).global_gains() {
        let (byte, shift) = (position / 8, 8 - position % 8);
        let two = u16::from_be_bytes([frame[byte], frame[byte + 1]]);
        let gain = (two >> shift) as u8;
        let changed = two & !(0xff << shift) | u16::from(gain.saturating_sub(steps)) << shift;
        frame[byte..byte + 2].copy_from_slice(&changed.to_be_bytes());
    }
}

/// A sequence of numbers that look random and are the same in every run (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // Small seeds are made large, or the first numbers would be alike.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}
