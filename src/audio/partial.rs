//! Decoding only the parts of a clip that will be looked at.
//!
//! A frame needs little of what came before it: the bytes of its bit reservoir
//! (511 at most) and the state of the filter bank, which the two frames before
//! it determine. So in a file that is one tidy chain of frames those between
//! the wanted parts can be passed over, and what is wanted comes out the same,
//! bit for bit, as from [`decode`](super::decode::decode). In a file that
//! is anything else, nothing is passed over.

use std::ops::Range;

use nanomp3::{DecodeError, Decoder, MAX_SAMPLES_PER_FRAME};

use super::decode::{DecodeStats, PcmBlock, Stream};
use super::gapless::{Gapless, Trimmer};
use super::guard::contain_panic;
use super::resample::MonoResampler;

/// Which samples at 16 kHz are wanted, of a clip of so many.
pub type Choice<'c> = dyn Fn(usize) -> Vec<Range<usize>> + 'c;

/// `main_data_begin` has nine bits: a frame refers to at most so many bytes of
/// the main data of earlier frames (ISO 11172-3, 2.4.2.7).
const MAX_RESERVOIR: usize = 511;

/// Frames that determine the filter bank's state: a granule overlaps with the
/// one before, whose output the synthesis window still holds, and in MPEG-2 a
/// frame is one granule.
const FILTER_BANK_FRAMES: usize = 2;

/// Decodes what `choice` wants of `data` into the emptied `sink`; other samples
/// are there, but zero. `None` if the file is not a tidy chain of frames, or
/// turns out not to be: then `sink` holds nothing of use.
pub(super) fn decode(
    data: &[u8],
    sink: &mut MonoResampler,
    choice: &Choice<'_>,
) -> Option<DecodeStats> {
    let Stream {
        frames,
        gapless,
        frames_announced,
    } = Stream::of(data);
    let chain = contain_panic(|| Chain::of(frames)).ok()??;
    let mut walk = Walk {
        decoder: Box::new(Decoder::new()),
        pcm: [0.0; MAX_SAMPLES_PER_FRAME],
        chain: &chain,
    };

    // The first frames of a cut stream lack their reservoir and give no
    // samples. How many they are decides where everything else lies.
    let lead = chain.frames_holding(MAX_RESERVOIR)?;
    let mut decoded = Vec::with_capacity(lead);
    for index in 0..lead {
        let samples = walk.decode(index)?;
        decoded.push(samples.map(<[f32]>::to_vec));
    }
    let is_silent = |index| decoded.get(index).is_some_and(Option::is_none);
    let silent = decoded.iter().filter(|samples| samples.is_none()).count();
    let positions = chain.positions(gapless, is_silent)?;
    let total = positions.last()?.end;
    let wanted = sink.select(chain.sample_rate, total, choice)?;
    let needed: Vec<bool> = positions
        .iter()
        .map(|frame| {
            wanted
                .iter()
                .any(|part| part.start < frame.end && frame.start < part.end)
        })
        .collect();
    let to_decode = chain.with_what_comes_before(&needed);

    let mut trimmer = Trimmer::new(gapless, sink);
    let silence = [0.0; MAX_SAMPLES_PER_FRAME];
    let silence = &silence[..chain.samples * chain.channels];
    let mut stats = DecodeStats {
        frames: (chain.frames.len() - silent) as u64,
        frames_without_reservoir: silent as u64,
        sample_rate: chain.sample_rate,
        channels: chain.channels,
        frames_announced,
        ..DecodeStats::default()
    };
    for index in 0..chain.frames.len() {
        let samples = if let Some(samples) = decoded.get(index) {
            samples.as_deref()
        } else if to_decode[index] {
            if !to_decode[index - 1] && index > lead {
                *walk.decoder = Decoder::new();
            }
            match walk.decode(index)? {
                None if needed[index] => return None,
                samples => Some(samples.unwrap_or(silence)),
            }
        } else {
            stats.frames_passed_over += 1;
            Some(silence)
        };
        let flow = match samples {
            None => {
                trimmer.skip_frame();
                continue;
            }
            Some(interleaved) => trimmer.push(PcmBlock {
                interleaved,
                channels: chain.channels,
                sample_rate: chain.sample_rate,
            }),
        };
        if flow.is_break() {
            return None;
        }
    }
    trimmer.finish().is_continue().then_some(stats)
}

/// Layer III frames of one format, each beginning where the one before ends,
/// from the first byte of the data to the last.
struct Chain<'d> {
    data: &'d [u8],
    frames: Vec<Range<usize>>,
    channels: usize,
    sample_rate: u32,
    /// Per frame and channel.
    samples: usize,
}

impl<'d> Chain<'d> {
    fn of(data: &'d [u8]) -> Option<Self> {
        let first = nanomp3::frames(data).next()?;
        let mut frames: Vec<Range<usize>> = Vec::with_capacity(data.len() / first.data.len() + 1);
        for frame in nanomp3::frames(data) {
            let end = frames.last().map_or(0, |range| range.end);
            let is_next = frame.offset == end
                && frame.layer == 3
                && frame.bitrate_kbps > 0
                && frame.sample_rate == first.sample_rate
                && frame.channels == first.channels
                && frame.samples == first.samples;
            if !is_next {
                return None;
            }
            frames.push(end..end + frame.data.len());
        }
        (frames.last()?.end == data.len()).then_some(Self {
            data,
            frames,
            channels: usize::from(first.channels.num()),
            sample_rate: first.sample_rate,
            samples: first.samples,
        })
    }

    /// Bytes of main data in a frame: all but header, checksum and side
    /// information (ISO 11172-3, 2.4.1; 13818-3 for one granule per frame).
    fn main_data(&self, index: usize) -> usize {
        const GRANULE: usize = 576;
        let frame = &self.data[self.frames[index].clone()];
        let has_checksum = frame.get(1).is_some_and(|byte| byte & 1 == 0);
        let side_information = match (self.samples > GRANULE, self.channels) {
            (true, 1) | (false, 2) => 17,
            (true, _) => 32,
            (false, _) => 9,
        };
        let around = 4 + 2 * usize::from(has_checksum) + side_information;
        frame.len().saturating_sub(around)
    }

    /// The number of frames from the first on whose main data is at least
    /// `bytes`.
    fn frames_holding(&self, bytes: usize) -> Option<usize> {
        let mut sum = 0;
        (0..self.frames.len()).find_map(|index| {
            sum += self.main_data(index);
            (sum >= bytes).then_some(index + 1)
        })
    }

    /// Where the samples of each frame lie in the decoded stream. `None` if
    /// the tag is of another format than the frames.
    fn positions(
        &self,
        gapless: Option<Gapless>,
        is_silent: impl Fn(usize) -> bool,
    ) -> Option<Vec<Range<u64>>> {
        let (count, samples) = (self.frames.len(), self.samples as u64);
        if gapless.is_some_and(|gapless| gapless.samples_per_frame != samples) {
            return None;
        }
        let mut end = 0;
        let positions = (0..count).map(|index| {
            let start = end;
            if !is_silent(index) {
                end += gapless.map_or(samples, |g| g.kept(index as u64, count as u64));
            }
            start..end
        });
        Some(positions.collect())
    }

    /// `needed` and, before each run of needed frames, those that the decoder
    /// must have seen.
    fn with_what_comes_before(&self, needed: &[bool]) -> Vec<bool> {
        let mut result = needed.to_vec();
        for start in 1..needed.len() {
            if !needed[start] || needed[start - 1] {
                continue;
            }
            let (mut seen, mut reservoir) = (0, 0);
            for index in (0..start).rev() {
                if seen >= FILTER_BANK_FRAMES && reservoir >= MAX_RESERVOIR {
                    break;
                }
                if seen >= FILTER_BANK_FRAMES {
                    reservoir += self.main_data(index);
                }
                seen += 1;
                result[index] = true;
            }
        }
        result
    }
}

/// A decoder on a chain.
struct Walk<'c, 'd> {
    decoder: Box<Decoder>,
    pcm: [f32; MAX_SAMPLES_PER_FRAME],
    chain: &'c Chain<'d>,
}

impl Walk<'_, '_> {
    /// Interleaved samples of a frame; `Some(None)` if its reservoir is
    /// missing; `None` if the frame is not what the chain says.
    fn decode(&mut self, index: usize) -> Option<Option<&[f32]>> {
        let chain = self.chain;
        let range = chain.frames[index].clone();
        let rest = &chain.data[range.start..];
        let (consumed, result) = contain_panic(|| self.decoder.decode(rest, &mut self.pcm)).ok()?;
        let info = match &result {
            Ok(info) | Err(DecodeError::ReservoirUnavailable(info)) => info,
            Err(_) => return None,
        };
        let is_as_announced = consumed == range.len()
            && info.sample_rate == chain.sample_rate
            && usize::from(info.channels.num()) == chain.channels;
        match result {
            _ if !is_as_announced => None,
            Err(_) => Some(None),
            Ok(info) if info.samples_produced == chain.samples => {
                Some(Some(&self.pcm[..chain.samples * chain.channels]))
            }
            Ok(_) => None,
        }
    }
}
