#!/usr/bin/env python3
"""Makes the small mp3s of this folder: sounds that are no music, and what stereo can do to a sound.

Usage: python3 tests/data/sounds/make_sounds.py

Needs lame (3.100 made those that are committed). Everything is computed, nothing recorded.
"""

import math
import random
import struct
import subprocess
import wave
from pathlib import Path

HERE = Path(__file__).resolve().parent
RATE = 44_100
SECONDS = 3


def samples(value, seconds: int = SECONDS) -> list[float]:
    """What `value` gives at each time in seconds."""
    return [value(index / RATE) for index in range(seconds * RATE)]


def noise(amplitude: float) -> list[float]:
    generator = random.Random(1)
    return samples(lambda _: amplitude * generator.uniform(-1, 1))


def tone(frequency: float, time: float) -> float:
    return math.sin(2 * math.pi * frequency * time)


def tune() -> list[float]:
    """Plucked notes, three a second."""
    notes = [220.0, 277.2, 329.6, 440.0, 329.6, 277.2, 246.9, 311.1, 370.0]

    def value(time: float) -> float:
        note, since = notes[int(3 * time) % len(notes)], 3 * time % 1
        return 0.3 * math.exp(-4 * since) * sum(tone(n * note, time) / n for n in (1, 2, 3))

    return samples(value)


def above_8_khz(time: float) -> float:
    """A warble of two tones that no band of the networks holds."""
    return 0.3 * (0.5 + 0.5 * tone(4, time)) * (tone(10_000, time) + tone(12_000, time)) / 2


def write(name: str, left: list[float], right: list[float] | None, options: str) -> None:
    channels = [left] if right is None else [left, right]
    path = HERE / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(RATE)
        values = [round(32_767 * value) for frame in zip(*channels) for value in frame]
        file.writeframes(struct.pack(f"<{len(values)}h", *values))
    subprocess.run(["lame", "--quiet", "-t", *options.split(), path, path.with_suffix(".mp3")], check=True)
    path.unlink()


def main() -> None:
    mono = "-m m -b 64 --resample 44.1"
    write("noise", noise(0.3), None, mono)
    write("faint-noise", noise(0.000346), None, mono)  # -74 dB RMS
    hum = samples(lambda time: sum(0.1 / n * tone(50 * n, time) for n in (1, 2, 3, 4)), 8)
    write("hum", hum, None, "-m m -b 32 --resample 44.1")
    write("click", samples(lambda time: 0.8 if 1.0 <= time < 1.0005 else 0.0), None, mono)
    write("above-8-khz", samples(above_8_khz), None, mono + " --lowpass 15")
    sound, silence = tune(), [0.0] * SECONDS * RATE
    stereo = "-m s -b 128"
    write("stereo-alike", sound, sound, stereo)
    write("stereo-cancelling", sound, [-0.8 * value for value in sound], stereo)
    write("stereo-right-louder", [-0.8 * value for value in sound], sound, stereo)
    write("stereo-dead-channel", sound, silence, stereo)


if __name__ == "__main__":
    main()
