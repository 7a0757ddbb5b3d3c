#!/usr/bin/env python3
"""Spark beside the program: files per second with one and two workers, and with one and two jobs.

usage: python/.venv/bin/python benches/spark_throughput.py target/release/fma-genre [--files N] [--rounds R] [--workers 1,2]

One run, taken in turns: the same files (copies of the clips in examples/) through `fma-genre classify --jobs N` and
through `fma_genre.spark.classify` in local-cluster[N,1,1024], N worker processes with one core each: once with paths, which
the workers read themselves, and once with contents, which Spark reads and hands to Python. Spark's own start
(JVMs, Python workers, the model) is left out by a first job of a few files; the program's start is in its time. Raw
results are added to benches/results/spark.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIPS = sorted((ROOT / "examples").glob("*.mp3"))


def program(binary, folder, jobs, out):
    start = time.perf_counter()
    subprocess.run([binary, "classify", folder, "-q", "--force", "--jobs", str(jobs), "-o", out / "cli.parquet"], check=True)
    return time.perf_counter() - start


def spark(folder, workers, out, what):
    """In a process of its own: an engine cannot change its size."""
    done = subprocess.run(
        [sys.executable, __file__, "--worker", str(folder), str(workers), str(out), what], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    return float(done.stdout.splitlines()[-1])


def work(folder, workers, out, what):
    from pyspark.sql import SparkSession

    from fma_genre.spark import classify

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master(f"local-cluster[{workers},1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        # Java machines that share the processors with the work: no parallel collector, no second compiler.
        .config("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        .config("spark.driver.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "64")
        # As examples/spark_genres.py does, for files of a fifth of the size.
        .config("spark.sql.files.maxPartitionBytes", str(12 << 20))
        .config("spark.sql.files.openCostInBytes", str(64 << 10))
        .getOrCreate()
    )
    files = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(f"file:{folder}")
    if what == "paths":
        # Spark does not read what is not asked for.
        files = files.select("path")
    classify(files.limit(8 * workers).repartition(2 * workers)).collect()
    start = time.perf_counter()
    classify(files).write.mode("overwrite").parquet(f"file:{out}/spark.parquet")
    print(time.perf_counter() - start)
    session.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", default="1,2")
    options = parser.parse_args()
    sizes = [int(workers) for workers in options.workers.split(",")]
    rounds = []
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch, "in"), Path(scratch, "out")
        folder.mkdir()
        out.mkdir()
        for number in range(options.files):
            (folder / f"{number:05}.mp3").write_bytes(CLIPS[number % len(CLIPS)].read_bytes())
        for _ in range(options.rounds):
            row = {}
            for workers in sizes:
                row[f"cli_{workers}"] = options.files / program(options.program.resolve(), folder, workers, out)
                for what in ("paths", "contents"):
                    row[f"spark_{what}_{workers}"] = options.files / spark(folder, workers, out, what)
            rounds.append(row)
            print(json.dumps({key: round(value, 1) for key, value in row.items()}), flush=True)
    ratios = {
        f"{what}, {workers}": statistics.median(row[f"spark_{what}_{workers}"] / row[f"cli_{workers}"] for row in rounds)
        for workers in sizes
        for what in ("paths", "contents")
    }
    result = {"files": options.files, "processors": os.cpu_count(), "files_per_second": rounds, "spark_to_cli": ratios}
    path = ROOT / "benches" / "results" / "spark.json"
    runs = json.loads(path.read_text()) if path.exists() else []
    path.write_text(json.dumps([*runs, result], indent=1) + "\n")
    for case, ratio in ratios.items():
        print(f"{case} worker(s): Spark reaches {ratio:.0%} of the program")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        main()
