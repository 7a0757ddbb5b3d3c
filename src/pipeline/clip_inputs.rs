//! The spectrograms of a clip that a model's networks take.

use ndarray::{Array3, ArrayView3, Axis};

use crate::model::{FrontEnd, Model, PatchCut, PatchInput};
use crate::spectrogram::{MusicnnLogMel, YamnetLogMel, musicnn, yamnet};

/// Computes a model's [`inputs`](Model::inputs) clip by clip, and nothing that
/// its networks do not take. Every thread has its own.
pub struct ClipInputs {
    inputs: Vec<PatchInput>,
    cut: PatchCut,
    log_mels: Vec<Array3<f32>>,
    musicnn: MusicnnLogMel,
    yamnet: YamnetLogMel,
}

impl ClipInputs {
    /// For the networks of `model`.
    pub fn new(model: &Model) -> Self {
        let inputs = model.inputs().to_vec();
        Self {
            cut: model.manifest().patch.clone(),
            log_mels: vec![Array3::default((0, 0, 0)); inputs.len()],
            inputs,
            musicnn: MusicnnLogMel::default(),
            yamnet: YamnetLogMel::default(),
        }
    }

    /// The inputs of patches, each (patches x windows) x frames x mel bands. A patch's
    /// window is all of it for musicnn; YAMNet's lie between the centres of its
    /// first frame and its last.
    pub fn compute(&mut self, patches: &[PatchAudio]) {
        for (input, log_mel) in self.inputs.iter().zip(&mut self.log_mels) {
            let [windows, frames, bands] = input.shape(&self.cut);
            let shape = (patches.len() * windows, frames, bands);
            if log_mel.dim() != shape {
                *log_mel = Array3::zeros(shape);
            }
            for (index, window) in log_mel.axis_iter_mut(Axis(0)).enumerate() {
                let patch = &patches[index / windows];
                let (samples, first_frame) = (&patch.samples, patch.first_frame);
                match input.front_end {
                    FrontEnd::Musicnn => self.musicnn.frames(samples, first_frame, window),
                    FrontEnd::Yamnet => {
                        let offset = window_offset(index % windows, windows, self.cut.samples());
                        self.yamnet.window(
                            samples,
                            first_frame * musicnn::HOP_LENGTH + offset,
                            window,
                        );
                    }
                }
            }
        }
    }

    /// What was computed last: a model's [`inputs`](Model::inputs).
    pub fn log_mels(&self) -> &[Array3<f32>] {
        &self.log_mels
    }

    /// musicnn's log-mel of the patches that were computed last, patches x frames x mel
    /// bands; `None` if no network takes it.
    pub fn musicnn(&self) -> Option<ArrayView3<'_, f32>> {
        let mut inputs = self.inputs.iter().zip(&self.log_mels);
        let (_, log_mel) = inputs.find(|(input, _)| input.front_end == FrontEnd::Musicnn)?;
        Some(log_mel.view())
    }
}

/// The samples that a patch depends on, mono at 16 kHz.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatchAudio {
    /// What its frames lie in; mirrored at both ends where they reach beyond.
    pub samples: Vec<f32>,
    /// Its first frame of musicnn's spectrogram of these samples.
    pub first_frame: usize,
}

impl PatchAudio {
    /// Repeats the samples until there are `len` of them: a clip shorter than a patch.
    pub(super) fn repeat_to(&mut self, len: usize) {
        let once = self.samples.len();
        while once > 0 && self.samples.len() < len {
            let more = once.min(len - self.samples.len());
            self.samples.extend_from_within(..more);
        }
    }
}

/// First sample of a window of YAMNet's in a patch of `patch_samples`, of which
/// there are `count`: the first at its beginning, the last at its end, the others at equal
/// distances between; a single one stands in the middle.
fn window_offset(index: usize, count: usize, patch_samples: usize) -> usize {
    let room = patch_samples - yamnet::SAMPLES;
    match count {
        1 => room / 2,
        _ => index * room / (count - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between the centres of the first and the last of 187 frames.
    const PATCH_SAMPLES: usize = 186 * musicnn::HOP_LENGTH;

    #[test]
    fn short_clips_are_repeated_and_long_ones_are_not_touched() {
        let mut patch = PatchAudio {
            samples: vec![1.0, 2.0, 3.0],
            first_frame: 0,
        };
        patch.repeat_to(7);
        assert_eq!(patch.samples, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
        patch.repeat_to(3);
        assert_eq!(patch.samples.len(), 7);
    }

    #[test]
    fn windows_are_spread_evenly_over_the_patch() {
        let offsets = |count| -> Vec<usize> {
            (0..count)
                .map(|index| window_offset(index, count, PATCH_SAMPLES))
                .collect()
        };
        assert_eq!(offsets(1), [16_008]);
        assert_eq!(offsets(2), [0, 32_016]);
        assert_eq!(offsets(3), [0, 16_008, 32_016]);
        assert_eq!(offsets(4), [0, 10_672, 21_344, 32_016]);
        assert_eq!(32_016 + yamnet::SAMPLES, PATCH_SAMPLES);
    }

    #[test]
    fn windows_depend_on_samples_that_the_patch_depends_on() {
        for (start, clip) in [(0, PATCH_SAMPLES), (100, 500_000), (1_000, 1_186 * 256)] {
            let patch = MusicnnLogMel::samples_of(start..start + 187, clip);
            let first = start * musicnn::HOP_LENGTH;
            let last = first + window_offset(4, 5, PATCH_SAMPLES);
            assert!(patch.start <= first && last + yamnet::SAMPLES <= patch.end);
        }
    }
}
