"""Builds a small tree in the layout of the FMA data set out of other clips.

Usage: python -m head.tests.fake_fma CLIPS_DIR OUT_DIR [--clips-per-genre N | --tracks N]

CLIPS_DIR has a manifest.csv. tracks.csv gets the three header rows of the original (group, column,
and a third with the index's name alone), a few more columns than are read, tracks of other subsets,
a track without a top genre, and one of the known faulty track numbers, all of which must be skipped. With
`--tracks` there are so many (clips come again if there are fewer), and, as among real downloads, one file in 100 is
missing, one cut off, one empty and one no mp3.
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


def build(source: Path, out: Path, per_genre: int, tracks: int | None = None) -> int:
    """Copies up to `per_genre` clips of every genre, or `tracks` in all; returns how many tracks must be found."""
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
    times = -(-tracks // len(labelled)) if tracks else 1
    for genre in GENRES:
        own = [clip for clip in labelled if clip.genre == genre]
        own = (own * times)[:tracks * len(own) // len(labelled) + 1] if tracks else own[:per_genre]
        name = "Old-Time/Historic" if genre.startswith("Old-Time") else genre
        for index, clip in enumerate(own):
            add(track, clip, name, SPLITS[index % len(SPLITS)], "medium" if index else "small")
            track += 997 if not tracks else 41  # so that the tracks fall into many folders
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


def damage(audio: Path, tracks: int) -> None:
    """Makes one file in 100 missing, one cut off, one empty and one a web page."""
    for number, path in enumerate(sorted(audio.rglob("*.mp3"))[:tracks]):
        kind = number % 100
        if kind == 7:
            path.unlink()
        elif kind == 27:
            path.write_bytes(path.read_bytes()[:20_000])
        elif kind == 47:
            path.write_bytes(b"")
        elif kind == 67:
            path.write_bytes(b"<html>404 Not Found</html>" * 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips-per-genre", type=int, default=10)
    parser.add_argument("--tracks", type=int)
    a = parser.parse_args()
    print(f"{build(a.source, a.out, a.clips_per_genre, a.tracks)} tracks in {a.out}")
    if a.tracks:
        damage(a.out / "fma_medium", a.tracks)


if __name__ == "__main__":
    main()
