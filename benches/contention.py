"""What the last percents of scaling are lost to: benches/results/contention.json.

Usage: python3 benches/contention.py [--quick] [SOURCES_DIR]

For one processor, two, four and so on, in turns, with as much work per processor:
- alone: one process with one job, the other processors idle;
- beside loops: the same, while the other processors count in registers. What it loses, clock and shared cores take;
- processes: one process per processor, each with one job. What these lose beyond that, shared caches and memory take;
- jobs: one process with a job per processor. What it loses beyond that is the program's own: locks, allocator, order of rows.
If processor time per clip grows, work became slower; if only wall time does, someone waited. Standard library and ffmpeg only.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from common import clips, environment, program

LOOP = ["sh", "-c", "while :; do :; done"]


@contextlib.contextmanager
def loops(cpus: list[int]):
    """Busy processes, one on each of these processors."""
    started = [subprocess.Popen(["taskset", "--cpu-list", str(cpu), *LOOP]) for cpu in cpus]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def measure(action) -> tuple[float, float]:
    """Seconds by the clock and of processor time of what `action` starts and ends; loops are still running then."""
    before = os.times()
    start = time.perf_counter()
    action()
    wall = time.perf_counter() - start
    after = os.times()
    return wall, (after.children_user + after.children_system
                  - before.children_user - before.children_system)


def predict(folder: Path, out: Path, jobs: int, cpus: list[int]) -> None:
    command = ["taskset", "--cpu-list", ",".join(map(str, cpus)), program.BINARY, "predict", folder, "-o", out,
               "--jobs", jobs, "--quiet", "--force"]
    subprocess.run([str(part) for part in command], check=True)


def side_by_side(folders: list[Path], cpus: list[int]) -> None:
    """A process for each folder, on a processor of its own."""
    threads = [threading.Thread(target=predict, args=(folder, folder.with_suffix(".csv"), 1, [cpu]))
               for folder, cpu in zip(folders, cpus)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="?", type=Path, default=clips.EXAMPLES)
    parser.add_argument("--quick", action="store_true", help="few files, into quick-contention.json")
    arguments = parser.parse_args()
    quick, sources = arguments.quick, arguments.sources.resolve()
    rounds, per_processor = (1, 20) if quick else (5, 200)

    program.build()
    results = environment.describe("python3 benches/contention.py" + (" --quick" if quick else "")) | {
        "program": program.version(), "clips_per_processor": per_processor, "rows": []}
    all_cpus = sorted(os.sched_getaffinity(0))
    environment.CACHE.mkdir(exist_ok=True)
    made = clips.make(sources, 20, 30.0)
    with tempfile.TemporaryDirectory(dir=environment.CACHE) as folder:
        scratch = Path(folder)
        own = [clips.hard_links(made, per_processor, scratch / f"part-{i}") for i in range(len(all_cpus))]
        number = 2
        while number <= len(all_cpus):
            cpus = all_cpus[:number]
            whole = clips.hard_links(made, per_processor * number, scratch / f"whole-{number}")
            out = scratch / "out.csv"
            seen: dict[str, list[tuple[float, float]]] = {}
            for _ in range(rounds):
                seen.setdefault("alone", []).append(measure(lambda: predict(own[0], out, 1, cpus[:1])))
                with loops(cpus[1:]):
                    seen.setdefault("beside loops", []).append(
                        measure(lambda: predict(own[0], out, 1, cpus[:1])))
                seen.setdefault("processes", []).append(measure(lambda: side_by_side(own[:number], cpus)))
                seen.setdefault("jobs", []).append(measure(lambda: predict(whole, out, number, cpus)))
            for way, costs in seen.items():
                share = number if way in ("processes", "jobs") else 1
                ratios = [wall / alone for (wall, _), (alone, _) in zip(costs, seen["alone"])]
                row = {"processors": number, "way": way,
                       "wall_ms_per_clip_and_processor": [1000 * wall / per_processor for wall, _ in costs],
                       "cpu_ms_per_clip": [1000 * cpu / per_processor / share for _, cpu in costs],
                       "wall_to_alone": statistics.median(ratios)}
                results["rows"].append(row)
                print(f"{number} processors, {way}: {row['wall_to_alone']:.3f} times the time alone, "
                      f"{statistics.median(row['cpu_ms_per_clip']):.1f} ms of processor time per clip", flush=True)
            number *= 2
    environment.save("quick-contention" if quick else "contention", results)


if __name__ == "__main__":
    main()
