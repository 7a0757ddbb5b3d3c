//! Streams with holes, with wrong bits in their headers and with formats that change:
//! every frame that is there is found, and what is skipped is told.

mod common;

use std::ops::ControlFlow;

use common::mp3::{self, Random};
use common::{assert_close, repository};
use fma_genre::audio::{DecodeStats, PcmBlock, PcmSink, decode_mpeg};

/// One of each kind: MPEG-1, 2 and 2.5, mono and stereo, constant and variable bit rate.
const STREAMS: [&str; 8] = [
    "mpeg1-44k-joint-cbr128.mp3",
    "mpeg1-48k-stereo-vbr.mp3",
    "mpeg1-32k-mono-cbr64.mp3",
    "mpeg1-44k-mono-no-xing.mp3",
    "mpeg2-22k-joint-abr56.mp3",
    "mpeg2-24k-mono-cbr64.mp3",
    "mpeg25-8k-joint-cbr24.mp3",
    "mpeg25-11k-mono-cbr24.mp3",
];

/// Frames of every stream: at least five seconds.
const FRAMES: usize = 240;

/// Frames between two faults.
const EVERY: [usize; 7] = [2, 3, 5, 10, 11, 20, 40];

/// Measures time, decoded or not.
#[derive(Default)]
struct Clock {
    seconds: f64,
}

impl Clock {
    fn count(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()> {
        self.seconds += frames as f64 / f64::from(sample_rate);
        ControlFlow::Continue(())
    }
}

impl PcmSink for Clock {
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        self.count(block.frames(), block.sample_rate)
    }

    fn conceal(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()> {
        self.count(frames, sample_rate)
    }

    fn pass_over(&mut self, frames: usize, sample_rate: u32) -> ControlFlow<()> {
        self.count(frames, sample_rate)
    }
}

fn decoded(stream: &[u8]) -> (f64, DecodeStats) {
    let mut clock = Clock::default();
    let stats = decode_mpeg(stream, &mut clock);
    (clock.seconds, stats)
}

/// The frames of a file of `tests/data`, again and again.
fn long_stream(name: &str) -> Vec<Vec<u8>> {
    let frames = mp3::frames(&repository("tests/data").join(name));
    frames.iter().cycle().take(FRAMES).cloned().collect()
}

#[track_caller]
fn assert_within(percent: f64, actual: f64, expected: f64, what: &str) {
    assert_close(actual, expected, expected * percent / 100.0, what);
}

#[test]
fn junk_between_frames_costs_no_frame_and_is_told() {
    for name in STREAMS {
        let frames = long_stream(name);
        let (intact, stats) = decoded(&frames.concat());
        assert_eq!(stats.frames_found(), FRAMES as u64, "{name}");
        for every in EVERY {
            for len in [1, 4, 26, 100, 417, 1_000, 4_000] {
                let mut random = Random::new((1_000 * every + len) as u64);
                let mut blocks = frames.chunks(every);
                let mut stream = blocks.next().unwrap().concat();
                let holes = blocks.len();
                for block in blocks {
                    stream.extend(random.bytes(len));
                    stream.extend(block.concat());
                }
                let what = format!("{name}, {len} bytes every {every} frames");
                let (seconds, stats) = decoded(&stream);
                assert_within(2.0, seconds, intact, &what);
                // Where bit rates change, junk may look like the rest of a longer frame
                // whose header has a wrong bit.
                let told = u64::from(stats.gaps) + stats.headers_repaired;
                assert_within(2.0, told as f64, holes as f64, &what);
                assert!(stats.bytes_skipped as usize >= holes * len / 2, "{what}");
            }
        }
    }
}

/// Decodes the frames with one wrong bit in every `every`-th header.
fn with_wrong_bits(
    frames: &[Vec<u8>],
    every: usize,
    mut bit: impl FnMut() -> usize,
) -> (f64, DecodeStats) {
    let mut damaged = frames.to_vec();
    for frame in damaged.iter_mut().skip(every - 1).step_by(every) {
        let bit = bit();
        frame[bit / 8] ^= 0x80 >> (bit % 8);
    }
    decoded(&damaged.concat())
}

#[test]
fn a_wrong_bit_in_a_header_costs_no_frame() {
    for name in STREAMS {
        let frames = long_stream(name);
        let (intact, _) = decoded(&frames.concat());
        for every in EVERY {
            let mut random = Random::new(every as u64);
            let (seconds, stats) = with_wrong_bits(&frames, every, || random.below(32));
            let what = format!("{name}, a wrong bit every {every} frames: {stats:?}");
            // With every second header damaged, nothing confirms a frame where bit rates
            // change as well.
            let percent = if every == 2 { 4.0 } else { 2.0 };
            assert_within(percent, seconds, intact, &what);
            assert!(stats.is_damaged(), "{what}");
        }
    }
}

#[test]
fn no_bit_of_a_header_is_worse_than_another() {
    for name in STREAMS {
        let frames = long_stream(name);
        let (intact, _) = decoded(&frames.concat());
        for bit in 0..32 {
            let (seconds, stats) = with_wrong_bits(&frames, 5, || bit);
            let what = format!("{name}, bit {bit} wrong every 5 frames: {stats:?}");
            assert_within(2.0, seconds, intact, &what);
        }
    }
}

#[test]
fn formats_that_take_turns_keep_their_time() {
    let pairs = [
        ("mpeg1-44k-joint-cbr128.mp3", "mpeg1-48k-stereo-vbr.mp3"),
        ("mpeg1-44k-joint-cbr128.mp3", "mpeg2-22k-joint-abr56.mp3"),
        ("mpeg1-44k-joint-cbr128.mp3", "mpeg1-44k-mono-no-xing.mp3"),
        ("mpeg2-24k-mono-cbr64.mp3", "mpeg25-8k-joint-cbr24.mp3"),
    ];
    for (one, other) in pairs {
        let (a, b) = (long_stream(one), long_stream(other));
        for every in [1, 2, 3, 5, 10, 40] {
            let mut frames = Vec::new();
            for (a, b) in a.chunks(every).zip(b.chunks(every)) {
                frames.extend(a.iter().chain(b));
            }
            let expected: f64 = frames.iter().map(|frame| mp3::seconds(frame)).sum();
            let stream: Vec<u8> = frames.into_iter().flatten().copied().collect();
            let (seconds, stats) = decoded(&stream);
            let what = format!("{one} and {other} in turns of {every}: {stats:?}");
            assert_within(1.0, seconds, expected, &what);
        }
    }
}
