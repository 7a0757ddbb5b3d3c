"""Which clips there are: from a folder with a manifest or from an FMA tree."""

import csv
from pathlib import Path

from head import fma
from head.clip import Clip
from pipeline.genres import GENRES

MANIFEST = "manifest.csv"


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
    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    if (folder / fma.TRACKS).is_file():
        return fma.read_tree(folder)
    raise SystemExit(f"{folder}: has neither {MANIFEST} nor {fma.TRACKS}")
