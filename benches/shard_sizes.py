"""How many shards a worker should get: a simulation of stragglers and failures. benches/results/shard-sizes.json.

Usage: python3 benches/shard_sizes.py

A queue of shards, as a Kubernetes Job or a Slurm array has one, and workers that take the next when they are done.
What varies, each from a generator with a stated seed:

- workers: a machine is as fast as the others within 10 % (standard deviation), and one in twenty is slow, at half
  the speed: a noisy neighbour, a hot processor;
- shards: files are spread by a hash, and songs differ in length, so that shards of n files differ by 1/sqrt(n) of a
  file's own spread, for which the standard deviation of the cost of a file is taken to be its mean;
- failures: a worker dies on average once in 20 hours (spot machines) or in 1,000 (good ones), and is back after three
  minutes; its shard goes back to the queue, and is done anew from its beginning or, with the journal, from the file at
  which it was (`--resume`, the journal on a shared disk).

Each shard pays for its start: the program, and reading the names of all files. Times are relative to the time in which
so many perfect workers would do the work. Standard library only; the same numbers every time.
"""

import heapq
import random
import statistics

from common import environment

# Seconds of one worker (2 processors) per file: what benches/scale.py measured, rounded up.
SECONDS_PER_FILE = 0.025
# Per shard and million files, for their names: ten times what a local disk takes, as a network's may.
SECONDS_PER_MILLION_NAMES = 10.0
# Files, and workers that share them.
JOBS = {"a million files, 8 workers": (1_000_000, 8), "ten million files, 64 workers": (10_000_000, 64)}
SHARDS_PER_WORKER = (1, 2, 4, 8, 16, 32, 64)
BACK_AFTER = 180.0
HOURS_BETWEEN_FAILURES = {"spot": 20.0, "good": 1_000.0}
RUNS = 200
SEED = 2018


def speeds(rng: random.Random, workers: int) -> list[float]:
    def speed() -> float:
        slow = 0.5 if rng.random() < 0.05 else 1.0
        return slow * max(0.5, rng.gauss(1.0, 0.1))
    return [speed() for _ in range(workers)]


def simulate(rng: random.Random, job: tuple[int, int], shards: int, hours: float,
             resume: bool) -> float:
    """Seconds until the last shard is done."""
    all_files, workers = job
    start = SECONDS_PER_MILLION_NAMES * all_files / 1_000_000
    files = all_files / shards
    spread = 1.0 / files ** 0.5
    queue = [files * SECONDS_PER_FILE * max(0.1, rng.gauss(1.0, spread)) for _ in range(shards)]
    queue.reverse()
    speed = speeds(rng, workers)
    free = [(0.0, worker) for worker in range(workers)]
    heapq.heapify(free)
    # Shards that a dead worker has left, by the time at which they are back in the queue.
    left: list[tuple[float, float]] = []
    end = 0.0
    while queue or left:
        now, worker = heapq.heappop(free)
        if left and left[0][0] <= now:
            work = heapq.heappop(left)[1]
        elif queue:
            work = queue.pop()
        else:
            # Nothing but what comes back later.
            heapq.heappush(free, (left[0][0], worker))
            continue
        needed = start + work / speed[worker]
        dies = rng.expovariate(1.0 / (3600.0 * hours))
        if dies < needed:
            done = max(0.0, dies - start) * speed[worker] if resume else 0.0
            heapq.heappush(left, (now + dies, work - done))
            heapq.heappush(free, (now + dies + BACK_AFTER, worker))
        else:
            end = max(end, now + needed)
            heapq.heappush(free, (now + needed, worker))
    return end


def rows() -> list[dict]:
    rows = []
    for name, job in JOBS.items():
        files, workers = job
        ideal = files * SECONDS_PER_FILE / workers
        for kind, hours in HOURS_BETWEEN_FAILURES.items():
            for resume in (False, True):
                for per_worker in SHARDS_PER_WORKER:
                    # Equal seeds for equal runs: settings differ by nothing else.
                    times = [simulate(random.Random(SEED + run), job, per_worker * workers, hours,
                                      resume) / ideal for run in range(RUNS)]
                    rows.append({
                        "job": name, "ideal_minutes": round(ideal / 60, 1), "machines": kind,
                        "resume": resume, "shards_per_worker": per_worker,
                        "files_per_shard": round(files / per_worker / workers),
                        "minutes_per_shard": round(ideal / per_worker / 60, 1),
                        "median": round(statistics.median(times), 3),
                        "of_20_the_worst": round(statistics.quantiles(times, n=20)[-1], 3)})
                    print(rows[-1], flush=True)
    return rows


def main() -> None:
    results = environment.describe("python3 benches/shard_sizes.py")
    results["assumed"] = {
        "jobs": JOBS, "seconds_per_file": SECONDS_PER_FILE,
        "seconds_per_million_names": SECONDS_PER_MILLION_NAMES,
        "hours_between_failures": HOURS_BETWEEN_FAILURES, "runs": RUNS, "seed": SEED}
    results["rows"] = rows()
    environment.save("shard-sizes", results)


if __name__ == "__main__":
    main()
