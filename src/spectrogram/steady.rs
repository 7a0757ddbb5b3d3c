//! Telling music from what never changes: noise, hum, a tone.

use ndarray::{ArrayView1, ArrayView3, s};

use super::musicnn::power;

/// Frames whose power is averaged before it is looked at: 0.26 s.
const BLOCK: usize = 16;

/// Frames at each end of a patch that are not looked at: they hold the signal mirrored,
/// which puts a click into a tone.
const EDGE: usize = 2;

/// musicnn's mel bands that both front ends see: 125 to 7,500 Hz.
const BANDS: std::ops::Range<usize> = 4..93;

/// Levels are looked at down to this share of the whole power: what is 60 dB below the
/// rest, hum below the bands included, changes nothing.
const FLOOR: f64 = 1e-6;

/// The mean over the mel bands of the variance over time of their level, in dB squared.
/// `log_mel` is musicnn's: patches x frames x mel bands. `None` if it is too short.
///
/// Stationary Gaussian noise has at most 1.25, whatever its colour: the power of a bin
/// of one frame is exponentially distributed, which is 5.6 dB of standard deviation;
/// the mean of 16 frames that overlap by half is as good as that of 15, which leaves
/// 4.34 / sqrt(15) = 1.12 dB, less in bands of several bins. A tone and a hum have 0.
pub fn variance_over_time(log_mel: ArrayView3<'_, f32>) -> Option<f64> {
    // In f32: the log-mel values are, and this is done for each of them.
    let mean_power = |band: ArrayView1<'_, f32>| {
        f64::from(band.iter().map(|value| power(*value)).sum::<f32>()) / BLOCK as f64
    };
    let mut blocks: Vec<Vec<f64>> = Vec::new();
    for patch in log_mel.outer_iter() {
        let inner = patch.slice(s![EDGE..patch.nrows().saturating_sub(EDGE).max(EDGE), ..]);
        let full = inner.exact_chunks((BLOCK, inner.ncols()));
        blocks.extend(full.into_iter().map(|block| {
            let bands = block.columns().into_iter();
            bands.map(mean_power).collect()
        }));
    }
    if blocks.len() < 2 {
        return None;
    }
    let count = blocks.len() as f64;
    let floor = FLOOR * blocks.iter().flatten().sum::<f64>() / count + f64::MIN_POSITIVE;
    let variance = |band: usize| {
        let levels = blocks
            .iter()
            .map(|block| 10.0 * (block[band] + floor).log10());
        let mean = levels.clone().sum::<f64>() / count;
        levels.map(|level| (level - mean).powi(2)).sum::<f64>() / (count - 1.0)
    };
    Some(BANDS.map(variance).sum::<f64>() / BANDS.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrogram::MusicnnLogMel;
    use ndarray::{Array3, Axis};

    fn variance(samples: &[f32]) -> f64 {
        let spectrogram = MusicnnLogMel::default().spectrogram(samples);
        variance_over_time(spectrogram.view().insert_axis(Axis(0))).unwrap()
    }

    /// White noise by a linear congruential generator (Knuth's MMIX).
    fn noise(amplitude: f32, samples: usize) -> Vec<f32> {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..samples).map(|_| amplitude * next()).collect()
    }

    fn tone(hertz: f32, samples: usize) -> Vec<f32> {
        let step = std::f32::consts::TAU * hertz / 16_000.0;
        (0..samples)
            .map(|i| 0.3 * (step * i as f32).sin())
            .collect()
    }

    #[test]
    fn noise_hum_and_tone_do_not_change() {
        for amplitude in [0.5, 0.01, 0.0003] {
            let found = variance(&noise(amplitude, 160_000));
            assert!((0.4..1.0).contains(&found), "{amplitude}: {found}");
        }
        for hertz in [50.0, 1_000.0] {
            let found = variance(&tone(hertz, 160_000));
            assert!(found < 0.5, "{hertz} Hz: {found}");
        }
    }

    #[test]
    fn notes_change() {
        let melody: Vec<f32> = [440.0, 494.0, 523.0, 587.0]
            .into_iter()
            .flat_map(|hertz| tone(hertz, 8_000))
            .collect();
        assert!(variance(&melody) > 10.0);
    }

    #[test]
    fn a_moment_is_not_judged() {
        let log_mel = Array3::zeros((1, 35, 96));
        assert_eq!(variance_over_time(log_mel.view()), None);
    }
}
