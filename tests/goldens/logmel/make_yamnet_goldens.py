#!/usr/bin/env python3
"""Makes the goldens of YAMNet's log-mel with TensorFlow, in yamnet/.

usage: pip install -r requirements-yamnet.txt && python make_yamnet_goldens.py [OUTDIR]

For each NAME a window, NAME.logmel.npy [96, 64], of 15,600 samples: of music, those of
../NAME.samples.npy (made by make_goldens.py) from sample 20,000 on; noise.samples.npy; and
silence. mel-filters.npy [64, 257] is the mel filter matrix, in double precision. All are little
endian float32 in C order.

The front end is that of YAMNet (M. Plakal and D. Ellis, TensorFlow models,
research/audioset/yamnet, features.py and params.py): tf.signal.stft with frames of 400 samples,
one every 160, FFT of 512 points, magnitude; tf.signal.linear_to_mel_weight_matrix with 64 bands
from 125 to 7500 Hz; ln(x + 0.001). YAMNet computes the matrix in single precision, and so do the
log-mels here; the script prints how much that is worth, and checks TensorFlow's result
against a plain float64 computation of the same definition.
"""

import pathlib
import sys

import numpy as np
import tensorflow as tf

RATE, FFT, WINDOW, HOP, BANDS, MIN_HZ, MAX_HZ, OFFSET = 16_000, 512, 400, 160, 64, 125.0, 7500.0, 0.001
SAMPLES = 15_600
MUSIC, START = ("electronic", "metal", "minstrels"), 20_000
SEED = 20261124
HERE = pathlib.Path(__file__).resolve().parent


def windows():
    """Name and samples of every golden."""
    for name in MUSIC:
        yield name, np.load(HERE / f"{name}.samples.npy")[START:][:SAMPLES]
    yield "noise", np.random.default_rng(SEED).uniform(-0.5, 0.5, SAMPLES).astype(np.float32)
    yield "silence", np.zeros(SAMPLES, np.float32)


def mel_filters(dtype):
    """[bins, bands]"""
    return tf.signal.linear_to_mel_weight_matrix(
        num_mel_bins=BANDS, num_spectrogram_bins=FFT // 2 + 1, sample_rate=RATE,
        lower_edge_hertz=MIN_HZ, upper_edge_hertz=MAX_HZ, dtype=dtype)


def logmel(samples):
    """[frames, bands], as features.py has it."""
    magnitude = tf.abs(tf.signal.stft(
        signals=samples, frame_length=WINDOW, frame_step=HOP, fft_length=FFT))
    return tf.math.log(tf.matmul(magnitude, mel_filters(tf.float32)) + OFFSET).numpy()


def mel_filters_float64():
    """[bands, bins]: triangles of height 1 that are linear in mel."""
    def to_mel(hz):
        return 1127 * np.log(1 + hz / 700)

    edges = np.linspace(to_mel(MIN_HZ), to_mel(MAX_HZ), BANDS + 2)
    bins = to_mel(np.arange(FFT // 2 + 1) * RATE / FFT)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))


def logmel_float64(samples):
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    magnitude = np.abs(np.fft.rfft(frames * hann, FFT))
    return np.log(magnitude @ mel_filters_float64().T + OFFSET)


def save(directory, name, array):
    np.save(directory / f"{name}.npy", np.ascontiguousarray(array, dtype="<f4"))


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "yamnet"
    out.mkdir(parents=True, exist_ok=True)

    filters = mel_filters(tf.float64).numpy().T
    error = np.abs(filters - mel_filters_float64()).max()
    single = np.abs(filters - mel_filters(tf.float32).numpy().T).max()
    print(f"mel-filters {filters.shape}, against float64: {error:.1e}; in single precision: {single:.1e}")
    assert error < 1e-9 and (filters.sum(axis=1) > 0).all()
    save(out, "mel-filters", filters)

    for name, samples in windows():
        assert samples.shape == (SAMPLES,) and samples.dtype == np.float32
        values = logmel(samples)
        assert values.dtype == np.float32 and values.shape == (96, BANDS)
        error = np.abs(values - logmel_float64(samples)).max()
        print(f"{name:11} from {values.min():.3f} to {values.max():.3f}; against float64: {error:.1e}")
        assert error < 1e-3
        save(out, f"{name}.logmel", values)
        if name == "noise":
            save(out, f"{name}.samples", samples)


if __name__ == "__main__":
    main()
