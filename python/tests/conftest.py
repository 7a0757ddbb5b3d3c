"""What the tests share: the program, clips, and files that are none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIPS = sorted((ROOT / "examples").glob("*.mp3"))


@pytest.fixture(scope="session")
def program() -> Path:
    """The program, which says what is right."""
    default = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "fma-genre"
    path = Path(os.environ.get("FMA_GENRE", default))
    assert path.is_file(), f"there is no {path}: cargo build --release --locked"
    return path


def classified(program: Path, paths: list[Path]) -> list[dict[str, Any]]:
    """What `classify` says of files, in their order."""
    names = "".join(f"{path}\0" for path in paths).encode()
    command = [str(program), "classify", "--files-from", "-", "-0", "--format", "jsonl", "-q"]
    done = subprocess.run(command, input=names, capture_output=True, check=True)
    by_path = {row["path"]: row for row in map(json.loads, done.stdout.splitlines())}
    return [by_path[str(path)] for path in paths]


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files that are damaged, odd, or no audio; those of the shared folder too, if it is there."""
    folder = tmp_path_factory.mktemp("hostile")
    clip = CLIPS[0].read_bytes()
    files = {
        "empty.mp3": b"",
        "text.mp3": b"no music here\n" * 100,
        "half.mp3": clip[: len(clip) // 2],
        "hole.mp3": clip[:40_000] + bytes(5_000) + clip[45_000:],
        "short.mp3": clip[:3_000],
        "zeros.wav": b"RIFF" + bytes(500),
    }
    paths = []
    for name, content in files.items():
        (folder / name).write_bytes(content)
        paths.append(folder / name)
    shared = Path(os.environ.get("FMA_GENRE_SHARED", ROOT.parent / "shared")) / "hostile-mp3"
    paths += sorted(shared.glob("*.mp3"))
    return paths


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of some two seconds: a thousand of them take seconds."""
    path = tmp_path_factory.mktemp("short") / "short.mp3"
    path.write_bytes(CLIPS[0].read_bytes()[:40_000])
    return path
