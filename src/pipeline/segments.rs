//! The segments of a file, one after the other, for a timeline.

use std::ops::Range;
use std::time::Duration;

use super::clip_inputs::PatchAudio;
use super::patches::{Clip, LocatedPatches, PatchReader, amplify};
use crate::audio::{AudioError, ClipSource, MIN_SECONDS, SAMPLE_RATE, Timeline};
use crate::model::PatchCut;

/// Where the segments of a file of `len` samples lie, each `length` long but the last,
/// which ends with the file. A rest too short to be classified belongs to the segment
/// before it.
fn segments_of(len: u64, length: Duration) -> Vec<Range<u64>> {
    let step = ((length.as_secs_f64() * f64::from(SAMPLE_RATE)).round() as u64).max(1);
    let least = least_samples();
    let starts = (0..).map(|i| i * step);
    let mut segments: Vec<Range<u64>> = starts
        .take_while(|start| *start < len)
        .map(|start| start..len.min(start + step))
        .collect();
    if let [.., before, last] = segments.as_mut_slice()
        && last.end - last.start < least
    {
        before.end = last.end;
        segments.pop();
    }
    segments
}

/// Samples that a segment must have to be classified.
fn least_samples() -> u64 {
    (MIN_SECONDS * f64::from(SAMPLE_RATE)).ceil() as u64
}

impl PatchReader {
    /// Reads a clip segment by segment and calls `each` with where one lies,
    /// in samples, and its patches, raised by `gain_db`: those of a clip that holds what
    /// is heard of the segment and nothing else. There are none if that is too little.
    /// Memory is that of one segment's patches, whatever the file's length.
    ///
    /// # Errors
    /// [`AudioError`] as for [`read`](Self::read).
    pub fn segments(
        &mut self,
        source: ClipSource<'_>,
        cut: &PatchCut,
        length: Duration,
        gain_db: f64,
        mut each: impl FnMut(Range<u64>, &[PatchAudio]),
    ) -> Result<(), AudioError> {
        let Self { loader, clip } = self;
        let Clip { parts, patches } = clip;
        let mut file = loader.open_source(source)?;
        let (levels, _) = file.levels()?;
        let sounding = Timeline::new(levels.sounding());
        let segments = segments_of(file.len(), length);
        let located: Vec<LocatedPatches> = segments
            .iter()
            .map(|segment| match sounding.within(segment) {
                heard if heard.len() < least_samples() => LocatedPatches::default(),
                heard => LocatedPatches::new(&heard, cut),
            })
            .collect();
        let groups: Vec<Vec<Range<u64>>> = located.iter().map(LocatedPatches::ranges).collect();
        file.groups(&groups, parts, |index, parts| {
            located[index].read(parts, cut, patches);
            amplify(patches, gain_db);
            each(segments[index].clone(), patches);
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(seconds: f64, length: f64) -> Vec<(f64, f64)> {
        let rate = f64::from(SAMPLE_RATE);
        let len = (seconds * rate) as u64;
        segments_of(len, Duration::from_secs_f64(length))
            .into_iter()
            .map(|segment| (segment.start as f64 / rate, segment.end as f64 / rate))
            .collect()
    }

    #[test]
    fn segments_follow_one_another_and_the_last_is_what_is_left() {
        assert_eq!(
            segments(25.0, 10.0),
            [(0.0, 10.0), (10.0, 20.0), (20.0, 25.0)]
        );
        assert_eq!(segments(20.0, 10.0), [(0.0, 10.0), (10.0, 20.0)]);
        assert_eq!(segments(3.0, 10.0), [(0.0, 3.0)]);
        assert_eq!(segments(4.0, 1.5), [(0.0, 1.5), (1.5, 3.0), (3.0, 4.0)]);
    }

    #[test]
    fn a_rest_too_short_to_be_classified_belongs_to_what_is_before_it() {
        assert_eq!(segments(20.25, 10.0), [(0.0, 10.0), (10.0, 20.25)]);
        assert_eq!(
            segments(20.5, 10.0),
            [(0.0, 10.0), (10.0, 20.0), (20.0, 20.5)]
        );
        assert_eq!(segments(0.25, 10.0), [(0.0, 0.25)]);
    }
}
