//! What a spectrogram says of the recording itself: old discs have no bass, little treble, and noise
//! where modern recordings have none.

use std::f32::consts::LN_10;
use std::ops::Range;

use ndarray::{ArrayView2, ArrayView3};

use super::MelFilterbank;
use super::musicnn::{N_MELS, power};

/// Names of the features, in the order of [`Recording::values`].
pub const RECORDING_FEATURES: [&str; 7] = [
    "bandwidth",
    "noise_mid",
    "noise_high",
    "bass",
    "tilt",
    "low_cut",
    "crackle",
];

/// Power below which nothing is told apart, in dB: what single precision leaves of
/// `log10(10000 x + 1)`.
const LEAST_DB: f32 = -80.0;

/// A band whose level spans less than the first over time does not move, one that
/// spans the second more moves fully, in dB.
const STILL_DB: f32 = 5.0;
const MOVING_DB: f32 = 10.0;

/// Bands by their centres, in Hz.
const BASS: Range<f32> = 40.0..120.0;
const MIDDLE: Range<f32> = 200.0..1_000.0;
const TREBLE: Range<f32> = 2_000.0..4_000.0;
const NOISE_MID: Range<f32> = 1_000.0..4_000.0;
const NOISE_HIGH: Range<f32> = 5_500.0..8_000.0;
const CRACKLE: Range<f32> = 3_000.0..7_000.0;

/// The part of the power below [`Recording::low_cut`].
const LOW_SHARE: f32 = 0.01;
/// The lowest frequency that matters, in Hz.
const LEAST_HZ: f32 = 20.0;

/// A click is louder than what is so many frames away on either side by the first and
/// counts fully with the second more, in dB.
const CLICK_FRAMES: usize = 2;
const CLICK_DB: f32 = 2.0;
const FULL_CLICK_DB: f32 = 4.0;
/// Added to the share of clicks, whose logarithm is taken.
const LEAST_CLICKS: f32 = 1.0 / 64.0;

/// Features of a recording, of all frames of a clip's patches. Levels are those of mel bands, of which every one
/// has its own quantiles over time: the tenth part of the frames is quieter than the *floor*, half
/// of them than the *median*, nine tenths than the *peak*. (The reference implementation is
/// `training/pipeline/recording.py`; the features are this project's own.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recording {
    /// How much of the spectrum moves, in kHz, 0 to 8: the sum of the widths of the bands, each
    /// counted by how far its peak is above its floor (not at all at 5 dB, fully at 15).
    pub bandwidth: f32,
    /// Mean floor from 1 to 4 kHz, in dB relative to the sum of the bands' medians.
    pub noise_mid: f32,
    /// Mean floor from 5.5 to 8 kHz, in dB relative to the same.
    pub noise_high: f32,
    /// Mean median from 40 to 120 Hz above that from 200 to 1,000 Hz, in dB.
    pub bass: f32,
    /// Mean median from 2 to 4 kHz above that from 200 to 1,000 Hz, in dB: the spectral tilt.
    pub tilt: f32,
    /// Where the low end is cut off: the binary logarithm of the frequency in Hz below which a hundredth of
    /// the medians' power lies, at least that of 20 Hz.
    pub low_cut: f32,
    /// The binary logarithm of the share of frames that are clicks, plus 1/64: whose power from 3 to 7 kHz is above
    /// that of the frames two before and two after them (not at 2 dB, fully at 6).
    pub crackle: f32,
}

impl Recording {
    /// In the order of [`RECORDING_FEATURES`].
    pub fn values(&self) -> [f32; RECORDING_FEATURES.len()] {
        [
            self.bandwidth,
            self.noise_mid,
            self.noise_high,
            self.bass,
            self.tilt,
            self.low_cut,
            self.crackle,
        ]
    }
}

/// Measures recordings.
pub struct RecordingMeter {
    /// Centres of the mel bands, in Hz.
    centres: Vec<f32>,
    /// Between the bands, halfway from centre to centre; 0 and 8,000 Hz at the ends.
    edges: Vec<f32>,
}

impl Default for RecordingMeter {
    fn default() -> Self {
        let centres = MelFilterbank::slaney_centres(N_MELS);
        let between = centres.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
        let edges = [0.0].into_iter().chain(between).chain([8_000.0]).collect();
        Self { centres, edges }
    }
}

impl RecordingMeter {
    /// `log_mel` is musicnn's: patches x frames x mel bands, at least one frame.
    pub fn measure(&self, log_mel: ArrayView3<'_, f32>) -> Recording {
        let quantiles = quantiles(log_mel);
        let power: Vec<f32> = quantiles.iter().map(|q| from_db(q.median)).collect();
        let total = power.iter().sum::<f32>();
        let level = to_db(total);
        let moving = quantiles
            .iter()
            .zip(self.edges.windows(2))
            .map(|(q, edge)| {
                let moves = (q.peak - q.floor - STILL_DB) / MOVING_DB;
                moves.clamp(0.0, 1.0) * (edge[1] - edge[0]) / 1_000.0
            });
        let mean = |hertz: &Range<f32>, value: fn(&Quantiles) -> f32| {
            let bands = self.centres.iter().zip(&quantiles);
            mean(
                bands
                    .filter(|(f, _)| hertz.contains(f))
                    .map(|(_, q)| value(q)),
            )
        };
        Recording {
            bandwidth: moving.sum(),
            noise_mid: mean(&NOISE_MID, |q| q.floor) - level,
            noise_high: mean(&NOISE_HIGH, |q| q.floor) - level,
            bass: mean(&BASS, |q| q.median) - mean(&MIDDLE, |q| q.median),
            tilt: mean(&TREBLE, |q| q.median) - mean(&MIDDLE, |q| q.median),
            low_cut: self
                .frequency_of(LOW_SHARE * total, &power)
                .max(LEAST_HZ)
                .log2(),
            crackle: (self.clicks(log_mel) + LEAST_CLICKS).log2(),
        }
    }

    /// Below which so much of the bands' power lies, in Hz; it is spread evenly within a band.
    fn frequency_of(&self, wanted: f32, power: &[f32]) -> f32 {
        let mut below = 0.0;
        for (power, edge) in power.iter().zip(self.edges.windows(2)) {
            if below + power >= wanted {
                return edge[0] + (wanted - below) / power * (edge[1] - edge[0]);
            }
            below += power;
        }
        self.edges[self.edges.len() - 1]
    }

    /// Mean over the frames of how much each is a click, 0 to 1.
    fn clicks(&self, log_mel: ArrayView3<'_, f32>) -> f32 {
        let first = self.centres.partition_point(|f| *f < CRACKLE.start);
        let last = self.centres.partition_point(|f| *f < CRACKLE.end);
        let levels = |patch: ArrayView2<'_, f32>| -> Vec<f32> {
            let frames = patch.rows().into_iter();
            frames
                .map(|frame| to_db(mean(frame.iter().take(last).skip(first).map(|v| power(*v)))))
                .collect()
        };
        mean(log_mel.outer_iter().flat_map(|patch| {
            let levels = levels(patch);
            let around = levels.windows(2 * CLICK_FRAMES + 1);
            let clicks = around.map(|frames| {
                let beside = frames[0].max(frames[2 * CLICK_FRAMES]);
                ((frames[CLICK_FRAMES] - beside - CLICK_DB) / FULL_CLICK_DB).clamp(0.0, 1.0)
            });
            clicks.collect::<Vec<_>>()
        }))
    }
}

/// Levels of a band over time, in dB.
struct Quantiles {
    floor: f32,
    median: f32,
    peak: f32,
}

/// Of every band: its values at the ranks below a tenth, a half and nine tenths.
fn quantiles(log_mel: ArrayView3<'_, f32>) -> Vec<Quantiles> {
    let (patches, frames, bands) = log_mel.dim();
    // Log-mel values are not negative, and such numbers are in the order of their bits.
    let mut values = vec![0_u32; patches * frames * bands];
    for (index, frame) in log_mel.rows().into_iter().enumerate() {
        for (band, value) in frame.iter().enumerate() {
            values[band * patches * frames + index] = value.max(0.0).to_bits();
        }
    }
    let of_band = |values: &mut [u32]| {
        let last = values.len() - 1;
        let [low, middle, high] = [1, 5, 9].map(|tenths| tenths * last / 10);
        let level = |bits: u32| to_db(power(f32::from_bits(bits)));
        let (below, median, above) = values.select_nth_unstable(middle);
        let median = *median;
        let at = |part: &mut [u32], rank: usize| match part.is_empty() || rank >= part.len() {
            true => median,
            false => *part.select_nth_unstable(rank).1,
        };
        Quantiles {
            floor: level(at(below, low)),
            median: level(median),
            peak: level(at(above, high.wrapping_sub(middle + 1))),
        }
    };
    values
        .chunks_exact_mut(patches * frames)
        .map(of_band)
        .collect()
}

fn to_db(power: f32) -> f32 {
    (10.0 * power.log10()).max(LEAST_DB)
}

fn from_db(level: f32) -> f32 {
    (level / 10.0 * LN_10).exp()
}

/// 0 of nothing.
fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / (count as f32).max(1.0)
}
