"""Plans and writes the degraded copies of the clips, as mp3 files in the cache.

A copy is a recording of its own with the parents it was made from: validation drops it as soon
as one parent's source is held out. Files that are there are not made again.
"""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from head import recipes
from head.clip import Clip, stable_hash

# Everything above 8 kHz is out of the networks' sight; 22.05 kHz leaves the codec some room.
RATE = 22_050

# Simulated 78 rpm transfers per clip, of genres that exist on such discs and whose clips are
# mostly acoustic or sung. "Old-Time / Historic" itself is here: its clips are modern recordings
# of the old music. Below 1 it is the share of clips that get one.
SHELLAC_MATERIAL = {
    "Old-Time / Historic": 4.0, "Country": 2.0, "Folk": 2.0, "Easy Listening": 1.0, "Jazz": 0.6,
    "Blues": 0.4, "Classical": 0.2,
}
# Small genres get more copies per clip, up to this many copies in all (or one of each recipe).
FEW = 240
# Music that is laid under speech. Sung music would blur what is spoken.
BED_MATERIAL = ("Instrumental", "Classical", "Electronic", "Jazz", "Easy Listening")


@dataclass(frozen=True)
class Copy:
    """`recipe` applied to `parents[0]`; `parents[1]`, if any, is the bed under it."""

    id: str
    genre: str
    recipe: str
    parents: tuple[Clip, ...]
    seed: int


def plan(clips: list[Clip], copies: int, seed: int) -> list[Copy]:
    """`copies` degraded copies per labelled clip, each with another recipe, and more in genres of
    few clips; plus simulated 78 rpm transfers for Old-Time / Historic and speech over music for
    Spoken. Official validation and test splits get none."""
    planned = []

    def add(genre: str, recipe: str, number: int, *parents: Clip) -> None:
        identity = (seed, recipe, number, *(parent.id for parent in parents))
        planned.append(Copy(f"{parents[0].id}-{recipe}{number}", genre, recipe, parents,
                            stable_hash(*identity)))

    names = list(recipes.KEEPS_GENRE)
    trained = [clip for clip in clips if clip.labelled and clip.split in ("", "training")]
    beds = [clip for clip in trained if clip.genre in BED_MATERIAL]
    sizes = Counter(clip.genre for clip in trained)
    for clip in trained:
        rng = np.random.default_rng(stable_hash(seed, "plan", clip.id))
        wanted = max(copies, FEW // sizes[clip.genre]) if copies else 0
        for recipe in rng.permutation(names)[:wanted]:
            add(clip.genre, str(recipe), 0, clip)
        if copies:
            shellacs = SHELLAC_MATERIAL.get(clip.genre, 0.0)
            for number in range(int(shellacs) + (rng.random() < shellacs % 1)):
                add("Old-Time / Historic", "shellac", number, clip)
            if clip.genre == "Spoken" and beds:
                add("Spoken", "music_bed", 0, clip, beds[rng.integers(len(beds))])
    return planned


def load(path: Path) -> np.ndarray:
    """Mono samples at RATE, float64."""
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return soxr.resample(samples.mean(axis=1), rate, RATE)


def render(copy: Copy) -> tuple[np.ndarray, float]:
    """Samples of a copy and the encoder's compression level, 0 (320 kb/s) to 1 (lowest)."""
    rng = np.random.default_rng(copy.seed)
    sounds = [load(parent.path) for parent in copy.parents]
    if copy.recipe == "music_bed":
        samples = recipes.music_bed(*sounds, RATE, rng)
    else:
        recipe = recipes.KEEPS_GENRE.get(copy.recipe, recipes.shellac)
        samples = recipe(sounds[0], RATE, rng)
    return samples, float(rng.uniform(0.1, 0.8))


def write(copy: Copy, path: Path) -> str | None:
    """Makes the file; returns the complaint if its parent cannot be decoded."""
    try:
        samples, compression = render(copy)
    except (soundfile.SoundFileError, ValueError) as error:
        return f"{copy.id}: {error}"
    partial = path.with_suffix(".partial")
    soundfile.write(partial, samples, RATE, format="MP3", subtype="MPEG_LAYER_III",
                    bitrate_mode="CONSTANT", compression_level=compression)
    os.replace(partial, path)
    return None


def folder_of(copy: Copy, cache: Path) -> Path:
    """Copies lie in one folder per recipe, the unit that is embedded."""
    return cache / copy.recipe


def run(planned: list[Copy], cache: Path, jobs: int) -> None:
    """Writes all planned copies that are not there yet."""
    todo = []
    for copy in planned:
        folder = folder_of(copy, cache)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{copy.id}.mp3"
        if not path.exists():
            todo.append((copy, path))
    if todo:
        with ProcessPoolExecutor(jobs) as pool:
            for complaint in pool.map(write, *zip(*todo), chunksize=16):
                if complaint:
                    print(complaint)
    print(f"{len(planned)} copies, {len(todo)} made now")
