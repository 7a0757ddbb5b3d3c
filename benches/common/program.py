"""Building and running fma-genre, with what each run costs."""

import os
import re
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from common.environment import ROOT

# FMA_GENRE_BINARY measures another build, as it is.
_OTHER = os.environ.get("FMA_GENRE_BINARY")
BINARY = Path(_OTHER) if _OTHER else ROOT / "target" / "release" / "fma-genre"


@dataclass
class Cost:
    """What a process cost, its start and end included."""

    wall_seconds: float
    cpu_seconds: float
    # Never below the peak of the process that started it (some 20 MiB).
    peak_mib: float

    def as_dict(self) -> dict:
        return {key: round(value, 4) for key, value in asdict(self).items()}


def build() -> None:
    if not _OTHER:
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)


def first_cpus(count: int) -> set[int]:
    return set(sorted(os.sched_getaffinity(0))[:count])


def run(command: list, cpus: int | None = None) -> Cost:
    """Runs a command to its end, on the first `cpus` processors only if that is given.

    Raises with the command's messages if it fails.
    """
    allowed = os.sched_getaffinity(0)
    with tempfile.TemporaryFile() as messages:
        start = time.perf_counter()
        # The child inherits the affinity; setting it there would need a slower way to start it.
        os.sched_setaffinity(0, first_cpus(cpus) if cpus else allowed)
        try:
            process = subprocess.Popen([str(part) for part in command], cwd=ROOT,
                                       stdout=subprocess.DEVNULL, stderr=messages)
        finally:
            os.sched_setaffinity(0, allowed)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            messages.seek(0)
            raise RuntimeError(f"{command} ended with {process.returncode}:\n"
                               f"{messages.read().decode(errors='replace')}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def predict(folder: Path, csv: Path, *, jobs: int, model: str | None = None,
            cpus: int | None = None) -> Cost:
    """Runs `fma-genre predict` on a folder of which every file must be classified."""
    chosen = ["--model", model] if model else []
    return run([BINARY, "predict", folder, "-o", csv, "--jobs", jobs, "--strict", *chosen], cpus)


def version() -> str:
    return subprocess.run([BINARY, "--version"], capture_output=True, text=True,
                          check=True).stdout.strip()


def bundled_models() -> list[str]:
    """Names of the models in the program, the default first."""
    # The program tells them when asked for a model that does not exist.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "any.mp3").write_bytes(b"")
        answer = subprocess.run(
            [BINARY, "predict", folder, "-o", f"{folder}/out.csv", "--model", "?"],
            capture_output=True, text=True).stderr
    names = re.search(r"bundled models: (.+)", answer)
    if not names:
        raise RuntimeError(f"the program does not tell its models: {answer}")
    return [name.strip() for name in names[1].split(",")]


def model_folder(name: str) -> Path:
    """Where the files of a bundled model are."""
    return ROOT / "models" / name
