"""Sounds that are no music, and music with silence or at another level. Samples [n] or [n, channels], full
scale 1."""

import numpy as np

RATE = 44_100
SECONDS = 15.0
SEED = 20261126


def decibels(level: float) -> float:
    """The factor of a level in dB."""
    return 10 ** (level / 20)


def with_rms(x: np.ndarray, level: float) -> np.ndarray:
    """`x` at an RMS of `level` dB re full scale, clipped there."""
    return np.clip(x * decibels(level) / np.sqrt(np.mean(x * x)), -1.0, 1.0)


def tone(hertz: float, level: float) -> np.ndarray:
    return with_rms(np.sin(2 * np.pi * hertz * np.arange(int(SECONDS * RATE)) / RATE), level)


def white_noise(level: float) -> np.ndarray:
    return with_rms(np.random.default_rng(SEED).standard_normal(int(SECONDS * RATE)), level)


def pink_noise(level: float) -> np.ndarray:
    """Noise whose power falls by 3 dB per octave, from 20 Hz on."""
    white = np.random.default_rng(SEED).standard_normal(int(SECONDS * RATE))
    spectrum = np.fft.rfft(white)
    frequencies = np.maximum(np.fft.rfftfreq(len(white), 1 / RATE), 20.0)
    return with_rms(np.fft.irfft(spectrum / np.sqrt(frequencies), len(white)), level)


def hum(level: float) -> np.ndarray:
    """Mains hum: 50 Hz and its second and third harmonic, each 10 dB below the one before."""
    t = np.arange(int(SECONDS * RATE)) / RATE
    return with_rms(sum(decibels(-10 * k) * np.sin(2 * np.pi * 50 * (k + 1) * t) for k in range(3)),
                    level)


def click() -> np.ndarray:
    """One sample at full scale in silence."""
    x = np.zeros(int(SECONDS * RATE))
    x[len(x) // 2] = 1.0
    return x


def no_music() -> dict[str, np.ndarray]:
    """Signals by name. Levels are RMS re full scale."""
    signals = {"digital silence": np.zeros(int(SECONDS * RATE))}
    signals |= {f"white noise, {level} dBFS": white_noise(level) for level in (-12, -30, -50, -74)}
    signals |= {f"pink noise, {level} dBFS": pink_noise(level) for level in (-20, -50)}
    signals |= {f"hum of 50 Hz, {level} dBFS": hum(level) for level in (-20, -50)}
    signals |= {"tone of 1 kHz, -20 dBFS": tone(1_000, -20),
                "tone of 10 kHz, -20 dBFS": tone(10_000, -20),
                "one click": click()}
    return signals


def with_silence(x: np.ndarray, rate: int, where: str, seconds: float) -> np.ndarray:
    """`x` with digital silence `where`: before, between its halves, or after."""
    silence = np.zeros((int(seconds * rate), *x.shape[1:]))
    at = {"before": 0, "between": len(x) // 2, "after": len(x)}[where]
    return np.concatenate([x[:at], silence, x[at:]])
