"""Reading clips, planning copies, dealing folds."""

import csv
import tempfile
import unittest
from pathlib import Path

import numpy as np

from head import augment, clips, fma, folds, samples
from head.clip import Clip
from head.tests.fake_fma import FAULTY_TRACK, build
from pipeline.genres import GENRES


def manifest_folder(folder: Path, rows: list[dict]) -> Path:
    for row in rows:
        (folder / row["file"]).write_bytes(b"not decoded here")
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "genre", "group", "source", "licence"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def some_rows() -> list[dict]:
    """Seven clips of every genre from seven sources, each with one group per genre."""
    return [{"file": f"{g}-{i}.mp3", "genre": genre, "group": f"artist {g} {i}",
             "source": f"source {i}", "licence": "CC0"}
            for g, genre in enumerate(GENRES) for i in range(7)]


class Reading(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)

    def clips_folder(self, rows: list[dict]) -> Path:
        folder = self.scratch / "clips"
        folder.mkdir()
        return manifest_folder(folder, rows)

    def test_fma_tree_keeps_splits_and_skips_what_the_challenge_skipped(self) -> None:
        expected = build(self.clips_folder(some_rows()), self.scratch / "fma", per_genre=7)
        found = clips.read(self.scratch / "fma")
        self.assertEqual(len(found), expected)
        self.assertEqual({clip.genre for clip in found}, set(GENRES))
        self.assertEqual({clip.split for clip in found}, {"training", "validation", "test"})
        self.assertNotIn(f"{FAULTY_TRACK:06d}", {clip.id for clip in found})
        for clip in found:
            self.assertEqual(clip.path.parent.name, clip.id[:3])

    def test_fma_audio_path_is_that_of_the_data_set(self) -> None:
        self.assertEqual(fma.audio_path(Path("a"), 2), Path("a/000/000002.mp3"))
        self.assertEqual(fma.audio_path(Path("a"), 155066), Path("a/155/155066.mp3"))

    def test_unknown_genres_and_missing_files_are_errors(self) -> None:
        rows = some_rows()
        rows[0]["genre"] = "Polka"
        folder = self.clips_folder(rows)
        with self.assertRaisesRegex(SystemExit, "line 2: 'Polka'"):
            clips.read(folder)
        rows[0]["genre"] = "Rock"
        manifest_folder(folder, rows)
        (folder / rows[1]["file"]).unlink()
        with self.assertRaisesRegex(SystemExit, "line 3: .* does not exist"):
            clips.read(folder)


def clip(genre: str, source: str, name: str = "", split: str = "") -> Clip:
    name = name or f"{genre} {source}"
    return Clip(name, Path(f"{name}.mp3"), genre, f"group of {name}", source, split)


class Planning(unittest.TestCase):
    def test_official_test_clips_are_never_copied(self) -> None:
        own = [clip("Jazz", "fma", "a", "training"), clip("Jazz", "fma", "b", "test")]
        parents = {p.id for copy in augment.plan(own, 2, 1) for p in copy.parents}
        self.assertEqual(parents, {"a"})

    def test_plan_is_reproducible_and_ids_are_unique(self) -> None:
        own = [clip(genre, f"s{i}") for genre in GENRES for i in range(3)]
        plan = augment.plan(own, 2, 1)
        self.assertEqual(plan, augment.plan(own, 2, 1))
        self.assertEqual(len({copy.id for copy in plan}), len(plan))
        self.assertNotEqual([c.seed for c in plan], [c.seed for c in augment.plan(own, 2, 2)])

    def test_shellac_is_old_time_and_beds_are_spoken(self) -> None:
        own = [clip("Folk", "a"), clip("Spoken", "a"), clip("Classical", "b")]
        genres = {copy.recipe: copy.genre for copy in augment.plan(own, 1, 1)}
        self.assertEqual(genres["shellac"], "Old-Time / Historic")
        self.assertEqual(genres["music_bed"], "Spoken")


class Dealing(unittest.TestCase):
    def setUp(self) -> None:
        self.clips = [clip(genre, f"source {i}") for genre in ("Rock", "Jazz", "Spoken")
                      for i in range(8)]
        self.only = clip("Old-Time / Historic", "banjo")

    def test_sources_are_units_a_genres_only_source_too(self) -> None:
        dealt = folds.deal([*self.clips, self.only])
        self.assertEqual(set(dealt), {"banjo", *(f"source {i}" for i in range(8))})
        self.assertEqual(set(dealt.values()), set(range(folds.FOLDS)))

    def test_a_copy_is_held_out_with_each_of_its_parents(self) -> None:
        dealt = folds.deal([*self.clips, self.only])
        speech, bed = self.clips[16], next(
            c for c in self.clips[8:16] if dealt[c.source] != dealt[self.clips[16].source])
        rows = samples.Samples(np.zeros((2, 1)), np.zeros(2, int), np.array(["simulated"] * 2),
                               [(speech, bed), (self.only,)])
        # The unit is the source only where there are several, so give the rest too.
        everything = samples.Samples(
            np.zeros((26, 1)), np.zeros(26, int), np.array(["original"] * 26),
            [*rows.parents, *((c,) for c in self.clips)])
        member = folds.membership(everything, dealt)
        self.assertEqual(set(np.flatnonzero(member[0])),
                         {dealt[speech.source], dealt[bed.source]})
        self.assertEqual(set(np.flatnonzero(member[1])), {dealt["banjo"]})

    def test_one_collection_is_held_out_by_group(self) -> None:
        own = [clip("Rock", "fma", f"a{i}") for i in range(12)]
        self.assertEqual(len(folds.deal(own)), 12)


if __name__ == "__main__":
    unittest.main()
