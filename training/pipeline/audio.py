"""mp3 to mono samples at 16 kHz by libmpg123 (in soundfile) and scipy: a decoder and a resampler that are
none of the program's."""

from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from pipeline.front_end import SAMPLE_RATE


def load(path: Path, skip: int = 0) -> np.ndarray:
    """[n] float32, within -1 to 1; `skip` samples at the file's rate are left out at the start.

    Resampled by an FFT over the whole file, whose edge at 8 kHz is as steep as the program's.
    """
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    samples = np.clip(samples, -1.0, 1.0).mean(axis=1)[skip:]
    return np.clip(resample(samples, rate), -1.0, 1.0).astype(np.float32)


def resample(samples: np.ndarray, rate: int) -> np.ndarray:
    """From `rate` to 16 kHz. The FFT takes the clip for a circle: a second of silence keeps its ends apart."""
    wanted = -(-len(samples) * SAMPLE_RATE // rate)
    # A length whose resampled length is whole.
    step = rate // gcd(rate, SAMPLE_RATE)
    length = -(-(len(samples) + rate) // step) * step
    padded = np.pad(samples, (0, length - len(samples)))
    return signal.resample(padded, length * SAMPLE_RATE // rate)[:wanted]
