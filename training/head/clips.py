"""Labelled clips: what every later stage knows of a recording."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.genres import GENRES

MANIFEST = "manifest.csv"


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


def read_manifest(folder: Path) -> list[Clip]:
    """Clips of a folder with `manifest.csv`: file, genre (one of the 16 or empty), group, source
    and, if there, licence. Rows whose file is missing are an error, as is an unknown genre."""
    clips = []
    with (folder / MANIFEST).open(newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            where = f"{MANIFEST} line {line}"
            path = folder / row["file"]
            if row["genre"] and row["genre"] not in GENRES:
                raise SystemExit(f"{where}: {row['genre']!r} is none of the 16 genres")
            if not path.is_file():
                raise SystemExit(f"{where}: {row['file']} does not exist")
            clips.append(Clip(path.stem, path, row["genre"], row["group"] or path.stem,
                              row["source"], licence=row.get("licence", "")))
    if len({clip.id for clip in clips}) != len(clips):
        raise SystemExit(f"{MANIFEST}: two clips have the same file name")
    return clips


def read(folder: Path) -> list[Clip]:
    """Clips of a manifest folder or of an FMA tree, whichever `folder` is."""
    from head import fma

    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    if (folder / fma.TRACKS).is_file():
        return fma.read_tree(folder)
    raise SystemExit(f"{folder}: has neither {MANIFEST} nor {fma.TRACKS}")
