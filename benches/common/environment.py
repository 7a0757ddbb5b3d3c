"""Where and with what a benchmark ran, and how its raw results are kept."""

import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCHES = ROOT / "benches"
RESULTS = BENCHES / "results"
CACHE = BENCHES / ".cache"

# Of the many flags of a processor, those that decide which kernels run.
VECTOR_FLAGS = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "asimd")

# What a commit cannot change in any figure.
NOT_MEASURED = (":!benches", ":!docs", ":!*.md")


def output(*command: str) -> str:
    """Standard output of a command in the repository, or "" if it fails."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else ""


def _proc(file: str, key: str) -> str:
    """The first value of `key: value` in a file of /proc."""
    try:
        lines = Path("/proc", file).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines
                 if line.partition(":")[0].strip() == key), "")


def machine() -> dict:
    flags = set((_proc("cpuinfo", "flags") or _proc("cpuinfo", "Features")).split())
    return {
        "processor": _proc("cpuinfo", "model name") or platform.machine(),
        "vector_extensions": [flag for flag in VECTOR_FLAGS if flag in flags],
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(_proc("meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "virtual": "hypervisor" in flags,
        "system": f"{platform.system()} {platform.release()}",
    }


def git() -> dict:
    changed = output("git", "status", "--porcelain", "--untracked-files=no", "--", ".",
                     *NOT_MEASURED)
    return {"commit": output("git", "rev-parse", "HEAD"), "uncommitted_changes": bool(changed)}


def load() -> float:
    """Processes that wanted to run during the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def warn_if_busy() -> None:
    if load() > 0.3:
        print(f"warning: the load average is {load()}: other programs will be in the figures",
              file=sys.stderr)


def describe(command: str) -> dict:
    """The head of a results file. `command` is what a reader types, relative to the root."""
    warn_if_busy()
    return {
        "command": command,
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine(),
        "git": git(),
        "rustc": output("rustc", "--version"),
        "load_average_before": load(),
    }


def save(name: str, results: dict) -> Path:
    """Writes benches/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(results | {"load_average_after": load()}, indent=1) + "\n")
    print(f"wrote {path.relative_to(ROOT)}")
    return path
