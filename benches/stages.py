"""What each stage costs: runs benches/stages.rs and keeps its table, benches/results/stages.json.

Usage: python3 benches/stages.py [--quick] [SOURCES_DIR]
"""

import argparse
import json
import os
import re
import subprocess
from pathlib import Path

from common import clips, environment, program

UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
COLUMNS = ("fastest", "slowest", "median", "mean")
ROW = re.compile(r"^(?P<indent>[│ ]*)[├╰]─ (?P<name>\S+) *(?P<cells>.*)$")


def seconds(cell: str) -> float | None:
    number = re.fullmatch(r"([\d.]+) (\S+)", cell.strip())
    return float(number[1]) * UNITS[number[2]] if number else None


def parse(table: str) -> list[dict]:
    """divan's tree: a bench, or below it one row per argument (a model)."""
    rows, bench = [], ""
    for line in table.splitlines():
        match = ROW.match(line)
        if not match:
            continue
        is_argument = bool(match["indent"])
        if not is_argument:
            bench = match["name"]
        times = [seconds(cell) for cell in match["cells"].split("│")[:4]]
        if len(times) == 4 and None not in times:
            rows.append({"stage": bench, "model": match["name"] if is_argument else None}
                        | {f"{column}_ms": round(1000 * time, 6)
                           for column, time in zip(COLUMNS, times)})
    if not rows:
        raise SystemExit(f"no figures in what cargo bench printed:\n{table}")
    return rows


def patches_per_clip(model: str, seconds: float = 30.0) -> int:
    """As many as fit without overlap, but not more than the model wants."""
    manifest = json.loads((program.model_folder(model) / "model.json").read_text())
    front, patch = manifest["front_ends"]["musicnn"], manifest["patch"]
    frames = 1 + int(seconds * front["sample_rate"]) // front["hop_length"]
    return min(frames // patch["frames"], patch["max_patches"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="?", type=Path, default=clips.EXAMPLES)
    parser.add_argument("--quick", action="store_true",
                        help="two samples each, into quick-stages.json")
    arguments = parser.parse_args()
    sources = arguments.sources.resolve()

    program.build()
    folder = clips.make(sources, 50, 30.0)
    clip = sorted(folder.glob("*.mp3"))[0]
    options = ["--sample-count", "2"] if arguments.quick else []
    command = ["cargo", "bench", "--locked", "--bench", "stages", "--", *options]
    subprocess.run(["cargo", "bench", "--locked", "--bench", "stages", "--no-run"],
                   cwd=environment.ROOT, check=True)
    results = environment.describe(
        "python3 benches/stages.py" + (" --quick" if arguments.quick else "")) | {
        "program": program.version(),
        "clip": {"seconds": 30.0, "format": clips.FORMAT},
    }
    table = subprocess.run(command, cwd=environment.ROOT, check=True, text=True,
                           stdout=subprocess.PIPE,
                           env=os.environ | {"FMA_GENRE_BENCH_CLIP": str(clip)}).stdout
    print(table)
    results["stages"] = parse(table)
    models = dict.fromkeys(row["model"] for row in results["stages"] if row["model"])
    results["patches_per_clip"] = {model: patches_per_clip(model) for model in models}
    environment.save("quick-stages" if arguments.quick else "stages", results)


if __name__ == "__main__":
    main()
