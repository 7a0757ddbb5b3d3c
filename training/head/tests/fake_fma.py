"""Builds a small tree in the layout of the FMA data set out of other clips.

Usage: python -m head.tests.fake_fma CLIPS_DIR OUT_DIR [--clips-per-genre N]

CLIPS_DIR has a manifest.csv. tracks.csv gets the three header rows of the original (group, column,
and a third with the index's name alone), a few more columns than are read, tracks of other subsets,
a track without a top genre, and one of the known faulty track numbers, all of which must be skipped.
"""

import argparse
import csv
import shutil
from pathlib import Path

from head import clips, fma
from head.clip import Clip, stable_hash
from pipeline.genres import GENRES

COLUMNS = (("album", "title"), ("artist", "id"), ("artist", "name"), ("set", "split"),
           ("set", "subset"), ("track", "genre_top"), ("track", "license"), ("track", "title"))
SPLITS = ("training", "training", "training", "validation", "test")
FAULTY_TRACK = 1486


def build(source: Path, out: Path, per_genre: int) -> int:
    """Copies up to `per_genre` clips of every genre; returns how many tracks must be found."""
    audio = out / "fma_medium"
    rows, found = [], 0

    def add(track: int, clip: Clip, genre: str, split: str, subset: str) -> None:
        path = fma.audio_path(audio, track)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(clip.path, path)
        rows.append([track, "An album, with a comma", 1000 + stable_hash(clip.group) % 9000,
                     clip.group, split, subset, genre, clip.licence, f"Title\nof {clip.id}"])

    track = 2
    labelled = [clip for clip in clips.read(source) if clip.labelled]
    for genre in GENRES:
        own = [clip for clip in labelled if clip.genre == genre][:per_genre]
        name = "Old-Time/Historic" if genre.startswith("Old-Time") else genre
        for index, clip in enumerate(own):
            add(track, clip, name, SPLITS[index % len(SPLITS)], "medium" if index else "small")
            track += 997  # so that the tracks fall into many folders
            found += 1
    add(track, labelled[0], "Rock", "training", "large")
    add(track + 1, labelled[0], "", "training", "medium")
    add(FAULTY_TRACK, labelled[0], "Rock", "training", "medium")

    metadata = out / fma.TRACKS
    metadata.parent.mkdir(parents=True, exist_ok=True)
    with metadata.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["", *(group for group, _ in COLUMNS)])
        writer.writerow(["", *(column for _, column in COLUMNS)])
        writer.writerow(["track_id", *("" for _ in COLUMNS)])
        writer.writerows(rows)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips-per-genre", type=int, default=10)
    a = parser.parse_args()
    print(f"{build(a.source, a.out, a.clips_per_genre)} tracks in {a.out}")


if __name__ == "__main__":
    main()
