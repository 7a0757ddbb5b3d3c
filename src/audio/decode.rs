//! Decoding MPEG audio frame by frame with nanomp3.
//!
//! The decoder is driven one frame at a time, because clips are rarely tidy:
//! those of the Free Music Archive are cut from the middle of a stream, so
//! that their first frames miss their bit reservoir; damaged frames, changes
//! of sample rate and of channel count must not end the file.
//!
//! Every frame has its place in time, whether it can be decoded or not; one that
//! cannot is silence. Only at the beginning of a stream such frames take no time: one
//! that is cut out of another begins with some that refer to what is gone.
//!
//! So it is known where everything lies before it is decoded, and frames that nobody
//! wants can be passed over. A frame needs little of what came before: the bytes of
//! its bit reservoir and the state of the filter bank. What is wanted comes out the
//! same, bit for bit, whatever is passed over.

use std::io;
use std::ops::Range;

use nanomp3::{DecodeError, Decoder, MAX_SAMPLES_PER_FRAME};

use super::frames::Frame;
use super::pcm::{DecodeStats, PcmBlock, PcmSink};
use super::source::Source;
use super::stream::MpegStream;
use crate::panics;

/// `main_data_begin` has nine bits: a frame refers to at most so many bytes of
/// the main data of earlier frames (ISO 11172-3, 2.4.2.7).
const MAX_RESERVOIR: usize = 511;

/// Frames that determine the filter bank's state: a granule overlaps with the
/// one before, whose output the synthesis window still holds, and in MPEG-2 a
/// frame is one granule.
const FILTER_BANK_FRAMES: usize = 2;

/// Restarts after a panic that are granted to one file.
const MAX_PANICS: u32 = 64;

/// Frames at the beginning that may take no time because they cannot be decoded: the
/// smallest hold some ten bytes of main data, and [`MAX_RESERVOIR`] bytes may be missing.
const MAX_LEAD: usize = 64;

/// Frames of one sample rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// In Hz.
    pub sample_rate: u32,
    /// Samples per channel.
    pub samples: u64,
    /// Indices of its frames.
    frames: Range<usize>,
}

/// The audio of an MPEG file, ready to be decoded in whole or in part.
pub(super) struct MpegAudio<'d> {
    source: Source<'d>,
    stream: MpegStream,
    decoder: FrameDecoder,
    /// What came of the first frames; those without samples take no time.
    first_frames: Vec<Decoded>,
    /// The decoder has seen the first frames and nothing else.
    is_behind_first_frames: bool,
    segments: Vec<Segment>,
}

/// What came of a frame.
enum Decoded {
    /// Interleaved samples.
    Samples(Vec<f32>),
    WithoutReservoir,
    Damaged,
}

impl<'d> MpegAudio<'d> {
    /// Finds the frames in `source` and decodes the first. `None` if there are none.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn open(mut source: Source<'d>) -> io::Result<Option<Self>> {
        let stream = MpegStream::open(&mut source)?;
        if stream.frames.is_empty() {
            return Ok(None);
        }
        let mut audio = Self {
            source,
            stream,
            decoder: FrameDecoder::default(),
            first_frames: Vec::new(),
            is_behind_first_frames: true,
            segments: Vec::new(),
        };
        audio.decode_first_frames()?;
        audio.find_segments();
        Ok(Some(audio))
    }

    /// Where the sample rate changes. Only the last of several may be empty.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What is known without decoding.
    fn stats(&self) -> DecodeStats {
        DecodeStats {
            frames_announced: self.stream.frames_announced,
            headers_repaired: self.stream.frames.iter().filter(|f| f.is_repaired).count() as u64,
            bytes_of_frames: self.stream.frames.iter().map(|f| u64::from(f.len)).sum(),
            bytes_skipped: self.stream.bytes_skipped,
            gaps: self.stream.gaps,
            ..DecodeStats::default()
        }
    }

    /// Decodes the beginning up to where every reference can be followed: how many
    /// frames take no time decides where everything else lies.
    fn decode_first_frames(&mut self) -> io::Result<()> {
        let mut reservoir = 0_usize;
        let most = self.stream.frames.len().min(MAX_LEAD);
        while self.first_frames.len() < most {
            let index = self.first_frames.len();
            let frame = self.stream.frames[index];
            let decoded = match self.decoder.decode(&mut self.source, &frame)? {
                Ok(samples) => Decoded::Samples(samples.to_vec()),
                Err(failure) => failure,
            };
            reservoir = match decoded {
                Decoded::Damaged => 0,
                _ => reservoir.saturating_add(self.stream.main_data_len(index)),
            };
            self.first_frames.push(decoded);
            if reservoir >= MAX_RESERVOIR {
                break;
            }
        }
        Ok(())
    }

    fn find_segments(&mut self) {
        for index in 0..self.stream.frames.len() {
            let sample_rate = self.stream.frames[index].header.sample_rate();
            let samples = self.kept(index).len() as u64;
            match self.segments.last_mut() {
                Some(segment) if segment.sample_rate == sample_rate => {
                    segment.samples += samples;
                    segment.frames.end = index + 1;
                }
                _ => self.segments.push(Segment {
                    sample_rate,
                    samples,
                    frames: index..index + 1,
                }),
            }
        }
    }

    /// The samples of frame `index` that have a place in time.
    fn kept(&self, index: usize) -> Range<usize> {
        match self.first_frames.get(index) {
            None | Some(Decoded::Samples(_)) => self.stream.kept(index),
            Some(_) => 0..0,
        }
    }

    /// Decodes into `sink` what is `wanted`: for each segment, ranges of its samples in
    /// ascending order. The rest is passed over. `None` is everything.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn decode(
        &mut self,
        wanted: Option<&[Vec<Range<u64>>]>,
        sink: &mut impl PcmSink,
    ) -> io::Result<DecodeStats> {
        self.return_behind_first_frames()?;
        let needed = match wanted {
            Some(wanted) => self.frames_holding(wanted),
            None => vec![true; self.stream.frames.len()],
        };
        let to_decode = self.with_what_comes_before(&needed);
        let mut stats = self.stats();
        let mut format = (0, 0);
        for index in 0..self.stream.frames.len() {
            let frame = self.stream.frames[index];
            let kept = self.kept(index);
            let (channels, sample_rate) = (frame.header.channels(), frame.header.sample_rate());
            let is_first = index < self.first_frames.len();
            if !is_first && !to_decode[index] {
                stats.count_frame(&mut format, (channels, sample_rate));
                stats.frames_passed_over += 1;
                if sink.pass_over(kept.len(), sample_rate).is_break() {
                    stats.stopped_early = true;
                    break;
                }
                continue;
            }
            // The decoder of the first frames stands behind them; anywhere else it begins anew.
            if index > self.first_frames.len() && !to_decode[index - 1] {
                self.decoder.reset();
            }
            let decoded = match self.first_frames.get(index) {
                Some(Decoded::Samples(samples)) => Ok(samples.as_slice()),
                Some(Decoded::WithoutReservoir) => Err(Decoded::WithoutReservoir),
                Some(Decoded::Damaged) => Err(Decoded::Damaged),
                None => self.decoder.decode(&mut self.source, &frame)?,
            };
            let flow = match decoded {
                Ok(interleaved) => {
                    stats.count_frame(&mut format, (channels, sample_rate));
                    if needed[index] && !kept.is_empty() {
                        sink.push(PcmBlock {
                            interleaved: &interleaved[kept.start * channels..kept.end * channels],
                            channels,
                            sample_rate,
                        })
                    } else {
                        sink.pass_over(kept.len(), sample_rate)
                    }
                }
                Err(failure) => {
                    match failure {
                        Decoded::WithoutReservoir => stats.frames_without_reservoir += 1,
                        _ => stats.frames_damaged += 1,
                    }
                    sink.conceal(kept.len(), sample_rate)
                }
            };
            if flow.is_break() {
                stats.stopped_early = true;
                break;
            }
        }
        stats.panics = self.decoder.panics;
        Ok(stats)
    }

    /// Brings the decoder to where it stood behind the first frames.
    fn return_behind_first_frames(&mut self) -> io::Result<()> {
        if !self.is_behind_first_frames {
            self.decoder = FrameDecoder::default();
            for index in 0..self.first_frames.len() {
                let frame = self.stream.frames[index];
                // What comes of it is in `first_frames`.
                let _ = self.decoder.decode(&mut self.source, &frame)?;
            }
        }
        self.is_behind_first_frames = false;
        Ok(())
    }

    /// Which frames hold samples that are wanted.
    fn frames_holding(&self, wanted: &[Vec<Range<u64>>]) -> Vec<bool> {
        let mut needed = vec![false; self.stream.frames.len()];
        for (segment, wanted) in self.segments.iter().zip(wanted) {
            let mut parts = wanted.iter().filter(|part| !part.is_empty()).peekable();
            let mut start = 0;
            for index in segment.frames.clone() {
                let end = start + self.kept(index).len() as u64;
                while parts.next_if(|part| part.end <= start).is_some() {}
                needed[index] = parts.peek().is_some_and(|part| part.start < end);
                start = end;
            }
        }
        needed
    }

    /// `needed` and, before each run of needed frames, those that the decoder
    /// must have seen.
    fn with_what_comes_before(&self, needed: &[bool]) -> Vec<bool> {
        let mut result = needed.to_vec();
        for start in 1..needed.len() {
            if !needed[start] || needed[start - 1] {
                continue;
            }
            let (mut seen, mut reservoir) = (0, 0_usize);
            for index in (0..start).rev() {
                if seen >= FILTER_BANK_FRAMES && reservoir >= MAX_RESERVOIR {
                    break;
                }
                if seen >= FILTER_BANK_FRAMES {
                    reservoir = reservoir.saturating_add(self.stream.main_data_len(index));
                }
                seen += 1;
                result[index] = true;
            }
        }
        result
    }
}

/// A decoder that takes frames one by one and survives what they do to it.
struct FrameDecoder {
    decoder: Box<Decoder>,
    pcm: [f32; MAX_SAMPLES_PER_FRAME],
    /// A frame whose header is repaired.
    repaired: Vec<u8>,
    panics: u32,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self {
            decoder: Box::new(Decoder::new()),
            pcm: [0.0; MAX_SAMPLES_PER_FRAME],
            repaired: Vec::new(),
            panics: 0,
        }
    }
}

impl FrameDecoder {
    /// Forgets all earlier frames.
    fn reset(&mut self) {
        *self.decoder = Decoder::new();
    }

    /// Interleaved samples of a frame, as many as its header says, or why there are
    /// none.
    fn decode(
        &mut self,
        source: &mut Source<'_>,
        frame: &Frame,
    ) -> io::Result<Result<&[f32], Decoded>> {
        if frame.follows_loss {
            self.reset();
        }
        let len = usize::from(frame.len);
        // In free format the decoder has to find out itself how long frames are.
        let frames_shown = if frame.header.is_free_format() { 4 } else { 1 };
        let mut bytes = source.get(frame.offset, frames_shown * len)?;
        if frame.is_repaired {
            self.repaired.clear();
            self.repaired
                .extend_from_slice(&bytes[..len.min(bytes.len())]);
            let header = frame.header.bytes();
            if let Some(start) = self.repaired.first_chunk_mut() {
                *start = header;
            }
            bytes = &self.repaired;
        }
        if self.panics >= MAX_PANICS {
            return Ok(Err(Decoded::Damaged));
        }
        let decoded = panics::contain(|| self.decoder.decode(bytes, &mut self.pcm));
        let Ok((consumed, result)) = decoded else {
            self.panics += 1;
            self.reset();
            return Ok(Err(Decoded::Damaged));
        };
        let samples = frame.header.samples();
        Ok(match result {
            Err(DecodeError::ReservoirUnavailable(_)) if consumed == len => {
                Err(Decoded::WithoutReservoir)
            }
            Ok(info) if consumed == len && info.samples_produced == samples => {
                Ok(&self.pcm[..samples * frame.header.channels()])
            }
            _ => Err(Decoded::Damaged),
        })
    }
}
