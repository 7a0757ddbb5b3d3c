"""Augmented patches of the training clips: `.cache/compress/patches.npz`.

Usage: python -m compress.lessons

  train    float16 [30000, 187, 96]
  groups, sources  float16 [600, 187, 96] of the two held-out sets, not augmented
"""

import numpy as np

from compress import PATCHES, save_whole
from compress.augment import augmented
from compress.clips import Clips

COUNT = 30_000
HELD_OUT = 600
SEED = 1


def lessons(count: int) -> np.ndarray:
    clips, rng = Clips("train"), np.random.default_rng(SEED)
    patches = np.empty((count, 187, 96), np.float16)
    for i in range(count):
        one, two = rng.integers(len(clips), size=2)
        patches[i] = augmented(clips.patch(one, rng.random()), clips.patch(two, rng.random()), rng)
    return patches


def main() -> None:
    held_out = {name: Clips(name).sample(HELD_OUT, SEED).astype(np.float16)
                for name in ("groups", "sources")}
    save_whole(PATCHES, train=lessons(COUNT), **held_out)


if __name__ == "__main__":
    main()
