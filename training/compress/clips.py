"""Patches from the cached spectrograms, and which clips are kept out of the training.

Three sets, split so that no artist or session is on both sides:
  "train"    what the distillation sees
  "groups"   15 % of the groups of the same collections
  "sources"  five whole collections
"""

import hashlib

import numpy as np

from compress.spectrograms import OUTPUT
from pipeline.front_end import FRAMES

HELD_OUT_SOURCES = {"music_time_machine", "gtzan_zenny126", "mirdata_tests",
                    "molly_tenenbaum", "joe_micheals_voice"}
HELD_OUT_GROUPS = 0.15


def subset(group: str, source: str) -> str:
    if source in HELD_OUT_SOURCES:
        return "sources"
    share = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32
    return "groups" if share < HELD_OUT_GROUPS else "train"


class Clips:
    """The clips of one set; their frames stay float16 in one array."""

    def __init__(self, name: str) -> None:
        with np.load(OUTPUT) as file:
            self.frames = file["frames"]
            starts = file["starts"]
            chosen = np.array([subset(g, s) == name
                               for g, s in zip(file["groups"], file["sources"])])
        self.starts, self.ends = starts[:-1][chosen], starts[1:][chosen]

    def __len__(self) -> int:
        return len(self.starts)

    def patch(self, clip: int, offset: float) -> np.ndarray:
        """[187, 96] float32 at `offset` (0 = start of the clip, 1 = its end)."""
        start, room = self.starts[clip], self.ends[clip] - self.starts[clip] - FRAMES
        begin = start + int(round(offset * room))
        return self.frames[begin:begin + FRAMES].astype(np.float32)

    def sample(self, count: int, seed: int) -> np.ndarray:
        """[count, 187, 96], clips in turn in random order, at random places."""
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(len(self))
                                for _ in range(-(-count // len(self)))])[:count]
        return np.stack([self.patch(clip, rng.random()) for clip in order])
