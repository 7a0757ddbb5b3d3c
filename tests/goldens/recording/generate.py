"""Makes the goldens of the features of the recording: expected.csv, with numpy and librosa
(training/pipeline/recording.py), and old-disc.samples.npy, a stretch of music as a 78 would give it back.

Usage (Python environment of training/): training/.venv/bin/python tests/goldens/recording/generate.py
The other signals are those of tests/goldens/logmel.
"""

import csv
import sys
from pathlib import Path

import librosa
import numpy as np

HERE = Path(__file__).resolve().parent
LOG_MELS = HERE.parent / "logmel"
sys.path.insert(0, str(HERE.parents[2] / "training"))

from pipeline import recording  # noqa: E402
from pipeline.front_end import BANDS, HOP, LOG_MULTIPLIER, N_FFT, SAMPLE_RATE  # noqa: E402

SIGNALS = ("electronic", "metal", "minstrels", "tone-1khz", "short-300", "old-disc")


def old_disc(samples: np.ndarray) -> np.ndarray:
    """250 to 3,500 Hz, noise 20 dB below it, and five clicks a second."""
    rng = np.random.default_rng(78)
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    spectrum[(hertz < 250) | (hertz > 3500)] = 0
    samples = np.fft.irfft(spectrum, len(samples))
    rms = np.sqrt(np.mean(samples ** 2))
    samples = samples + 0.1 * rms * rng.standard_normal(len(samples))
    clicks = rng.integers(0, len(samples), 5 * len(samples) // SAMPLE_RATE)
    samples[clicks] += 5 * rms
    return samples.astype("<f4")


def log_mel(samples: np.ndarray) -> np.ndarray:
    power = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP,
                                           n_mels=BANDS, pad_mode="reflect").T
    return np.log10(LOG_MULTIPLIER * power + 1)


def main() -> None:
    disc = old_disc(np.load(LOG_MELS / "minstrels.samples.npy")[:32_000])
    np.save(HERE / "old-disc.samples.npy", disc)
    with (HERE / "expected.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("signal", *recording.FEATURES))
        for name in SIGNALS:
            found = log_mel(disc) if name == "old-disc" else np.load(LOG_MELS / f"{name}.logmel.npy")
            writer.writerow((name, *(f"{value:.5f}" for value in recording.measure(found[None]))))


if __name__ == "__main__":
    main()
