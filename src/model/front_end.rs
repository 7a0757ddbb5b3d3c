//! The spectrograms that networks take, by the names of `model.json`.

use std::fmt::Debug;

use serde::Deserialize;

use super::PatchCut;
use super::manifest::check::check;
use crate::audio::SAMPLE_RATE;
use crate::spectrogram::{N_FFT, musicnn, yamnet};

/// A spectrogram that this program computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrontEnd {
    /// [`MusicnnLogMel`](crate::spectrogram::MusicnnLogMel); its window is the patch.
    Musicnn,
    /// [`YamnetLogMel`](crate::spectrogram::YamnetLogMel).
    Yamnet,
}

impl FrontEnd {
    fn name(self) -> &'static str {
        match self {
            Self::Musicnn => "musicnn",
            Self::Yamnet => "yamnet",
        }
    }
}

/// What a network takes of a patch. Networks that take the same share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatchInput {
    /// The spectrogram.
    pub front_end: FrontEnd,
    /// Its windows, spread evenly over the patch; at least 1.
    pub windows: usize,
}

impl PatchInput {
    /// Windows, frames per window, and mel bands, of a patch that is so cut.
    pub fn shape(self, cut: &PatchCut) -> [usize; 3] {
        match self.front_end {
            FrontEnd::Musicnn => [self.windows, cut.frames, musicnn::N_MELS],
            FrontEnd::Yamnet => [self.windows, yamnet::FRAMES, yamnet::N_MELS],
        }
    }
}

/// The front ends of a manifest with their parameters, which must equal those of
/// [`crate::spectrogram`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrontEnds {
    /// Of [`FrontEnd::Musicnn`].
    musicnn: Option<Musicnn>,
    /// Of [`FrontEnd::Yamnet`].
    yamnet: Option<Yamnet>,
}

/// Parameters of musicnn's spectrogram.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Musicnn {
    /// In Hz.
    sample_rate: u32,
    /// Points of the FFT.
    n_fft: usize,
    /// Samples per STFT frame.
    window_length: usize,
    /// Samples from frame to frame.
    hop_length: usize,
    /// Mel bands.
    n_mels: usize,
    /// `k` in `log10(k x + 1)`.
    log_multiplier: f32,
}

/// Parameters of YAMNet's spectrogram.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Yamnet {
    /// In Hz.
    sample_rate: u32,
    /// Points of the FFT.
    n_fft: usize,
    /// Samples per STFT frame; zeros follow up to `n_fft`.
    window_length: usize,
    /// Samples from frame to frame.
    hop_length: usize,
    /// Mel bands.
    n_mels: usize,
    /// Lower edge of the lowest band.
    min_hz: f64,
    /// Upper edge of the highest band.
    max_hz: f64,
    /// `c` in `ln(x + c)`.
    log_offset: f32,
}

/// What this program computes.
const MUSICNN: Musicnn = Musicnn {
    sample_rate: SAMPLE_RATE,
    n_fft: N_FFT,
    window_length: N_FFT,
    hop_length: musicnn::HOP_LENGTH,
    n_mels: musicnn::N_MELS,
    log_multiplier: musicnn::LOG_MULTIPLIER,
};

/// What this program computes.
const YAMNET: Yamnet = Yamnet {
    sample_rate: SAMPLE_RATE,
    n_fft: N_FFT,
    window_length: yamnet::WINDOW_LENGTH,
    hop_length: yamnet::HOP_LENGTH,
    n_mels: yamnet::N_MELS,
    min_hz: yamnet::MIN_HZ,
    max_hz: yamnet::MAX_HZ,
    log_offset: yamnet::LOG_OFFSET,
};

impl FrontEnds {
    /// That this program computes them.
    pub(super) fn check(&self) -> Result<(), String> {
        compare(FrontEnd::Musicnn, self.musicnn.as_ref(), &MUSICNN)?;
        compare(FrontEnd::Yamnet, self.yamnet.as_ref(), &YAMNET)
    }

    /// That a network can take `input` of patches that are so cut.
    pub(super) fn check_input(&self, input: PatchInput, cut: &PatchCut) -> Result<(), String> {
        let PatchInput { front_end, windows } = input;
        let (is_listed, fits) = match front_end {
            FrontEnd::Musicnn => (self.musicnn.is_some(), true),
            FrontEnd::Yamnet => (self.yamnet.is_some(), cut.samples() >= yamnet::SAMPLES),
        };
        let name = front_end.name();
        check(is_listed, || {
            format!("its front end {name:?} is not in front_ends")
        })?;
        check(front_end != FrontEnd::Musicnn || windows == 1, || {
            format!("windows is {windows}, must be 1 with the front end musicnn")
        })?;
        check(fits, || {
            format!(
                "a patch of {} samples is shorter than the front end's window of {}",
                cut.samples(),
                yamnet::SAMPLES
            )
        })
    }
}

fn compare<T: PartialEq + Debug>(
    front_end: FrontEnd,
    found: Option<&T>,
    computed: &T,
) -> Result<(), String> {
    match found {
        Some(found) if found != computed => Err(format!(
            "front_ends.{} is {found:?}, this program computes {computed:?}",
            front_end.name()
        )),
        _ => Ok(()),
    }
}
