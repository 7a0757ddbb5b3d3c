"""Degradation recipes: how old, cheap or far-away recordings sound.

Each recipe takes (samples, rate, rng), draws its own parameters, and returns samples at a
random level. All but `shellac` keep the genre and are applied to every class alike, so that
no degradation tells a class. `shellac` is the simulated 78 rpm transfer: acoustic band limits
of a horn or an early electrical recording, horn resonances, heavy crackle, surface hiss,
rumble and hum, wow at the turntable's 1.3 Hz, mono.
"""

from collections.abc import Callable

import numpy as np

from head import degrade as d

Recipe = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _finish(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return d.to_level(x, rng.uniform(-30.0, -9.0))


def telephone(x, rate, rng):
    """Narrow band of a telephone line or a small AM radio."""
    x = d.band_limit(x, rate, rng.uniform(80, 320), rng.uniform(2800, 4500), order=5)
    x = d.saturate(x, rng.uniform(-16, -4))
    x = x + d.at_level(d.noise(len(x), rate, rng, -1.5), x, rng.uniform(18, 38))
    return _finish(x, rng)


def low_rate(x, rate, rng):
    """A file that once was sampled at 8 to 11 kHz: steep low-pass, nothing else."""
    return _finish(d.band_limit(x, rate, None, rng.uniform(3400, 5200), order=12), rng)


def tape(x, rate, rng):
    """A studio or radio recording of the 1940s to 1960s: rolled off at both ends, hiss, slight
    flutter, soft saturation, now and then the clicks of a played record."""
    x = d.band_limit(x, rate, rng.uniform(50, 130), _log_uniform(rng, 4200, 8500), order=2)
    x = d.wow(x, rate, rng, _log_uniform(rng, 3e-4, 2e-3), rng.uniform(0.5, 5.0))
    x = d.saturate(x, rng.uniform(-14, -6))
    x = x + d.at_level(d.noise(len(x), rate, rng, rng.uniform(-1, 3)), x, rng.uniform(24, 42))
    if rng.random() < 0.4:
        x = x + d.at_level(d.crackle(len(x), rate, rng, _log_uniform(rng, 2, 15)), x,
                           rng.uniform(26, 36))
    return _finish(x, rng)


def vinyl(x, rate, rng):
    """A worn LP or single: full band, clicks, rumble, some hum."""
    x = d.wow(x, rate, rng, _log_uniform(rng, 3e-4, 1.5e-3), 0.556)
    x = x + d.at_level(d.crackle(len(x), rate, rng, _log_uniform(rng, 3, 30)), x,
                       rng.uniform(20, 34))
    x = x + d.at_level(d.noise(len(x), rate, rng, -6.0), x, rng.uniform(24, 40))
    if rng.random() < 0.5:
        x = x + d.at_level(d.hum(len(x), rate, rng), x, rng.uniform(24, 40))
    return _finish(x, rng)


def equaliser(x, rate, rng):
    """Another taste in mastering: tilt, resonances, more or less compression."""
    x = d.tilt(x, rate, rng.uniform(-3.0, 3.0))
    x = d.resonances(x, rate, rng, 3, 6.0)
    x = d.compress(x, rate, rng.uniform(0.0, 0.6))
    return _finish(x, rng)


def live(x, rate, rng):
    """A microphone in the room: reverberation, noise, little bass."""
    x = d.room(x, rate, rng, rng.uniform(0.4, 2.2), rng.uniform(0.15, 0.6))
    x = d.resonances(x, rate, rng, 4, 5.0)
    x = d.band_limit(x, rate, rng.uniform(40, 160), _log_uniform(rng, 5000, 10000), order=2)
    x = x + d.at_level(d.noise(len(x), rate, rng, rng.uniform(-4, -1)), x, rng.uniform(20, 38))
    return _finish(x, rng)


def shellac(x, rate, rng):
    """78 rpm record, acoustic or early electrical."""
    acoustic = rng.random() < 0.5
    low, high = ((rng.uniform(180, 350), rng.uniform(2200, 3600)) if acoustic
                 else (rng.uniform(80, 180), rng.uniform(3500, 6000)))
    x = d.compress(x, rate, rng.uniform(0.2, 0.6))
    x = d.band_limit(x, rate, low, high, order=3)
    x = d.resonances(x, rate, rng, 4 if acoustic else 2, 9.0 if acoustic else 5.0)
    x = d.saturate(x, rng.uniform(-12, -2))
    x = d.wow(x, rate, rng, _log_uniform(rng, 1e-3, 6e-3), 78 / 60)
    surface = d.noise(len(x), rate, rng, rng.uniform(-2, 2))
    surface = d.band_limit(surface, rate, None, rng.uniform(4000, 8000), order=1)
    x = x + d.at_level(surface, x, rng.uniform(8, 24))
    x = x + d.at_level(d.crackle(len(x), rate, rng, _log_uniform(rng, 25, 250)), x,
                       rng.uniform(8, 22))
    x = x + d.at_level(d.noise(len(x), rate, rng, -6.0), x, rng.uniform(18, 34))
    if rng.random() < 0.4:
        x = x + d.at_level(d.hum(len(x), rate, rng), x, rng.uniform(18, 34))
    return _finish(x, rng)


def music_bed(speech: np.ndarray, bed: np.ndarray, rate: int, rng: np.random.Generator
              ) -> np.ndarray:
    """Speech over music that lies 4 to 20 dB below it. Both are cut to the shorter."""
    n = min(len(speech), len(bed))
    speech, bed = speech[:n], bed[:n]
    return _finish(speech + d.at_level(bed, speech, rng.uniform(4, 20)), rng)


KEEPS_GENRE: dict[str, Recipe] = {
    recipe.__name__: recipe
    for recipe in (telephone, low_rate, tape, vinyl, equaliser, live)
}
# What makes a recording sound old: narrow bands, hiss, crackle, flutter.
MARKS_OF_AGE = ("telephone", "low_rate", "tape", "vinyl")
AGELESS = tuple(name for name in KEEPS_GENRE if name not in MARKS_OF_AGE)
