import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from head import held_out
from head.held_out import Row
from pipeline.genres import FMA_PRIOR, GENRES

REPORTS = Path(__file__).resolve().parents[2] / "reports"


def row(clip: int, genre: str, group: str, loss: float, guess: str = "Rock") -> Row:
    return Row(str(clip), "source", group, genre, guess, loss, guess, loss)


class Differences(unittest.TestCase):
    def test_a_constant_difference_has_no_interval(self):
        one = [row(i, GENRES[i % 3], f"g{i % 7}", 1.0 + i / 8) for i in range(40)]
        two = [row(i, r.genre, r.group, r.log_loss - 0.25) for i, r in enumerate(one)]
        for name, (low, high) in held_out.intervals(one, two, seed=1).items():
            expected = 0.25 if "loss" in name else 0.0
            self.assertAlmostEqual(low, expected, 9, name)
            self.assertAlmostEqual(high, expected, 9, name)

    def test_balanced_weighs_genres_alike_and_a_single_group_does_not_vary(self):
        one = [row(i, "Rock", "a", 1.0) for i in range(9)] + [row(9, "Jazz", "b", 3.0)]
        two = [row(i, r.genre, r.group, 1.0) for i, r in enumerate(one)]
        found = held_out.intervals(one, two, seed=1)
        np.testing.assert_allclose(found["log_loss"], (0.2, 0.2))
        np.testing.assert_allclose(found["balanced_log_loss"], (1.0, 1.0))
        rock, jazz = FMA_PRIOR[GENRES.index("Rock")], FMA_PRIOR[GENRES.index("Jazz")]
        np.testing.assert_allclose(found["fma_mix_log_loss"], [2.0 * jazz / (rock + jazz)] * 2)

    def test_groups_are_drawn_as_a_whole(self):
        one = [row(i, "Rock", "ab"[i // 50], float(i // 50)) for i in range(100)]
        two = [row(i, r.genre, r.group, 0.0) for i, r in enumerate(one)]
        # Two groups of which two are drawn: the mean is 0, 0.5 or 1.
        self.assertEqual(held_out.intervals(one, two, seed=1)["log_loss"], (0.0, 1.0))

    def test_sources_are_drawn_as_a_whole_and_count_alike_in_the_objective(self):
        one = [Row(str(i), "big" if i else "small", f"g{i}", "Rock", "Rock", float(bool(i)), "Rock", 0.0)
               for i in range(100)]
        two = [Row(r.clip, r.source, r.group, "Rock", "Rock", 0.0, "Rock", 0.0) for r in one]
        found = held_out.intervals(one, two, seed=1, unit="source")
        np.testing.assert_allclose(found["log_loss"], (0.0, 1.0))
        np.testing.assert_allclose(found["objective"], (0.0, 0.5))
        self.assertAlmostEqual(held_out.summary(one)["objective"], 0.25)
        self.assertNotIn("objective", held_out.intervals(one, two, seed=1))

    def test_other_clips_are_refused(self):
        one = [row(0, "Rock", "a", 1.0), row(1, "Rock", "a", 1.0)]
        with self.assertRaises(SystemExit):
            held_out.intervals(one, one[::-1], seed=1)


class Tables(unittest.TestCase):
    def test_what_is_written_is_read(self):
        table = [row(0, "Old-Time / Historic", 'a, "b"', 0.125), row(1, "Rock", "c", 2.0)]
        with tempfile.TemporaryDirectory() as folder:
            held_out.write(Path(folder) / "t.csv", table)
            self.assertEqual(held_out.read(Path(folder) / "t.csv"), table)

    def test_the_committed_tables_give_the_committed_figures(self):
        for name in ("head", "head-full"):
            table = held_out.read(REPORTS / f"{name}-held-out.csv")
            report = json.loads((REPORTS / f"{name}.json").read_text())
            line = list(report["table"].values())[-1]
            for key, value in held_out.summary(table).items():
                self.assertAlmostEqual(value, line[key], 5, f"{name} {key}")


if __name__ == "__main__":
    unittest.main()
