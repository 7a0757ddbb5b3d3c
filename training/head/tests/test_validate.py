"""The nested loop against one written out, on random features."""

import unittest

import numpy as np

from head import validate
from head.candidates import Family, Mixed, Setting
from head.metrics import best_temperature
from head.protocol import OfficialSplits
from head.samples import ORIGINAL, Samples
from head.tests.test_data import clip
from head.tests.test_layers import COLUMNS
from pipeline.genres import GENRES

GRID = [Setting(pull=pull, zero_shot=weight) for pull in (0.1, 10.0) for weight in (0.0, 0.5)]
FOLDS = 3


def some_samples(splits: tuple[str, ...] = ("",)) -> Samples:
    rng = np.random.default_rng(7)
    y = np.arange(96) % 16
    x = rng.standard_normal((96, len(COLUMNS))) + np.eye(16)[y] @ rng.standard_normal(
        (16, len(COLUMNS)))
    return Samples(x, y, np.repeat([ORIGINAL], 96),
                   [(clip(GENRES[c], f"s{i // 16}", split=splits[i // 16 % len(splits)]),)
                    for i, c in enumerate(y)])


class Nested(unittest.TestCase):
    def test_it_is_the_loop_written_out(self) -> None:
        samples = some_samples()
        member = np.arange(96)[:, None] // 32 == np.arange(FOLDS)
        found = validate.nested([f.fit for f in Family.of(GRID, COLUMNS)], samples, member)
        for outer in range(FOLDS):
            best = (np.inf, 0, 1.0)
            for i, setting in enumerate(GRID):
                z, truth = [], []
                for inner in range(FOLDS):
                    if inner != outer:
                        head = Mixed(setting, COLUMNS).fit(
                            samples.where(~(member[:, outer] | member[:, inner])))
                        z.append(head.logits(samples.x[member[:, inner]]))
                        truth.append(samples.y[member[:, inner]])
                z, truth = np.concatenate(z), np.concatenate(truth)
                t = best_temperature(z, truth, validate.objective)
                best = min(best, (validate.objective(z, truth, t), i, t))
            _, i, t = best
            self.assertEqual((found.chosen[outer], found.temperatures[outer]), (i, t))
            rows = member[:, outer]
            head = Mixed(GRID[i], COLUMNS).fit(samples.where(~rows))
            np.testing.assert_array_equal(found.logits[rows], head.logits(samples.x[rows]) / t)

    def test_official_splits_choose_on_validation_and_judge_on_test(self) -> None:
        samples = some_samples(("training", "validation", "test"))
        how = OfficialSplits([], samples)
        judged = how.choose([f.fit for f in Family.of(GRID, COLUMNS)], samples, 1)
        values = []
        for setting in GRID:
            head = Mixed(setting, COLUMNS).fit(samples.where(how.train))
            z = head.logits(samples.x[how.validation])
            truth = samples.y[how.validation]
            t = best_temperature(z, truth, validate.objective)
            values.append((validate.objective(z, truth, t), t, head))
        best = min(range(len(GRID)), key=lambda i: values[i][0])
        self.assertEqual(judged.best, (best, values[best][1]))
        np.testing.assert_array_equal(
            judged.logits[how.evaluated],
            values[best][2].logits(samples.x[how.evaluated]) / values[best][1])
        self.assertTrue(np.isnan(judged.logits[~how.evaluated]).all())


if __name__ == "__main__":
    unittest.main()
