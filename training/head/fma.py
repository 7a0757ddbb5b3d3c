"""Labelled clips from the FMA data as published.

    FOLDER/fma_metadata/tracks.csv     three header rows: group, column, "track_id"
    FOLDER/fma_medium/000/000002.mp3   or fma_small, fma_large, fma_full: the largest found

Of the subset's tracks those with a top genre are taken, as in the challenge. The official
artist-filtered splits are kept. Artists are the groups; everything is one source.
"""

import csv
from pathlib import Path

from head.clip import Clip
from pipeline.genres import GENRES

TRACKS = "fma_metadata/tracks.csv"

# Subsets from small to large; each contains those before it.
SUBSETS = ("small", "medium", "large")

# Tracks whose mp3 is faulty (issue 8 of the data set's tracker, and the lists that the
# challenge's starter kit skips): no audio at all, or less than 30 s.
NO_AUDIO = frozenset({
    1486, 5574, 65753, 80391, 98558, 98559, 98560, 98571, 99134, 105247, 108925, 126981,
    127336, 133297, 143992})
TOO_SHORT = frozenset({98565, 98566, 98567, 98568, 98569, 108924})
FAULTY = NO_AUDIO | TOO_SHORT

# tracks.csv of the final data set spells one genre differently from the challenge's header.
GENRE_NAMES = {genre: genre for genre in GENRES} | {"Old-Time/Historic": "Old-Time / Historic"}


def audio_path(audio: Path, track: int) -> Path:
    """FOLDER/000/000002.mp3 for track 2."""
    name = f"{track:06d}"
    return audio / name[:3] / f"{name}.mp3"


def _columns(rows) -> dict[tuple[str, str], int]:
    """Positions of (group, column) from the first two header rows; eats the third."""
    top, second, index = next(rows), next(rows), next(rows)
    if index[0] != "track_id":
        raise SystemExit(f"{TRACKS}: the third row must start with track_id, not {index[0]!r}")
    return {pair: position for position, pair in enumerate(zip(top, second))}


def read_tree(folder: Path) -> list[Clip]:
    """The labelled clips of the largest subset whose audio folder is there."""
    present = [s for s in SUBSETS if (folder / f"fma_{s}").is_dir()]
    if not present:
        raise SystemExit(f"{folder}: there is no fma_small, fma_medium or fma_large")
    subset = present[-1]
    audio = folder / f"fma_{subset}"
    wanted = set(SUBSETS[:SUBSETS.index(subset) + 1])

    clips, missing = [], []
    with (folder / TRACKS).open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        column = _columns(rows)
        genre_at, artist_at, split_at, subset_at, licence_at = (
            column[pair] for pair in (("track", "genre_top"), ("artist", "id"), ("set", "split"),
                                      ("set", "subset"), ("track", "license")))
        for row in rows:
            track = int(row[0])
            if row[subset_at] not in wanted or not row[genre_at] or track in FAULTY:
                continue
            if row[genre_at] not in GENRE_NAMES:
                raise SystemExit(f"{TRACKS}: track {track} has genre {row[genre_at]!r}")
            path = audio_path(audio, track)
            if not path.is_file():
                missing.append(track)
                continue
            clips.append(Clip(path.stem, path, GENRE_NAMES[row[genre_at]],
                              f"artist-{row[artist_at]}", f"fma_{subset}", row[split_at],
                              row[licence_at]))
    if missing:
        print(f"{len(missing)} tracks of {TRACKS} have no mp3, such as {missing[:3]}")
    if not clips:
        raise SystemExit(f"{audio}: no track of {TRACKS} is there")
    return clips
