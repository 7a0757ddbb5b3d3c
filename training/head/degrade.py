"""Degradations of a mono signal: the parts from which `recipes` are put together.

Every function takes samples [n] (float64, full scale 1) and returns as many. `rate` is in Hz,
levels are in dB, `rng` a numpy Generator: the same seed gives the same samples.
"""

import numpy as np
from scipy import fft, signal


def rms(x: np.ndarray) -> float:
    """Root mean square, never zero."""
    return float(np.sqrt(np.mean(x * x)) + 1e-9)


def at_level(x: np.ndarray, reference: np.ndarray, ratio_db: float) -> np.ndarray:
    """`x` scaled to lie `ratio_db` below the RMS of `reference`."""
    return x * (rms(reference) / rms(x) * 10 ** (-ratio_db / 20))


def band_limit(x: np.ndarray, rate: int, low: float | None, high: float | None,
               order: int = 4) -> np.ndarray:
    """Butterworth high-pass at `low` and low-pass at `high` Hz; None leaves that side open."""
    limit = 0.49 * rate
    for frequency, kind in ((low, "highpass"), (high, "lowpass")):
        if frequency is not None and frequency < limit:
            x = signal.sosfilt(
                signal.butter(order, frequency, kind, fs=rate, output="sos"), x)
    return x


def shape_spectrum(x: np.ndarray, rate: int, gain_db) -> np.ndarray:
    """Multiplies the spectrum by `gain_db(frequencies in Hz)`, zero phase."""
    n = fft.next_fast_len(len(x), real=True)
    spectrum = fft.rfft(x, n)
    frequencies = fft.rfftfreq(n, 1 / rate)
    return fft.irfft(spectrum * 10 ** (gain_db(frequencies) / 20), n)[:len(x)]


def tilt(x: np.ndarray, rate: int, db_per_octave: float) -> np.ndarray:
    """Straight slope over log frequency, 0 dB at 1 kHz, flat below 60 Hz."""
    return shape_spectrum(
        x, rate, lambda f: db_per_octave * np.log2(np.maximum(f, 60.0) / 1000.0))


def resonances(x: np.ndarray, rate: int, rng: np.random.Generator, count: int,
               depth_db: float) -> np.ndarray:
    """`count` random peaks or dips of up to `depth_db`, each about an octave wide, as a horn,
    a small loudspeaker or a room gives."""
    centres = np.exp(rng.uniform(np.log(150.0), np.log(4000.0), count))
    gains = rng.uniform(-depth_db, depth_db, count)

    def gain(f: np.ndarray) -> np.ndarray:
        octaves = np.log2(np.maximum(f, 20.0)[:, None] / centres)
        return np.exp(-0.5 * (octaves / 0.4) ** 2) @ gains

    return shape_spectrum(x, rate, gain)


def noise(n: int, rate: int, rng: np.random.Generator, slope_db_per_octave: float = 0.0
          ) -> np.ndarray:
    """Gaussian noise of any colour: 0 white, -3 pink, +3 hiss of a disc or tape."""
    return tilt(rng.standard_normal(n), rate, slope_db_per_octave)


def hum(n: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Mains hum of 50 or 60 Hz with falling harmonics."""
    base = rng.choice([50.0, 60.0])
    t = np.arange(n) / rate
    harmonics = range(1, 7)
    return sum(rng.uniform(0.2, 1.0) / k
               * np.sin(2 * np.pi * (base * k * t + rng.uniform())) for k in harmonics)


def crackle(n: int, rate: int, rng: np.random.Generator, per_second: float) -> np.ndarray:
    """Clicks at Poisson times with heavy-tailed heights, each a decaying burst of 0.2 to 2 ms."""
    out = np.zeros(n + rate // 100)
    for start in rng.integers(0, n, rng.poisson(per_second * n / rate)):
        length = int(rate * rng.uniform(0.0002, 0.002)) + 2
        burst = rng.standard_normal(length) * np.exp(-4 * np.arange(length) / length)
        out[start:start + length] += burst * rng.pareto(2.5)
    return out[:n]


def wow(x: np.ndarray, rate: int, rng: np.random.Generator, depth: float, hertz: float
        ) -> np.ndarray:
    """Periodic speed change of relative size `depth` at `hertz` (78 rpm turns at 1.3 Hz)."""
    t = np.arange(len(x))
    omega = 2 * np.pi * hertz / rate
    shift = depth / omega * (np.sin(omega * t + rng.uniform(0, 2 * np.pi)))
    return np.interp(np.clip(t + shift, 0, len(x) - 1), t, x)


def saturate(x: np.ndarray, drive_db: float) -> np.ndarray:
    """Soft clipping after bringing the RMS to `drive_db` re full scale; RMS is restored."""
    level = rms(x)
    y = np.tanh(x * (10 ** (drive_db / 20) / level))
    return y * (level / rms(y))


def compress(x: np.ndarray, rate: int, strength: float) -> np.ndarray:
    """Evens out loudness over 50 ms windows; `strength` 0 does nothing, 1 makes it constant."""
    envelope = np.sqrt(signal.sosfiltfilt(
        signal.butter(1, 10.0, "lowpass", fs=rate, output="sos"), x * x).clip(1e-8))
    return x * (rms(x) / envelope) ** strength


def room(x: np.ndarray, rate: int, rng: np.random.Generator, seconds: float, wet: float
         ) -> np.ndarray:
    """Adds a diffuse tail: noise that decays by 60 dB within `seconds`, darkening; `wet` is its
    share of the energy."""
    n = int(seconds * rate)
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    tail = band_limit(tail, rate, 100.0, rng.uniform(2500.0, 6000.0), order=1)
    reverberant = signal.fftconvolve(x, tail)[:len(x)]
    return np.sqrt(1 - wet) * x + np.sqrt(wet) * at_level(reverberant, x, 0.0)


def to_level(x: np.ndarray, level_db: float) -> np.ndarray:
    """Sets the RMS to `level_db` re full scale, lower where peaks would clip."""
    x = x * (10 ** (level_db / 20) / rms(x))
    return x / max(1.0, float(np.abs(x).max()) / 0.99)
