"""What the program's models say of silence around music, of quiet copies, and of sounds that are no music.

Usage: cd training && .venv/bin/python -m checks.silence_and_level [--program FILE]

Needs the built program (target/release/fma-genre) and the environment of setup.sh, whose soundfile
writes the mp3 files. The music are the clips of examples/, encoded anew in every variant, as a
reference without any change too. Prints the tables of models/README.md. Distances are in total variation, half the
sum of the absolute differences of the 16 probabilities, under FMA-medium's prior, the program's default.
"""

import argparse
import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from checks import signals
from pipeline.genres import FMA_PRIOR, GENRES

PROJECT = Path(__file__).resolve().parents[2]
MODELS = ("compact", "full")
PLACES = ("before", "between", "after")
SILENCES = (2.0, 8.0, 30.0)
LEVELS = (-10, -20, -30, -40, -50, -60)
REFERENCE = "as it is"


def write_mp3(path: Path, samples: np.ndarray, rate: int) -> None:
    soundfile.write(path, samples, rate, format="MP3", subtype="MPEG_LAYER_III",
                    bitrate_mode="CONSTANT", compression_level=0.5)


def music() -> dict[str, dict[str, tuple[np.ndarray, int]]]:
    """Clip -> variant -> samples and rate."""
    result = {}
    for path in sorted((PROJECT / "examples").glob("*.mp3")):
        x, rate = soundfile.read(path)
        variants = {REFERENCE: x}
        variants |= {f"{seconds:.0f} s {place}": signals.with_silence(x, rate, place, seconds)
                     for place in PLACES for seconds in SILENCES}
        variants |= {f"{level} dB": x * signals.decibels(level) for level in LEVELS}
        result[path.stem] = {name: (samples, rate) for name, samples in variants.items()}
    return result


def predict(program: Path, model: str, folder: Path) -> dict[str, np.ndarray]:
    """Probabilities [16] by file name without its ending."""
    out = folder / f"{model}.csv"
    subprocess.run([str(program), "--quiet", "predict", str(folder), "-o", str(out), "--model", model],
                   check=True, stderr=subprocess.DEVNULL)
    with out.open(newline="") as file:
        return {row["file_id"]: np.array([float(row[genre]) for genre in GENRES])
                for row in csv.DictReader(file)}


def total_variation(p: np.ndarray, q: np.ndarray) -> float:
    return 0.5 * float(np.abs(p - q).sum())


def encoded(folder: Path, sounds: dict) -> dict[str, object]:
    """Writes all as 0000.mp3, 0001.mp3, ...; returns which name is which key."""
    names = {}
    for index, (key, (samples, rate)) in enumerate(sounds.items()):
        names[f"{index:04}"] = key
        write_mp3(folder / f"{index:04}.mp3", samples, rate)
    return names


def changes(program: Path) -> str:
    """Per variant and model: same top genres, median and largest distance to the unchanged clip."""
    clips = music()
    variants = [name for name in next(iter(clips.values())) if name != REFERENCE]
    lines = ["| the ten examples, with | " + " | ".join(
        f"`{model}`: top genre kept | distance, median | largest" for model in MODELS) + " |",
        "|---" * (1 + 3 * len(MODELS)) + "|"]
    with tempfile.TemporaryDirectory() as scratch:
        names = encoded(Path(scratch), {(clip, variant): sound for clip, own in clips.items()
                                        for variant, sound in own.items()})
        cells = {variant: [] for variant in variants}
        for model in MODELS:
            found = {names[name]: p for name, p in predict(program, model, Path(scratch)).items()}
            for variant in variants:
                pairs = [(found[clip, REFERENCE], found[clip, variant]) for clip in clips]
                distances = [total_variation(*pair) for pair in pairs]
                kept = sum(p.argmax() == q.argmax() for p, q in pairs)
                cells[variant] += [f"{kept} of {len(pairs)}", f"{np.median(distances):.3f}",
                                   f"{max(distances):.3f}"]
    lines += [f"| {silence_or_level(variant)} | " + " | ".join(row) + " |"
              for variant, row in cells.items()]
    return "\n".join(lines)


def silence_or_level(variant: str) -> str:
    seconds, _, place = variant.partition(" s ")
    return f"{seconds} s of silence {place}" if place else f"the level changed by {variant}"


def no_music(program: Path) -> str:
    """Per signal and model: the top genre and its probability, and the distance from the prior."""
    lines = ["| sound | " + " | ".join(f"`{model}`: top genre | distance from the prior"
                                       for model in MODELS) + " |",
             "|---" * (1 + 2 * len(MODELS)) + "|"]
    with tempfile.TemporaryDirectory() as scratch:
        names = encoded(Path(scratch),
                        {name: (x, signals.RATE) for name, x in signals.no_music().items()})
        answers = [predict(program, model, Path(scratch)) for model in MODELS]
        for name, signal in names.items():
            cells = [f"{GENRES[p.argmax()]} {p.max():.2f} | {total_variation(p, FMA_PRIOR):.2f}"
                     for p in (answer[name] for answer in answers)]
            lines.append(f"| {signal} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path,
                        default=PROJECT / "target" / "release" / "fma-genre")
    program = parser.parse_args().program.resolve()
    print(changes(program), "", no_music(program), sep="\n")


if __name__ == "__main__":
    main()
