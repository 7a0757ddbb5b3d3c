"""A labelled recording: what every later stage knows of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.genres import GENRES


@dataclass(frozen=True)
class Clip:
    """One recording. `group` (artist, session) is never split, `source` (collection) is what
    evaluation leaves out as a whole; `split` is "training", "validation" or "test" where the
    data set has official ones, else empty."""

    id: str
    path: Path
    genre: str
    group: str
    source: str
    split: str = ""
    licence: str = ""

    @property
    def labelled(self) -> bool:
        return self.genre in GENRES


def stable_hash(*parts: object) -> int:
    """A number that depends on the parts alone, not on the process or platform."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
