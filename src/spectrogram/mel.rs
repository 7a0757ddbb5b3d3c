//! Mel filter bank.

use super::{N_BINS, N_FFT};
use crate::audio::SAMPLE_RATE;

/// Triangular filters over the bins of a spectrum.
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

impl MelFilterbank {
    /// So many bands from 0 Hz to Nyquist, triangles over Hz, evenly spaced on
    /// the mel scale of Slaney's Auditory Toolbox, each normalised to unit area:
    /// librosa's `filters.mel` with its defaults (`htk=False, norm="slaney"`).
    pub fn slaney(bands: usize) -> Self {
        Self::of_triangles(&slaney_edges(bands), |edge, bin| {
            triangle(edge, bin_to_hz(bin)) * 2.0 / (edge[2] - edge[0])
        })
    }

    /// The centres of the bands of [`slaney`](Self::slaney), in Hz.
    pub fn slaney_centres(bands: usize) -> Vec<f32> {
        let centres = &slaney_edges(bands)[1..=bands];
        centres.iter().map(|hz| *hz as f32).collect()
    }

    /// So many bands from `min_hz` to `max_hz`, triangles over and evenly spaced
    /// on the mel scale of HTK, each of height 1: TensorFlow's
    /// `tf.signal.linear_to_mel_weight_matrix`. It leaves out the bin at 0 Hz,
    /// which is never above the lowest edge here either.
    pub fn htk(bands: usize, min_hz: f64, max_hz: f64) -> Self {
        let edges = edges(bands, hz_to_htk_mel(min_hz), hz_to_htk_mel(max_hz));
        Self::of_triangles(&edges.collect::<Vec<_>>(), |edge, bin| {
            triangle(edge, hz_to_htk_mel(bin_to_hz(bin)))
        })
    }

    /// `weight` of a band's lower edge, centre and upper edge, and a bin.
    fn of_triangles(edges: &[f64], weight: impl Fn(&[f64], usize) -> f64) -> Self {
        let filters = edges
            .windows(3)
            .map(|edge| Filter::of(|bin| weight(edge, bin)));
        Self {
            filters: filters.collect(),
        }
    }

    /// Weighted sums of a spectrum, one per band.
    pub fn apply(&self, spectrum: &[f32; N_BINS], bands: &mut [f32]) {
        for (band, filter) in bands.iter_mut().zip(&self.filters) {
            *band = filter
                .weights
                .iter()
                .zip(&spectrum[filter.first_bin..])
                .map(|(weight, value)| weight * value)
                .sum();
        }
    }
}

impl Filter {
    /// The bins around the first whose `weight` is above 0.
    fn of(weight: impl Fn(usize) -> f64) -> Self {
        let first_bin = (0..N_BINS).find(|bin| weight(*bin) > 0.0).unwrap_or(0);
        let weights = (first_bin..N_BINS)
            .map(weight)
            .take_while(|weight| *weight > 0.0)
            .map(|weight| weight as f32)
            .collect();
        Self { first_bin, weights }
    }
}

/// The edges and centres of `bands` triangles that overlap by half.
fn edges(bands: usize, bottom: f64, top: f64) -> impl Iterator<Item = f64> {
    (0..bands + 2).map(move |i| bottom + (top - bottom) * i as f64 / (bands + 1) as f64)
}

/// Those of Slaney's scale from 0 Hz to Nyquist, in Hz.
fn slaney_edges(bands: usize) -> Vec<f64> {
    let nyquist = f64::from(SAMPLE_RATE) / 2.0;
    edges(bands, 0.0, hz_to_slaney_mel(nyquist))
        .map(slaney_mel_to_hz)
        .collect()
}

/// 1 at the centre `edge[1]`, 0 from the edges `edge[0]` and `edge[2]` on.
fn triangle(edge: &[f64], at: f64) -> f64 {
    let rising = (at - edge[0]) / (edge[1] - edge[0]);
    let falling = (edge[2] - at) / (edge[2] - edge[1]);
    rising.min(falling).max(0.0)
}

fn bin_to_hz(bin: usize) -> f64 {
    bin as f64 * f64::from(SAMPLE_RATE) / N_FFT as f64
}

/// The scale of the HTK book, natural logarithm.
fn hz_to_htk_mel(hz: f64) -> f64 {
    1127.0 * (hz / 700.0).ln_1p()
}

/// Slaney's scale is linear below this frequency and logarithmic above.
const BREAK_HZ: f64 = 1_000.0;
/// Hz per mel in the linear part.
const LINEAR_STEP: f64 = 200.0 / 3.0;
/// Mels from [`BREAK_HZ`] to 6.4 times as much.
const LOG_STEPS: f64 = 27.0;

fn hz_to_slaney_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ {
        hz / LINEAR_STEP
    } else {
        BREAK_HZ / LINEAR_STEP + (hz / BREAK_HZ).ln() * LOG_STEPS / 6.4_f64.ln()
    }
}

fn slaney_mel_to_hz(mel: f64) -> f64 {
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
        let banks = [
            MelFilterbank::slaney(96),
            MelFilterbank::htk(64, 125.0, 7_500.0),
        ];
        for bank in banks {
            for (band, filter) in bank.filters.iter().enumerate() {
                assert!(!filter.weights.is_empty(), "band {band}");
                assert!(filter.first_bin > 0, "band {band}");
            }
        }
    }

    #[test]
    fn slaneys_scale_is_its_own_inverse() {
        for hz in [0.0, 440.0, 999.0, 1_000.0, 1_001.0, 8_000.0] {
            assert!(
                (slaney_mel_to_hz(hz_to_slaney_mel(hz)) - hz).abs() < 1e-9,
                "{hz}"
            );
        }
    }
}
