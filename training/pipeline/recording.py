"""What a log-mel spectrogram says of the recording itself, with numpy: the reference of
`src/spectrogram/recording.rs`, which says what each feature is.

Levels are those of musicnn's mel bands; floor, median and peak of a band are the values at the ranks
below a tenth, a half and nine tenths of its frames.
"""

import librosa
import numpy as np

from pipeline.front_end import BANDS, LOG_MULTIPLIER, SAMPLE_RATE

FEATURES = ("bandwidth", "noise_mid", "noise_high", "bass", "tilt", "low_cut", "crackle")
LEAST_DB = -80.0

CENTRES = librosa.mel_frequencies(BANDS + 2, fmin=0.0, fmax=SAMPLE_RATE / 2)[1:-1]
EDGES = np.concatenate([[0.0], (CENTRES[1:] + CENTRES[:-1]) / 2, [SAMPLE_RATE / 2]])


def bands(low: float, high: float) -> np.ndarray:
    """[96] bool: bands whose centres lie there, in Hz."""
    return (CENTRES >= low) & (CENTRES < high)


def decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, 10 ** (LEAST_DB / 10)))


def per_patch(patches: np.ndarray) -> np.ndarray:
    """[patches, frames, 96] log-mel -> [patches, 7]: every patch of a clip has the same."""
    return np.tile(measure(patches), (len(patches), 1))


def measure(patches: np.ndarray) -> np.ndarray:
    """[patches, frames, 96] log-mel -> [7] in the order of FEATURES."""
    power = np.maximum(10.0 ** patches.astype(np.float64) - 1.0, 0.0) / LOG_MULTIPLIER
    frames = np.sort(power.reshape(-1, BANDS), axis=0)
    last = len(frames) - 1
    floor, median, peak = (decibels(frames[tenths * last // 10]) for tenths in (1, 5, 9))
    shares = 10 ** (median / 10)
    level = 10 * np.log10(shares.sum())
    middle = median[bands(200, 1000)].mean()

    high = decibels(power[:, :, bands(3000, 7000)].mean(axis=2))
    beside = np.maximum(high[:, :-4], high[:, 4:])
    clicks = np.clip((high[:, 2:-2] - beside - 2) / 4, 0, 1)
    below = np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum()
    return np.array([
        np.sum(np.clip((peak - floor - 5) / 10, 0, 1) * np.diff(EDGES)) / 1000,
        floor[bands(1000, 4000)].mean() - level,
        floor[bands(5500, 8000)].mean() - level,
        median[bands(40, 120)].mean() - middle,
        median[bands(2000, 4000)].mean() - middle,
        np.log2(max(20.0, np.interp(0.01, below, EDGES))),
        np.log2((clicks.mean() if clicks.size else 0.0) + 1 / 64),
    ])
