//! One file's audio, or the reason why there is none.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use super::clip_source::ClipSource;
use super::decode::MpegAudio;
use super::looks_like;
use super::mono::{Downmix, MonoSink, Plan, StereoEnergy, total_len};
use super::other::{self, Input, Kind};
use super::parts::merged;
use super::remarks::remarks;
use super::resample::Resamplers;
use super::source::Source;
use super::timed::Timed;
use super::{
    AudioError, DecodeStats, Levels, MIN_SECONDS, Parts, SAMPLE_RATE, SILENCE_PEAK, Timeline,
};
use crate::deadline::Deadline;
use crate::faults::fault_point;

/// Buffers of more bytes are given back after the file that needed them.
const KEPT_BUFFER: usize = 4 << 20;

/// Bytes that are enough to tell what a file is.
const HEAD: usize = 4 << 10;

/// Which files are taken for audio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Formats {
    /// MPEG audio alone, whatever the file's name.
    #[default]
    Mpeg,
    /// MPEG audio, FLAC, Ogg Vorbis, WAV, AIFF, AAC and ALAC, by their content.
    Any,
}

/// Opens and decodes files one after the other, reusing its buffers. Every
/// thread has its own.
#[derive(Default)]
pub struct AudioLoader {
    formats: Formats,
    deadline: Deadline,
    bytes: Vec<u8>,
    resamplers: Resamplers,
}

/// A file that holds audio, of which parts can be decoded.
pub struct AudioFile<'l> {
    decoder: FileDecoder<'l>,
    resamplers: &'l mut Resamplers,
    deadline: Deadline,
    downmix: Downmix,
    /// Samples at 16 kHz.
    len: u64,
}

enum FileDecoder<'l> {
    /// Frames that were found and can be decoded one by one.
    Mpeg(Box<MpegAudio<'l>>),
    /// A file that is decoded from its beginning each time.
    Other(Input<'l>, Kind),
}

/// Samples of a file, and what the decoder met.
#[derive(Debug, Default)]
pub struct Audio {
    /// Mono at [`SAMPLE_RATE`], finite, within -1 to 1.
    pub samples: Vec<f32>,
    /// The channel that was used, from 0, because the mean of both is next to nothing.
    pub channel: Option<usize>,
    /// What the decoder met.
    pub stats: DecodeStats,
}

impl Audio {
    /// Duration in seconds.
    pub fn seconds(&self) -> f64 {
        seconds(self.samples.len() as u64)
    }

    /// What the user should know though the file could be classified.
    pub fn remarks(&self) -> Vec<String> {
        remarks(&self.stats, self.channel)
    }
}

pub(super) fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

impl AudioLoader {
    /// A loader of these formats that gives up on a file when `deadline` has passed.
    pub fn new(formats: Formats, deadline: Deadline) -> Self {
        Self {
            formats,
            deadline,
            ..Self::default()
        }
    }

    /// Gives up on the files to come when `deadline` has passed.
    pub fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Opens the file at `path` and finds out how long its audio is.
    ///
    /// # Errors
    /// [`AudioError`] if it holds no audio; the file is at fault, not the run.
    pub fn open(&mut self, path: &Path) -> Result<AudioFile<'_>, AudioError> {
        // Checked before opening: opening a pipe would wait for a writer.
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(AudioError::NotAFile);
        }
        if self.bytes.capacity() > KEPT_BUFFER {
            self.bytes = Vec::new();
        }
        let file = Timed {
            file: File::open(path)?,
            deadline: self.deadline,
        };
        fault_point!("decode");
        let source = Source::file(file, metadata.len(), &mut self.bytes)?;
        let resamplers = &mut self.resamplers;
        open(source, Some(path), self.formats, self.deadline, resamplers)
    }

    /// As [`open`](Self::open), of a file on disk or in memory.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_source<'l>(
        &'l mut self,
        source: ClipSource<'l>,
    ) -> Result<AudioFile<'l>, AudioError> {
        match source {
            ClipSource::File(path) => self.open(path),
            ClipSource::Bytes(bytes) => self.open_bytes(bytes),
        }
    }

    /// As [`open`](Self::open), of a file that is in memory.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_bytes<'l>(&'l mut self, bytes: &'l [u8]) -> Result<AudioFile<'l>, AudioError> {
        let (formats, deadline) = (self.formats, self.deadline);
        open(
            Source::memory(bytes),
            None,
            formats,
            deadline,
            &mut self.resamplers,
        )
    }

    /// Decodes all of the file at `path`.
    ///
    /// # Errors
    /// [`AudioError`] if no usable audio comes out.
    pub fn load(&mut self, path: &Path) -> Result<Audio, AudioError> {
        self.open(path)?.whole()
    }

    /// As [`load`](Self::load), of a file that is in memory.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Audio, AudioError> {
        self.open_bytes(bytes)?.whole()
    }
}

fn open<'l>(
    mut source: Source<'l>,
    path: Option<&Path>,
    formats: Formats,
    deadline: Deadline,
    resamplers: &'l mut Resamplers,
) -> Result<AudioFile<'l>, AudioError> {
    if source.len() == 0 {
        return Err(AudioError::Empty);
    }
    let head = source.get(0, HEAD)?;
    let looks_like = looks_like::name(head);
    let is_mpeg_in_wav = looks_like::is_mpeg_in_wav(head);
    let input = match (source.bytes(), path) {
        (Some(bytes), _) => Input::Memory(bytes),
        (None, Some(path)) => Input::File(path.to_path_buf()),
        (None, None) => unreachable!("what is not in memory has a path"),
    };
    // Another format could hold what looks like a frame of MPEG audio.
    let may_be_mpeg = formats == Formats::Mpeg || looks_like.is_none() || is_mpeg_in_wav;
    if may_be_mpeg && let Some(mpeg) = MpegAudio::open(source)? {
        let len = total_len(mpeg.segments());
        if len > 0 {
            let decoder = FileDecoder::Mpeg(Box::new(mpeg));
            return Ok(AudioFile::new(decoder, len, deadline, resamplers));
        }
    }
    let (kind, nothing) = match formats {
        Formats::Mpeg => (Kind::Mpeg, AudioError::NoMpegAudio { looks_like }),
        Formats::Any => (Kind::Any, AudioError::NoAudio { looks_like }),
    };
    let mut file = AudioFile::new(FileDecoder::Other(input, kind), 0, deadline, resamplers);
    let (levels, stats) = file.levels()?;
    if stats.frames == 0 {
        return Err(nothing);
    }
    file.len = levels.len();
    Ok(file)
}

impl<'l> AudioFile<'l> {
    fn new(
        decoder: FileDecoder<'l>,
        len: u64,
        deadline: Deadline,
        resamplers: &'l mut Resamplers,
    ) -> Self {
        Self {
            decoder,
            resamplers,
            deadline,
            downmix: Downmix::Mean,
            len,
        }
    }

    /// Samples at 16 kHz.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Duration in seconds.
    pub fn seconds(&self) -> f64 {
        seconds(self.len)
    }

    /// Decodes these ranges of samples, in any order, into `parts`. Where the format
    /// allows it, the rest is not decoded, so that damage there goes unnoticed.
    ///
    /// # Errors
    /// [`AudioError::Read`], [`AudioError::Deadline`].
    pub fn parts(
        &mut self,
        ranges: &[Range<u64>],
        parts: &mut Parts,
    ) -> Result<DecodeStats, AudioError> {
        loop {
            parts.reset(ranges);
            let wanted = parts.ranges().to_vec();
            let pass = self.pass(Some(&wanted), |at, samples| parts.take(at, samples))?;
            if self.is_settled(&pass) {
                return Ok(pass.stats);
            }
        }
    }

    /// As [`parts`](Self::parts), group after group: `each` is called with a group's index
    /// once `parts` holds its ranges, and no other group's. No group begins before the one
    /// in front of it ends. Channels that cancel must have been found before, by
    /// [`levels`](Self::levels).
    ///
    /// # Errors
    /// As for [`parts`](Self::parts).
    pub fn groups(
        &mut self,
        groups: &[Vec<Range<u64>>],
        parts: &mut Parts,
        mut each: impl FnMut(usize, &Parts),
    ) -> Result<DecodeStats, AudioError> {
        let wanted = merged(&groups.concat());
        let begin = |group: usize, parts: &mut Parts| {
            parts.reset(groups.get(group).map_or(&[], Vec::as_slice));
        };
        let mut ready = 0;
        begin(ready, parts);
        let pass = self.pass(Some(&wanted), |at, samples| {
            let end = at + samples.len() as u64;
            while let Some(group) = groups.get(ready) {
                parts.take(at, samples);
                if group.iter().any(|range| range.end > end) {
                    break;
                }
                each(ready, parts);
                ready += 1;
                begin(ready, parts);
            }
        })?;
        // What the file did not have any more is silence.
        while ready < groups.len() {
            each(ready, parts);
            ready += 1;
            begin(ready, parts);
        }
        Ok(pass.stats)
    }

    /// Decodes all of it to find out how loud it is, and keeps nothing.
    ///
    /// # Errors
    /// [`AudioError::Read`], [`AudioError::Deadline`]; [`AudioError::Damaged`] if
    /// hardly anything can be decoded.
    pub fn levels(&mut self) -> Result<(Levels, DecodeStats), AudioError> {
        loop {
            let mut levels = Levels::default();
            let pass = self.pass(None, |_, samples| levels.take(samples))?;
            if self.is_settled(&pass) {
                check_damage(&pass.stats)?;
                return Ok((levels, pass.stats));
            }
        }
    }

    /// All samples, if they can be classified.
    fn whole(&mut self) -> Result<Audio, AudioError> {
        loop {
            let mut samples = Vec::new();
            let pass = self.pass(None, |_, more| samples.extend_from_slice(more))?;
            if self.is_settled(&pass) {
                let stats = pass.stats;
                check_damage(&stats)?;
                heard(&Levels::of(&samples), stats)?;
                let channel = self.channel();
                return Ok(Audio {
                    samples,
                    channel,
                    stats,
                });
            }
        }
    }

    /// The channel that is used, from 0, because the mean of both is next to nothing.
    pub fn channel(&self) -> Option<usize> {
        match self.downmix {
            Downmix::Mean => None,
            Downmix::Channel(channel) => Some(channel),
        }
    }

    /// What the user should know of the file, given what the decoder met.
    pub fn remarks(&self, stats: &DecodeStats) -> Vec<String> {
        remarks(stats, self.channel())
    }

    /// Whether what came out of a pass can be used; if not, the next uses one channel.
    fn is_settled(&mut self, pass: &Pass) -> bool {
        match (self.downmix, pass.stereo.cancelling()) {
            (Downmix::Mean, Some(channel)) => {
                self.downmix = Downmix::Channel(channel);
                false
            }
            _ => true,
        }
    }

    fn pass(
        &mut self,
        parts: Option<&[Range<u64>]>,
        take: impl FnMut(u64, &[f32]),
    ) -> Result<Pass, AudioError> {
        let deadline = self.deadline;
        let stop = move || deadline.has_passed();
        let plan = match (&self.decoder, parts) {
            (FileDecoder::Mpeg(mpeg), Some(parts)) => {
                Some(Plan::new(self.resamplers, mpeg.segments(), parts))
            }
            _ => None,
        };
        let mut sink = MonoSink::new(self.resamplers, self.downmix, plan.as_ref(), &stop, take);
        let stats = match &mut self.decoder {
            FileDecoder::Mpeg(mpeg) => {
                let wanted = plan.as_ref().map(|plan| plan.input.as_slice());
                mpeg.decode(wanted, &mut sink)?
            }
            FileDecoder::Other(input, kind) => other::decode(input, *kind, &mut sink),
        };
        sink.finish();
        if stats.stopped_early {
            return Err(AudioError::Deadline);
        }
        let stereo = sink.stereo;
        Ok(Pass { stats, stereo })
    }
}

fn check_damage(stats: &DecodeStats) -> Result<(), AudioError> {
    let (damaged, found) = (stats.frames_damaged, stats.frames_found());
    if damaged * 10 > found * 9 {
        return Err(AudioError::Damaged { damaged, found });
    }
    Ok(())
}

/// What one pass over a file found.
struct Pass {
    stats: DecodeStats,
    stereo: StereoEnergy,
}

/// Where there is sound in a signal of these levels.
///
/// # Errors
/// [`AudioError::TooShort`], [`AudioError::Silent`], [`AudioError::HardlyASound`] if
/// there is too little to be classified.
pub fn heard(levels: &Levels, stats: DecodeStats) -> Result<Timeline, AudioError> {
    let total = seconds(levels.len());
    if total < MIN_SECONDS {
        let seconds = total;
        return Err(AudioError::TooShort { seconds, stats });
    }
    let timeline = Timeline::new(levels.sounding());
    if levels.peak() < SILENCE_PEAK || timeline.is_empty() {
        return Err(AudioError::Silent {
            peak_db: 20.0 * levels.peak().log10(),
            seconds: total,
            stats,
        });
    }
    let heard = seconds(timeline.len());
    if heard < MIN_SECONDS {
        return Err(AudioError::HardlyASound {
            heard,
            seconds: total,
            stats,
        });
    }
    Ok(timeline)
}
