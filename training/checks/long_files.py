"""What it costs to look at a few patches of a long file instead of at all of it.

Usage: cd training && .venv/bin/python -m checks.long_files CLIPS_DIR [--program FILE] [--out FILE]

Needs the built program (target/release/fma-genre), ffmpeg, and labelled clips with a manifest.csv
(columns file, genre, source). A long file is made of the clips of one genre and source, in an
order drawn once, up to 20 of them: some five minutes in which more changes than in most songs. The
default model looks at it with its own number of patches and with more, by copies of its folder
with other numbers in model.json. The bundled heads were trained on such clips, so the figures
flatter; what counts is how they change with the number of patches. Prints the table of
docs/model-evaluation.md.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from pipeline.genres import GENRES

PROJECT = Path(__file__).resolve().parents[2]
MODEL = PROJECT / "models" / "compact"
LEAST_CLIPS, MOST_CLIPS = 8, 20
TIMES_THE_PATCHES = (1, 2, 4, 8, 20)


def long_files(clips: Path) -> dict[str, tuple[str, list[Path]]]:
    """Name -> genre and clips."""
    of: dict[tuple[str, str], list[Path]] = defaultdict(list)
    with (clips / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["genre"]:
                of[row["genre"], row["source"]].append(clips / row["file"])
    draw = random.Random(2026)
    result = {}
    for (genre, source), paths in sorted(of.items()):
        draw.shuffle(paths)
        for start in range(0, len(paths), MOST_CLIPS):
            chosen = paths[start:start + MOST_CLIPS]
            if len(chosen) >= LEAST_CLIPS:
                result[f"{len(result):03}"] = (genre, chosen)
    return result


def join(paths: list[Path], out: Path) -> None:
    inputs = [part for path in paths for part in ("-i", str(path))]
    joined = f"concat=n={len(paths)}:v=0:a=1"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *inputs, "-filter_complex", joined,
                    "-ar", "44100", "-b:a", "128k", str(out)], check=True)


def model_with(times: int, folder: Path) -> Path:
    """A copy of the model that looks at so many times the patches."""
    copy = folder / f"model-{times}"
    shutil.copytree(MODEL, copy)
    manifest = json.loads((copy / "model.json").read_text())
    manifest["patch"]["max_patches"] *= times
    for network in manifest["networks"]:
        if network.get("patches") is not None:
            network["patches"] *= times
    (copy / "model.json").write_text(json.dumps(manifest))
    return copy


def predict(program: Path, model: Path, songs: Path) -> tuple[dict[str, np.ndarray], float]:
    """Probabilities [16] by name, and seconds."""
    out = songs.parent / "out.csv"
    start = time.perf_counter()
    subprocess.run([str(program), "--quiet", "predict", str(songs), "-o", str(out), "--model", str(model),
                    "--prior", "uniform", "--jobs", "1"], check=True)
    seconds = time.perf_counter() - start
    with out.open(newline="") as file:
        rows = {row["file_id"]: np.array([float(row[genre]) for genre in GENRES])
                for row in csv.DictReader(file)}
    return rows, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--program", type=Path, default=PROJECT / "target/release/fma-genre")
    parser.add_argument("--out", type=Path, default=PROJECT / "training/reports/long-files.json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        songs = folder / "songs"
        songs.mkdir()
        files = long_files(args.clips)
        for song, (_, paths) in files.items():
            join(paths, songs / f"{song}.mp3")
        results = {times: predict(args.program, model_with(times, folder), songs)
                   for times in TIMES_THE_PATCHES}
    most, _ = results[TIMES_THE_PATCHES[-1]]
    patches = json.loads((MODEL / "model.json").read_text())["patch"]["max_patches"]
    rows = []
    for times, (found, seconds) in results.items():
        truth = np.array([found[song][GENRES.index(genre)] for song, (genre, _) in files.items()])
        right = [GENRES[int(found[song].argmax())] == genre for song, (genre, _) in files.items()]
        distance = [0.5 * np.abs(found[song] - most[song]).sum() for song in files]
        same = [found[song].argmax() == most[song].argmax() for song in files]
        rows.append({"patches": patches * times, "log_loss": float(-np.log(truth).mean()),
                     "accuracy": float(np.mean(right)), "same_top": float(np.mean(same)),
                     "distance_median": float(np.median(distance)),
                     "distance_p95": float(np.quantile(distance, 0.95)),
                     "ms_per_file": 1e3 * seconds / len(files)})
    args.out.write_text(json.dumps({"files": len(files), "rows": rows}, indent=1) + "\n")
    print(f"{len(files)} files\n")
    print("| patches | log loss | accuracy | same top genre as with the most | distance: median, 95 % | ms per file |")
    print("|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(f"| {row['patches']} | {row['log_loss']:.3f} | {row['accuracy']:.1%} | {row['same_top']:.1%} "
              f"| {row['distance_median']:.3f}, {row['distance_p95']:.3f} | {row['ms_per_file']:.0f} |")


if __name__ == "__main__":
    main()
