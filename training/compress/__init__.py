"""An experiment: the MSD network on a coarser grid, distilled from the original.

Nothing of it is shipped; docs/network-compression.md says why.
"""

from pathlib import Path

import numpy as np

from conversion.package import CACHE

FOLDER = CACHE / "compress"  # spectrograms, lessons and the state of the training


def save_whole(path: Path, **arrays) -> None:
    """np.savez, but the file appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)
