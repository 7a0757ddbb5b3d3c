"""The small MTT network: what the second network says at a fifth of its cost.

Pruned by what its filters do to the tags, computed at every second frequency position, and distilled
from the original; no genre label plays a part. docs/network-compression.md has the measurements.
"""

from pathlib import Path

import numpy as np

from conversion.package import CACHE

NETWORK = "mtt"
FOLDER = CACHE / "compress"  # what is cached: spectrograms, lessons, the state of the training
PATCHES = FOLDER / "patches.npz"
ANSWERS = FOLDER / "answers.npz"
IMPORTANCE = FOLDER / "importance.npz"
STUDENT = FOLDER / "student.npz"


def save_whole(path: Path, **arrays) -> None:
    """np.savez, but the file appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)
