//! Where the patches of a clip lie.

use std::ops::Range;

use super::clip_inputs::PatchAudio;
use crate::evenly::spread;
use crate::model::PatchCut;
use crate::spectrogram::{MusicnnLogMel, musicnn};

/// First frames of the patches of a clip of so many samples, at least a patch: as
/// many whole patches as fit without overlap, the manifest's maximum at most, each
/// in the middle of its share of the clip, so that a whole song is not judged by
/// its first and last notes.
pub fn patch_starts(samples: usize, cut: &PatchCut) -> Vec<usize> {
    let frames = MusicnnLogMel::frame_count(samples);
    let count = (frames / cut.frames).min(cut.max_patches);
    spread(frames, count, cut.frames).collect()
}

/// A patch's samples in a clip, and its first frame in these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatchPlace {
    pub(super) samples: Range<usize>,
    pub(super) first_frame: usize,
}

/// Where the patches of a clip of so many samples lie. A clip shorter than a patch has
/// one: all of it.
pub(super) fn patch_places(samples: usize, cut: &PatchCut) -> Vec<PatchPlace> {
    if samples < cut.samples() {
        return vec![PatchPlace {
            samples: 0..samples,
            first_frame: 0,
        }];
    }
    let place = |start: usize| {
        let range = MusicnnLogMel::samples_of(start..start + cut.frames, samples);
        PatchPlace {
            first_frame: start - range.start / musicnn::HOP_LENGTH,
            samples: range,
        }
    };
    patch_starts(samples, cut).into_iter().map(place).collect()
}

/// The patches of a clip that is in memory, silences and all.
pub fn cut_patches(samples: &[f32], cut: &PatchCut) -> Vec<PatchAudio> {
    let patch = |place: PatchPlace| {
        let mut patch = PatchAudio {
            samples: samples[place.samples].to_vec(),
            first_frame: place.first_frame,
        };
        patch.repeat_to(cut.samples());
        patch
    };
    patch_places(samples.len(), cut)
        .into_iter()
        .map(patch)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Of a clip of so many frames.
    fn starts(frames: usize, max_patches: usize) -> Vec<usize> {
        let cut = PatchCut {
            frames: 187,
            max_patches,
        };
        patch_starts((frames - 1) * musicnn::HOP_LENGTH, &cut)
    }

    #[test]
    fn a_thirty_second_clip_has_ten_patches() {
        let cut = PatchCut {
            frames: 187,
            max_patches: 10,
        };
        let starts = patch_starts(30 * 16_000, &cut);
        // Of 1,876 frames, the ten patches need all but six.
        assert_eq!(
            starts,
            [0, 187, 375, 563, 750, 938, 1_125, 1_313, 1_501, 1_688]
        );
    }

    #[test]
    fn patches_stand_in_the_middle_of_their_shares() {
        // Shares of 1,000 frames, of which 406 come before the patch and 407 after.
        assert_eq!(starts(3_000, 3), [406, 1_406, 2_406]);
        assert_eq!(starts(187, 10), [0]);
        assert_eq!(starts(287, 10), [50]);
        assert_eq!(starts(2_000, 1), [906]);
    }

    proptest! {
        #[test]
        fn patches_fit_and_do_not_overlap(frames in 187..100_000_usize, max in 1..40_usize) {
            let starts = starts(frames, max);
            prop_assert!(!starts.is_empty() && starts.len() <= max);
            prop_assert!(starts.windows(2).all(|pair| pair[0] + 187 <= pair[1]));
            prop_assert!(starts.last().unwrap() + 187 <= frames);
        }

        /// A patch's own samples give the frames that those of the whole clip give.
        #[test]
        fn a_patch_has_all_samples_that_it_depends_on(samples in 48_000..100_000_usize) {
            let cut = PatchCut { frames: 187, max_patches: 10 };
            let clip: Vec<f32> = (0..samples).map(|i| ((i * i) % 1_009) as f32 / 1_009.0).collect();
            let mut log_mel = MusicnnLogMel::default();
            let whole = log_mel.spectrogram(&clip);
            let starts = patch_starts(samples, &cut);
            for (place, start) in patch_places(samples, &cut).into_iter().zip(starts) {
                let mut patch = ndarray::Array2::zeros((187, 96));
                log_mel.frames(&clip[place.samples], place.first_frame, patch.view_mut());
                prop_assert_eq!(patch, whole.slice(ndarray::s![start..start + 187, ..]));
            }
        }
    }
}
