//! What surrounds a stream, and what is no stream at all.

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;

use common::mp3::{self, Random};
use common::{Bench, assert_close, repository};
use fma_genre::audio::{DecodeStats, PcmBlock, PcmSink, decode_mpeg};

/// Samples with their place in time.
#[derive(Default, PartialEq)]
struct Collected(Vec<f32>);

impl PcmSink for Collected {
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        self.0.extend_from_slice(block.interleaved);
        ControlFlow::Continue(())
    }

    fn conceal(&mut self, frames: usize, _sample_rate: u32) -> ControlFlow<()> {
        // Both streams that lose frames here are stereo.
        self.0.resize(self.0.len() + 2 * frames, 0.0);
        ControlFlow::Continue(())
    }

    fn pass_over(&mut self, frames: usize, _sample_rate: u32) -> ControlFlow<()> {
        assert_eq!(frames, 0, "everything is decoded");
        ControlFlow::Continue(())
    }
}

fn decoded(stream: &[u8]) -> (Vec<f32>, DecodeStats) {
    let mut collected = Collected::default();
    let stats = decode_mpeg(stream, &mut collected);
    (collected.0, stats)
}

fn test_file(name: &str) -> Vec<u8> {
    fs::read(repository("tests/data").join(name)).unwrap()
}

/// An ID3v1 tag of 128 bytes.
fn id3v1() -> Vec<u8> {
    let mut tag = b"TAGsome title".to_vec();
    tag.resize(128, 0);
    tag
}

/// A Lyrics3v2 tag: its size stands at its end.
fn lyrics3() -> Vec<u8> {
    let mut tag = b"LYRICSBEGININD0000210LYR00012[00:00]words ".to_vec();
    let size = format!("{:06}LYRICS200", tag.len());
    tag.extend(size.into_bytes());
    tag
}

/// An APEv2 tag of one item, with header and footer.
fn apev2() -> Vec<u8> {
    let item = b"\x05\0\0\0\0\0\0\0Title\0words";
    let frame = |flags: u32| {
        let mut frame = b"APETAGEX".to_vec();
        for number in [2_000, item.len() as u32 + 32, 1, flags, 0, 0] {
            frame.extend(u32::to_le_bytes(number));
        }
        frame
    };
    [frame(0xa000_0000), item.to_vec(), frame(0x8000_0000)].concat()
}

#[test]
fn the_last_frame_before_a_tail_is_kept_and_the_padding_trimmed() {
    let random = |len| Random::new(len as u64).bytes(len);
    let tails = [
        ("Lyrics3", [lyrics3(), id3v1()].concat()),
        ("APEv2", apev2()),
        ("APEv2 and ID3v1", [apev2(), id3v1()].concat()),
        ("1 byte", random(1)),
        ("40 bytes", random(40)),
        ("5,000 bytes", random(5_000)),
        ("zeros", vec![0; 3_000]),
    ];
    for name in [
        "mpeg1-44k-joint-cbr128.mp3",
        "mpeg1-48k-stereo-vbr.mp3",
        "mpeg2-24k-mono-cbr64.mp3",
        "mpeg25-12k-mono-vbr.mp3",
    ] {
        let intact = test_file(name);
        let (expected, stats) = decoded(&intact);
        for (what, tail) in &tails {
            let (found, with_tail) = decoded(&[intact.as_slice(), tail].concat());
            assert_eq!(with_tail.frames, stats.frames, "{name}, {what}");
            assert!(found == expected, "{name}, {what}");
            assert_eq!(with_tail.bytes_skipped, 0, "{name}, {what}");
        }
    }
}

#[test]
fn a_frame_that_makes_the_decoder_panic_takes_its_time() {
    let name = "mpeg25-8k-joint-cbr24.mp3";
    let intact = test_file(name);
    let (expected, _) = decoded(&intact);
    let frames = mp3::frames(&repository("tests/data").join(name));
    // Found by trying: these six bytes make nanomp3 0.2.0 panic.
    let mut random = Random::new(51);
    let mut frame = frames[10].clone();
    for _ in 0..6 {
        let at = 4 + random.below(frame.len() - 4);
        frame[at] = random.below(256) as u8;
    }
    let mut damaged = intact;
    let at = memchr::memmem::find(&damaged, &frames[10]).unwrap();
    damaged[at..at + frame.len()].copy_from_slice(&frame);
    let (found, stats) = decoded(&damaged);
    assert_eq!((stats.panics, stats.frames_damaged), (1, 1), "{stats:?}");
    assert_eq!(found.len(), expected.len());
    // What is three frames and more behind it lies where it did.
    let behind = 2 * 576 * 16;
    assert!(found[behind..] == expected[behind..]);
}

#[test]
fn a_tag_above_64_mib_is_skipped() {
    let bench = Bench::new();
    bench.put("plain.mp3", &test_file("mpeg1-44k-joint-cbr128.mp3"));
    let len: u32 = 70 << 20;
    let size = [21, 14, 7, 0].map(|shift| (len >> shift & 0x7f) as u8);
    let mut file = File::create(bench.payload().join("tagged.mp3")).unwrap();
    file.write_all(b"ID3\x04\0\0").unwrap();
    file.write_all(&size).unwrap();
    // A hole: it takes no space on the disk.
    file.set_len(u64::from(len) + 10).unwrap();
    drop(file);
    let mut file = File::options()
        .append(true)
        .open(bench.payload().join("tagged.mp3"))
        .unwrap();
    file.write_all(&test_file("mpeg1-44k-joint-cbr128.mp3"))
        .unwrap();
    drop(file);
    let run = bench
        .run(["-q", "check", "payload", "-o", "-"])
        .expect_code(0);
    let report = String::from_utf8(run.stdout).unwrap();
    let lines: Vec<&str> = report.lines().skip(1).collect();
    let [plain, tagged] = lines[..] else {
        panic!("{report}")
    };
    let facts = plain.strip_prefix("plain.mp3").unwrap();
    assert!(facts.starts_with(",ok,1.000,44100,2,"), "{facts}");
    assert_eq!(tagged.strip_prefix("tagged.mp3"), Some(facts));
}

#[test]
fn skipped_bytes_and_damaged_headers_are_in_the_report() {
    let frames = mp3::frames(&repository("tests/data/mpeg1-44k-joint-cbr128.mp3"));
    let frames: Vec<_> = frames.iter().cycle().take(100).cloned().collect();
    let bench = Bench::new();
    let with_junk: Vec<u8> = frames
        .chunks(10)
        .flat_map(|block| [block.concat(), b"not audio".to_vec()].concat())
        .collect();
    bench.put("junk.mp3", &with_junk);
    let mut headers = frames;
    for frame in headers.iter_mut().skip(4).step_by(10) {
        frame[0] ^= 1;
    }
    bench.put("headers.mp3", &headers.concat());
    let run = bench
        .run(["-q", "check", "payload", "-o", "-"])
        .expect_code(0);
    let report = String::from_utf8(run.stdout).unwrap();
    let expected = [
        "headers.mp3,warning,2.612,44100,2,100,0,0,nanomp3,\
         10 of 100 frames have a damaged header",
        "junk.mp3,warning,2.612,44100,2,100,0,81,nanomp3,\
         81 bytes in 9 places between its frames are no audio",
    ];
    assert_eq!(report.lines().skip(1).collect::<Vec<_>>(), expected);
}

#[test]
fn half_a_second_less_a_little_is_not_called_half_a_second() {
    // 19 frames of 26.12 ms.
    let bench = Bench::new();
    let frames = mp3::frames(&repository("tests/data/mpeg1-44k-joint-cbr128.mp3"));
    bench.put("short.mp3", &frames[..19].concat());
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("short.mp3\" has only 0.49 s of audio (at least 0.5 s are needed)");
}

/// An ADTS stream of empty AAC frames (ISO 13818-7, 6.2): 44.1 kHz, stereo, 16 bytes.
fn adts() -> Vec<u8> {
    let mut frame = vec![0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc];
    frame.resize(16, 0x21);
    frame.repeat(200)
}

/// A transport stream of packets that hold the frames of an mp3.
fn transport_stream() -> Vec<u8> {
    let mp3 = test_file("mpeg2-24k-mono-cbr64.mp3");
    let packets = mp3.chunks(184).map(|part| {
        let mut packet = vec![0x47, 0x01, 0x00, 0x10];
        packet.extend_from_slice(part);
        packet.resize(188, 0xff);
        packet
    });
    packets.collect::<Vec<_>>().concat()
}

#[test]
fn other_formats_under_an_mp3_name_are_named() {
    let zeros = vec![0; 2_000];
    let with = |start: &[u8]| [start, &zeros].concat();
    let cases = [
        ("aac", adts(), "an AAC file"),
        ("aiff", with(b"FORM\0\0\0\0AIFFCOMM"), "an AIFF file"),
        ("flac", with(b"fLaC\0\0\0\x22"), "a FLAC file"),
        ("flv", with(b"FLV\x01\x05\0\0\0\x09"), "a Flash video"),
        (
            "html",
            with(b"<!DOCTYPE html><title>404</title>"),
            "a web page or XML",
        ),
        (
            "jpeg",
            with(b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
            "a JPEG picture",
        ),
        (
            "m4a",
            with(b"\0\0\0\x20ftypM4A \0\0\0\0"),
            "an MP4 or M4A file",
        ),
        ("ogg", with(b"OggS\0\x02\0\0"), "an Ogg file"),
        ("pdf", with(b"%PDF-1.7\n"), "a PDF file"),
        ("png", with(b"\x89PNG\r\n\x1a\n"), "a PNG picture"),
        ("ts", transport_stream(), "an MPEG transport stream"),
        ("wav", with(b"RIFF\x24\0\0\0WAVEfmt "), "a WAV file"),
        ("words", b"these are words".to_vec(), "text"),
        ("zip", with(b"PK\x03\x04"), "a ZIP archive"),
    ];
    let bench = Bench::new();
    for (name, bytes, _) in &cases {
        bench.put(format!("{name}.mp3"), bytes);
    }
    let run = bench.predict([]).expect_code(0);
    for (name, _, kind) in cases {
        let expected = format!("{name}.mp3\" holds no MPEG audio (it looks like {kind})\n");
        assert!(run.stderr.contains(&expected), "{name}: {}", run.stderr);
    }
}

/// What the small inputs that once failed are: file and seconds.
const ONCE_FAILED: [(&str, f64); 6] = [
    ("junk26-every10frames.mp3", 10.031),
    ("junk26-every11frames.mp3", 10.031),
    ("airband8k-junk26-every8frames.mp3", 10.152),
    ("extra1byte-every10frames.mp3", 10.031),
    ("headerbit-4per-second.mp3", 10.031),
    ("lyrics3-tail.mp3", 9.997),
];

#[test]
#[ignore = "needs ../shared/failing"]
fn streams_that_once_failed_have_their_length() {
    let folder = common::shared("failing");
    let bench = Bench::new();
    for (name, _) in ONCE_FAILED {
        bench.put(name, &fs::read(folder.join(name)).unwrap());
    }
    let run = bench
        .run(["-q", "check", "payload", "-o", "-"])
        .expect_code(0);
    let mut reader = csv::Reader::from_reader(run.stdout.as_slice());
    let mut seen = 0;
    for record in reader.records() {
        let record = record.unwrap();
        let (_, expected) = ONCE_FAILED
            .iter()
            .find(|(name, _)| *name == &record[0])
            .unwrap();
        assert_close(record[2].parse().unwrap(), *expected, 0.03, &record[0]);
        seen += 1;
    }
    assert_eq!(seen, ONCE_FAILED.len());
}
