"""Start-up, size, and how time and memory grow: benches/results/scaling.json.

Usage: python3 benches/scaling.py [--quick] [SOURCES_DIR]

The folders to be classified hold hard links to a few clips, so that 10,000 files need no disk and all
reading is from the page cache. Standard library and ffmpeg only.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from common import clips, environment, program

# Clip seconds -> numbers of files; short clips for the largest run, which shows the memory.
SERIES = {30.0: (10, 100, 1_000), 6.0: (10, 100, 1_000, 10_000)}
QUICK_SERIES = {30.0: (10,), 6.0: (10, 100)}


def repeated(times: int, action) -> dict:
    costs = [action() for _ in range(times)]
    return {
        "median_wall_ms": round(1000 * statistics.median(c.wall_seconds for c in costs), 2),
        "median_cpu_ms": round(1000 * statistics.median(c.cpu_seconds for c in costs), 2),
        "peak_mib": round(max(c.peak_mib for c in costs), 1),
        "wall_ms": [round(1000 * c.wall_seconds, 2) for c in costs],
    }


def start_up(sources: Path, scratch: Path, times: int) -> dict:
    """How long until the program has done nothing, and next to nothing."""
    folder = clips.make(sources, 1, 1.0)
    return {
        "version": repeated(times, lambda: program.run([program.BINARY, "--version"])),
        "one_clip_of_a_second": {
            model: repeated(times, lambda m=model: program.predict(
                folder, scratch / "out.csv", jobs=1, model=m))
            for model in program.bundled_models()},
    }


def growth(sources: Path, scratch: Path, series: dict, jobs: int) -> list[dict]:
    rows = []
    for seconds, counts in series.items():
        clip_folder = clips.make(sources, 20, seconds)
        for count in counts:
            folder = clips.hard_links(clip_folder, count, scratch / f"{count}x{seconds:g}")
            cost = program.predict(folder, scratch / "out.csv", jobs=jobs)
            shutil.rmtree(folder)
            rows.append({"clip_seconds": seconds, "files": count, "jobs": jobs} | cost.as_dict())
            print(f"{count} files of {seconds:g} s: {cost.wall_seconds:.1f} s, "
                  f"{cost.peak_mib:.0f} MiB", flush=True)
    return rows


def by_jobs(sources: Path, scratch: Path, rounds: int, count: int) -> list[dict]:
    """Jobs up to twice the processors, in turns."""
    folder = clips.make(sources, count, 30.0)
    cores = environment.machine()["cores"]
    rows = []
    for number in range(rounds):
        for jobs in range(1, 2 * cores + 1):
            cost = program.predict(folder, scratch / "out.csv", jobs=jobs)
            rows.append({"jobs": jobs, "round": number, "clips": count} | cost.as_dict())
            print(f"{jobs} job(s): {count / cost.wall_seconds:.1f} clips/s", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="?", type=Path, default=clips.EXAMPLES)
    parser.add_argument("--quick", action="store_true",
                        help="few files, into quick-scaling.json")
    arguments = parser.parse_args()
    quick, sources = arguments.quick, arguments.sources.resolve()

    program.build()
    name = "quick-scaling" if quick else "scaling"
    results = environment.describe(
        "python3 benches/scaling.py" + (" --quick" if quick else "")) | {
        "program": program.version(),
        "default_model": program.bundled_models()[0],
        "binary_mib": round(program.BINARY.stat().st_size / 2**20, 2),
    }
    # In the cache folder, because hard links cannot leave the file system.
    environment.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=environment.CACHE) as folder:
        scratch = Path(folder)
        results["start_up"] = start_up(sources, scratch, 3 if quick else 15)
        results["jobs"] = by_jobs(sources, scratch, 1 if quick else 3, 8 if quick else 50)
        cores = results["machine"]["cores"]
        results["growth"] = growth(sources, scratch, QUICK_SERIES if quick else SERIES,
                                   min(2, cores))
    environment.save(name, results)


if __name__ == "__main__":
    main()
