"""Spark: a real engine with worker processes of its own, one of which is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import CLIPS, ROOT, classified
from pyspark.sql import SparkSession

from fma_genre import GENRES
from fma_genre.spark import SCHEMA, classify

FILES = 2_000
BAD = 20


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory, short_clip: Path) -> Path:
    """2,000 files: short pieces of all examples, some of them damaged."""
    folder = tmp_path_factory.mktemp("music")
    pieces = [path.read_bytes()[:40_000] for path in CLIPS]
    for number in range(FILES):
        path = folder / f"album {number % 40:02}" / f"{number:04}.mp3"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no music" if number % (FILES // BAD) == 7 else pieces[number % len(pieces)])
    return folder


def session(master: str) -> SparkSession:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).appName("test").config("spark.ui.enabled", "false")
    for key, value in {
        "spark.sql.shuffle.partitions": "16",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "50",
        "spark.executorEnv.PYTHONHASHSEED": "0",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    # Two workers, each a JVM of its own with one core and 1 GiB.
    session_ = session("local-cluster[2,1,1024]")
    yield session_
    session_.stop()


def executors() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                found.append(process)
    return found


def is_busy(executor: psutil.Process) -> bool:
    """Whether its Python worker has classified for a while."""
    with contextlib.suppress(psutil.Error):
        return any(worker.cpu_times().user > 1.5 for worker in executor.children(recursive=True))
    return False


def test_all_rows_come_though_an_executor_is_killed(spark: SparkSession, music: Path, program: Path) -> None:
    found = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(f"file:{music}")
    rows = classify(found.repartition(16, "path"))
    assert rows.schema == SCHEMA
    killed: list[int] = []

    def kill_one() -> None:
        # When the work is well under way: Python workers have been busy for a while.
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            busy = [executor for executor in executors() if is_busy(executor)]
            if busy:
                busy[0].kill()
                killed.append(busy[0].pid)
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_one)
    killer.start()
    collected = {row["path"].removeprefix("file:"): row.asDict() for row in rows.collect()}
    killer.join()
    assert killed, "an executor was killed in the middle"
    paths = sorted(music.rglob("*.mp3"))
    assert sorted(collected) == [str(path) for path in paths]
    expected = classified(program, paths)
    assert sum(row["status"] == "unusable" for row in expected) == BAD
    for path, row in zip(paths, expected):
        assert_same(collected[str(path)], row)


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    for key in ("status", "genre", "remark", "model", "model_version"):
        assert actual[key] == expected[key], key
    if expected["status"] == "unusable":
        assert actual["probabilities"] is None
    else:
        rounded = [round(p, 8) for p in actual["probabilities"]]
        assert rounded == pytest.approx([expected["probabilities"][genre] for genre in GENRES], abs=1.1e-8)


def test_paths_alone_are_enough_where_workers_can_read_them(spark: SparkSession) -> None:
    table = spark.createDataFrame([(str(path),) for path in CLIPS[:3]], ["path"])
    rows = classify(table, prior="uniform").collect()
    assert sorted(row["path"] for row in rows) == [str(path) for path in CLIPS[:3]]
    assert all(row["status"] == "ok" for row in rows)
    with pytest.raises(ValueError, match="column path"):
        classify(table.withColumnRenamed("path", "name"))


def test_the_example_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for path in CLIPS[:4]:
        shutil.copy(path, folder)
    # Not an empty one: Spark's binaryFile leaves these out.
    (folder / "text.mp3").write_bytes(b"no music")

    def submit() -> str:
        script = str(ROOT / "examples" / "spark_genres.py")
        command = [sys.executable, script, f"file:{folder}", f"file:{out}"]
        environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": "--master local[2] pyspark-shell"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    assert submit() == "classified 5 files\n"
    for path in CLIPS[4:6]:
        shutil.copy(path, folder)
    assert submit() == "classified 2 files\n"
    assert submit() == "nothing to do\n"
    import pandas

    table = pandas.read_parquet(out)
    assert len(table) == 7 and table["path"].is_unique
    assert (table["status"] == "unusable").sum() == 1
