//! Whether probabilities mean what they say.

use serde::Serialize;

use super::{Sample, normalise};

/// Bins of equal width in which confidence is compared with accuracy.
pub const BIN_COUNT: usize = 15;

/// Confidence against accuracy.
///
/// Confidence is the highest probability of a row (after
/// [`normalise`]); it falls into one of [`BIN_COUNT`] bins, each of which
/// holds its upper edge (Guo et al., "On Calibration of Modern Neural
/// Networks", ICML 2017, equation 3).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Mean over samples of the distance between confidence and accuracy of
    /// the bin: 0 is perfect, 1 as bad as can be.
    pub expected_error: f64,
    /// From low to high confidence.
    pub bins: Vec<ReliabilityBin>,
}

/// One bin of a reliability diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Exclusive lower edge, except for 0.
    pub from: f64,
    /// Inclusive upper edge.
    pub to: f64,
    /// Samples in it.
    pub clips: u64,
    /// Their mean confidence; none without samples.
    pub confidence: Option<f64>,
    /// Their accuracy; none without samples.
    pub accuracy: Option<f64>,
}

impl Reliability {
    pub(super) fn of(samples: &[Sample]) -> Self {
        let mut clips = [0_u64; BIN_COUNT];
        let mut right = [0_u64; BIN_COUNT];
        let mut confidences = [0.0; BIN_COUNT];
        for sample in samples {
            let predicted = sample.predicted();
            let confidence = normalise(&sample.probabilities)[predicted];
            let bin = bin_of(confidence);
            clips[bin] += 1;
            right[bin] += u64::from(predicted == sample.truth);
            confidences[bin] += confidence;
        }
        let mut expected_error = 0.0;
        let bins = (0..BIN_COUNT)
            .map(|bin| {
                expected_error += (confidences[bin] - right[bin] as f64).abs();
                let mean = |sum: f64| (clips[bin] > 0).then(|| sum / clips[bin] as f64);
                ReliabilityBin {
                    from: bin as f64 / BIN_COUNT as f64,
                    to: (bin + 1) as f64 / BIN_COUNT as f64,
                    clips: clips[bin],
                    confidence: mean(confidences[bin]),
                    accuracy: mean(right[bin] as f64),
                }
            })
            .collect();
        Self {
            expected_error: expected_error / samples.len() as f64,
            bins,
        }
    }
}

/// The bin of a confidence from 0 to 1.
fn bin_of(confidence: f64) -> usize {
    let from_one = (confidence * BIN_COUNT as f64).ceil() as usize;
    from_one.clamp(1, BIN_COUNT) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genre::GENRE_COUNT;

    #[test]
    fn bins_hold_their_upper_edge() {
        assert_eq!((bin_of(0.0), bin_of(0.06), bin_of(0.07)), (0, 0, 1));
        assert_eq!((bin_of(0.2), bin_of(0.200_001)), (2, 3));
        assert_eq!((bin_of(1.0), bin_of(1.0 + f64::EPSILON)), (14, 14));
    }

    #[test]
    fn the_error_is_the_distance_of_confidence_and_accuracy() {
        let mut probabilities = [0.35 / 15.0; GENRE_COUNT];
        probabilities[0] = 0.65;
        let samples: Vec<Sample> = (0..10)
            .map(|index| Sample {
                truth: usize::from(index >= 7),
                probabilities,
            })
            .collect();
        let calibration = Reliability::of(&samples);
        assert!((calibration.expected_error - 0.05).abs() < 1e-12);
        let bin = &calibration.bins[9];
        assert_eq!((bin.clips, bin.accuracy), (10, Some(0.7)));
        assert!((bin.confidence.unwrap() - 0.65).abs() < 1e-12);
    }
}
