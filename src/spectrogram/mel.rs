//! Mel filter bank.

use super::{N_BINS, N_FFT, N_MELS};
use crate::audio::SAMPLE_RATE;

/// Triangular filters on the mel scale of Slaney's Auditory Toolbox, each
/// normalised to unit area: librosa's `filters.mel` with its defaults
/// (`htk=False, norm="slaney"`, 0 Hz to Nyquist).
#[derive(Debug, Clone)]
pub struct MelFilterbank {
    filters: Vec<Filter>,
}

/// The non-zero part of one row.
#[derive(Debug, Clone)]
struct Filter {
    first_bin: usize,
    weights: Vec<f32>,
}

impl Default for MelFilterbank {
    fn default() -> Self {
        let nyquist = f64::from(SAMPLE_RATE) / 2.0;
        let top = hz_to_mel(nyquist);
        let edges: Vec<f64> = (0..N_MELS + 2)
            .map(|i| mel_to_hz(top * i as f64 / (N_MELS + 1) as f64))
            .collect();
        let filters = edges
            .windows(3)
            .map(|edge| Filter::triangle(edge[0], edge[1], edge[2]))
            .collect();
        Self { filters }
    }
}

impl MelFilterbank {
    /// Weighted sums of the power spectrum, one per band.
    pub fn apply(&self, power: &[f32; N_BINS], bands: &mut [f32]) {
        for (band, filter) in bands.iter_mut().zip(&self.filters) {
            *band = filter
                .weights
                .iter()
                .zip(&power[filter.first_bin..])
                .map(|(weight, power)| weight * power)
                .sum();
        }
    }

    /// The full matrix, row by row: [`N_MELS`] rows of [`N_BINS`] weights.
    pub fn to_rows(&self) -> Vec<[f32; N_BINS]> {
        self.filters
            .iter()
            .map(|filter| {
                let mut row = [0.0; N_BINS];
                let bins = filter.first_bin..filter.first_bin + filter.weights.len();
                row[bins].copy_from_slice(&filter.weights);
                row
            })
            .collect()
    }
}

impl Filter {
    /// A triangle over the frequencies `low < centre < high` in Hz, of height
    /// `2 / (high - low)`.
    fn triangle(low: f64, centre: f64, high: f64) -> Self {
        let weight = |bin: usize| {
            let hz = bin as f64 * f64::from(SAMPLE_RATE) / N_FFT as f64;
            let rising = (hz - low) / (centre - low);
            let falling = (high - hz) / (high - centre);
            rising.min(falling).max(0.0) * 2.0 / (high - low)
        };
        let first_bin = (0..N_BINS).find(|bin| weight(*bin) > 0.0).unwrap_or(0);
        let weights = (first_bin..N_BINS)
            .map(weight)
            .take_while(|weight| *weight > 0.0)
            .map(|weight| weight as f32)
            .collect();
        Self { first_bin, weights }
    }
}

/// The scale is linear below this frequency and logarithmic above.
const BREAK_HZ: f64 = 1_000.0;
/// Hz per mel in the linear part.
const LINEAR_STEP: f64 = 200.0 / 3.0;
/// Mels from [`BREAK_HZ`] to 6.4 times as much.
const LOG_STEPS: f64 = 27.0;

fn hz_to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ {
        hz / LINEAR_STEP
    } else {
        BREAK_HZ / LINEAR_STEP + (hz / BREAK_HZ).ln() * LOG_STEPS / 6.4_f64.ln()
    }
}

fn mel_to_hz(mel: f64) -> f64 {
    let above_break = mel - BREAK_HZ / LINEAR_STEP;
    if above_break < 0.0 {
        mel * LINEAR_STEP
    } else {
        BREAK_HZ * (above_break * 6.4_f64.ln() / LOG_STEPS).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_filter_is_empty() {
        for (band, row) in MelFilterbank::default().to_rows().iter().enumerate() {
            assert!(row.iter().any(|weight| *weight > 0.0), "band {band}");
        }
    }

    #[test]
    fn the_scale_is_its_own_inverse() {
        for hz in [0.0, 440.0, 999.0, 1_000.0, 1_001.0, 8_000.0] {
            assert!((mel_to_hz(hz_to_mel(hz)) - hz).abs() < 1e-9, "{hz}");
        }
    }
}
