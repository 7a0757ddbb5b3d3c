"""Runs one peer over a folder of clips, with a number of processes.

Usage: python worker.py PIPELINE MODEL_FOLDER CLIPS_FOLDER JOBS OUT.npz

Prints `ready` when every process has imported its libraries, loaded its networks and analysed one
clip, which also compiles what numba compiles; waits for a line on standard input; then does the work
and prints one line of JSON: seconds by the clock and of processor time, the latter also by stage. Each
process takes the next clip when it is done with one, as the program's threads do.
"""

import json
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import pipelines  # first: it sets the number of threads

import numpy as np

_pipeline = None


def _prepare(name: str, folder: Path, first_clip: Path, everyone_is_ready) -> None:
    global _pipeline
    try:
        _pipeline = pipelines.PIPELINES[name](folder)
        _pipeline(first_clip, pipelines.Clock())
    except BaseException:
        everyone_is_ready.abort()
        raise
    everyone_is_ready.wait()


def _analyse(path: Path) -> tuple[dict[str, np.ndarray], dict[str, float], float]:
    start, clock = time.process_time(), pipelines.Clock()
    result = _pipeline(path, clock)
    return result, clock.seconds, time.process_time() - start


def main() -> None:
    name, folder, clips, jobs, out = sys.argv[1:]
    jobs, paths = int(jobs), sorted(Path(clips).glob("*.mp3"))
    # Not forked: TensorFlow and onnxruntime do not survive that.
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(jobs + 1)
    with context.Pool(jobs, _prepare, (name, Path(folder), paths[0], barrier)) as pool:
        barrier.wait(timeout=300)
        print("ready", flush=True)
        sys.stdin.readline()

        start = time.perf_counter()
        results = list(pool.imap(_analyse, paths))
        wall = time.perf_counter() - start
        pool.close()
        pool.join()
    stages: dict[str, float] = {}
    for _, seconds, _ in results:
        for stage, value in seconds.items():
            stages[stage] = stages.get(stage, 0.0) + value
    arrays = [result for result, _, _ in results]
    np.savez(out, **{key: np.stack([a[key] for a in arrays]) for key in arrays[0]})
    print(json.dumps({
        "wall_seconds": round(wall, 4),
        # Without that of the process that hands out the clips, in the peers' favour.
        "cpu_seconds": round(sum(cpu for *_, cpu in results), 4),
        "cpu_seconds_by_stage": {key: round(value, 4) for key, value in stages.items()},
        # Of the largest process; there are `jobs` of them.
        "peak_mib_per_process": round(
            resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
        "versions": pipelines.versions(name),
    }))


if __name__ == "__main__":
    main()
