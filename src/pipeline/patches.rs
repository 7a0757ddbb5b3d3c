//! Reading the patches of a file: where there is sound in it, and loud enough.

use std::ops::Range;

use super::clip_inputs::PatchAudio;
use super::cut::{PatchPlace, patch_places};
use super::record::AudioFacts;
use crate::audio::{
    AudioError, AudioFile, AudioLoader, ClipSource, DecodeStats, Levels, MIN_SECONDS, Parts,
    SILENCE_PEAK, Timeline, heard,
};
use crate::model::PatchCut;

/// Reads the patches of files one after the other, reusing its buffers. Every thread
/// has its own.
#[derive(Default)]
pub struct PatchReader {
    pub(super) loader: AudioLoader,
    pub(super) clip: Clip,
}

/// The patches of the file at hand.
#[derive(Default)]
pub(super) struct Clip {
    pub(super) parts: Parts,
    pub(super) patches: Vec<PatchAudio>,
}

/// Patches, and where in the file their samples are.
#[derive(Debug, Default)]
pub(super) struct LocatedPatches(Vec<(PatchPlace, Vec<Range<u64>>)>);

impl LocatedPatches {
    /// Of what is on a timeline.
    pub(super) fn new(timeline: &Timeline, cut: &PatchCut) -> Self {
        let len = usize::try_from(timeline.len()).unwrap_or(usize::MAX);
        let locate = |place: PatchPlace| {
            let samples = place.samples.start as u64..place.samples.end as u64;
            let located = timeline.locate(samples);
            (place, located)
        };
        Self(patch_places(len, cut).into_iter().map(locate).collect())
    }

    /// What of the file is to be read.
    pub(super) fn ranges(&self) -> Vec<Range<u64>> {
        let ranges = self.0.iter().flat_map(|(_, located)| located);
        ranges.cloned().collect()
    }

    /// Takes the patches out of what was read.
    pub(super) fn read(&self, parts: &Parts, cut: &PatchCut, patches: &mut Vec<PatchAudio>) {
        patches.resize_with(self.0.len(), PatchAudio::default);
        for (patch, (place, located)) in patches.iter_mut().zip(&self.0) {
            patch.first_frame = place.first_frame;
            patch.samples.clear();
            for range in located {
                patch.samples.extend_from_slice(parts.get(range.clone()));
            }
            patch.repeat_to(cut.samples());
        }
    }
}

/// Raises all samples by so many dB.
pub(super) fn amplify(patches: &mut [PatchAudio], gain_db: f64) {
    if gain_db == 0.0 {
        return;
    }
    let gain = 10_f64.powf(gain_db / 20.0) as f32;
    for patch in patches {
        for sample in &mut patch.samples {
            *sample *= gain;
        }
    }
}

/// What was read of a file.
#[derive(Debug)]
pub struct FileRead {
    /// What was decoded.
    pub audio: AudioFacts,
    /// What the user should know of the file.
    pub remarks: Vec<String>,
}

impl PatchReader {
    /// A reader that opens files with `loader`.
    pub fn new(loader: AudioLoader) -> Self {
        Self {
            loader,
            clip: Clip::default(),
        }
    }

    /// Reads the patches of a clip, cut where there is sound in it.
    ///
    /// # Errors
    /// [`AudioError`] if there is too little to be classified.
    pub fn read(&mut self, source: ClipSource<'_>, cut: &PatchCut) -> Result<FileRead, AudioError> {
        let mut file = self.loader.open_source(source)?;
        let stats = self.clip.read(&mut file, cut)?;
        Ok(FileRead {
            audio: AudioFacts::new(file.seconds(), &stats),
            remarks: file.remarks(&stats),
        })
    }

    /// The patches that were read last.
    pub fn patches(&self) -> &[PatchAudio] {
        &self.clip.patches
    }

    /// Raises all patches alike if their mean level, RMS relative to full scale, is below
    /// `min_dbfs`. Returns by how much, in dB.
    pub fn raise_to(&mut self, min_dbfs: f64) -> f64 {
        self.clip.raise_to(min_dbfs)
    }
}

impl Clip {
    /// Reads the patches of a file, cut where there is sound in it.
    ///
    /// Where the patches of the whole file are all music, that is all of it. Otherwise
    /// the file is decoded once to find its silences, and patches are cut of what is
    /// left, as if the silences were not there.
    fn read(
        &mut self,
        file: &mut AudioFile<'_>,
        cut: &PatchCut,
    ) -> Result<DecodeStats, AudioError> {
        let stats = self.cut(file, &Timeline::whole(file.len()), cut)?;
        let lens = self.patches.iter().map(|patch| patch.samples.len() as u64);
        let levels = self.levels();
        let is_clean = file.seconds() >= MIN_SECONDS
            && levels.peak() >= SILENCE_PEAK
            && !levels.may_hold_silence(&lens.collect::<Vec<_>>())
            && !stats.is_damaged();
        if is_clean {
            return Ok(stats);
        }
        let (levels, stats) = file.levels()?;
        let timeline = heard(&levels, stats)?;
        if timeline != Timeline::whole(file.len()) {
            self.cut(file, &timeline, cut)?;
        }
        Ok(stats)
    }

    /// Reads the patches of what is on a timeline.
    fn cut(
        &mut self,
        file: &mut AudioFile<'_>,
        timeline: &Timeline,
        cut: &PatchCut,
    ) -> Result<DecodeStats, AudioError> {
        let located = LocatedPatches::new(timeline, cut);
        let stats = file.parts(&located.ranges(), &mut self.parts)?;
        located.read(&self.parts, cut, &mut self.patches);
        Ok(stats)
    }

    fn levels(&self) -> Levels {
        let mut levels = Levels::default();
        for patch in &self.patches {
            levels.take(&patch.samples);
        }
        levels
    }

    fn raise_to(&mut self, min_dbfs: f64) -> f64 {
        let samples = || self.patches.iter().flat_map(|patch| &patch.samples);
        let squares: f64 = samples().map(|x| f64::from(x * x)).sum();
        let level = 10.0 * (squares / samples().count().max(1) as f64).log10();
        let gain_db = min_dbfs - level;
        if !(gain_db > 0.0 && gain_db.is_finite()) {
            return 0.0;
        }
        amplify(&mut self.patches, gain_db);
        gain_db
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_range_is_raised() {
        let patch = |amplitude: f32| PatchAudio {
            samples: vec![amplitude, -amplitude],
            first_frame: 0,
        };
        let mut clip = Clip {
            patches: vec![patch(0.01), patch(0.01)],
            ..Clip::default()
        };
        assert!((clip.raise_to(-20.0) - 20.0).abs() < 1e-6);
        assert!((clip.patches[0].samples[0] - 0.1).abs() < 1e-6);
        let before = clip.patches.clone();
        assert_eq!(clip.raise_to(-20.1), 0.0);
        assert_eq!(clip.patches, before);
        clip.patches = vec![patch(0.0)];
        assert_eq!(clip.raise_to(-20.0), 0.0);
    }
}
