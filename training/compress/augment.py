"""Changes to a log-mel patch that a recording could have undergone, in the power domain.

They widen what the student sees far beyond the clips at hand; the teacher hears the same
changed patch, so none of them needs to keep the genre.
"""

import numpy as np

from pipeline.front_end import BANDS, LOG_MULTIPLIER

PLAIN = 0.35   # share of patches that stay as they are
MIX = 0.3      # shares of the others: sum of two clips,
TILT = 0.4     # equaliser slope,
LOW_PASS = 0.3
HIGH_PASS = 0.1
NOISE = 0.2    # stationary coloured noise


def to_power(log_mel: np.ndarray) -> np.ndarray:
    return (10.0 ** log_mel - 1.0) / LOG_MULTIPLIER


def to_log_mel(power: np.ndarray) -> np.ndarray:
    return np.log10(LOG_MULTIPLIER * power + 1.0).astype(np.float32)


def augmented(patch: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`patch` [187, 96], changed at random; `other` is a patch of another clip for mixing."""
    if rng.random() < PLAIN:
        return patch
    power = to_power(patch)
    if rng.random() < MIX:
        power = power + to_power(other) * 10 ** rng.uniform(-1.5, 0.5)
    if rng.random() < TILT:
        power = power * 10 ** (rng.uniform(-1, 1) * np.linspace(-1, 1, BANDS))
    power = power * 10 ** rng.uniform(-2, 1)  # -20 to +10 dB
    if rng.random() < NOISE:
        colour = 10 ** (rng.uniform(-1.5, 0.5) * np.linspace(0, 1, BANDS))
        level = 10 ** rng.uniform(-4, -1) * power.mean()
        power = power + level * colour * rng.exponential(size=power.shape)
    floor = 10 ** rng.uniform(-9, -6)
    if rng.random() < LOW_PASS:
        power[:, rng.integers(30, BANDS - 4):] *= floor
    if rng.random() < HIGH_PASS:
        power[:, :rng.integers(2, 20)] *= floor
    return to_log_mel(power)
