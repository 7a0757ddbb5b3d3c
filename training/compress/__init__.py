"""Small networks that say what the originals say.

Computed at every second or third frequency position, pruned by what the filters do to the tags, and distilled
from the originals; no genre label plays a part. docs/network-compression.md has the measurements.
"""

import sys
from pathlib import Path

import numpy as np

from conversion.package import CACHE, CHECKPOINTS

FOLDER = CACHE / "compress"  # what is cached: spectrograms, lessons, the state of the training
PATCHES = FOLDER / "patches.npz"


def answers_of(network: str) -> Path:
    return FOLDER / network / "answers.npz"


def importance_of(network: str) -> Path:
    return FOLDER / network / "importance.npz"


def student_of(network: str) -> Path:
    return FOLDER / network / "student.npz"


def network_argument(usage: str) -> str:
    """The name of the network that a command is called with."""
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKPOINTS:
        raise SystemExit(f"{usage}\nNETWORK is one of {', '.join(CHECKPOINTS)}")
    return sys.argv[1]


def save_whole(path: Path, **arrays) -> None:
    """np.savez, but the file appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)
