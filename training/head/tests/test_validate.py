"""The nested loop against one written out, on random features."""

import unittest

import numpy as np

from head import objective, validate
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
        everything = np.ones(96, bool)
        self.check(samples, member, everything, validate.nested(
            [f.fit for f in Family.of(GRID, COLUMNS)], samples, member, everything,
            objective.by_source))

    def test_rows_that_may_not_train_have_no_say(self) -> None:
        samples = some_samples()
        member = np.arange(96)[:, None] // 32 == np.arange(FOLDS)
        train = samples.source != "s1"
        self.check(samples, member, train, validate.nested(
            [f.fit for f in Family.of(GRID, COLUMNS)], samples, member, train,
            objective.by_source))

    def check(self, samples, member, train, found) -> None:
        """Against the loop written out."""
        for outer in range(FOLDS):
            best = (np.inf, 0, 1.0)
            for i, setting in enumerate(GRID):
                z, truth = [], []
                for inner in range(FOLDS):
                    if inner != outer:
                        head = Mixed(setting, COLUMNS).fit(
                            samples.where(train & ~(member[:, outer] | member[:, inner])))
                        judged = samples.where(train & member[:, inner])
                        z.append(head.logits(judged.x))
                        truth.append(judged)
                of = objective.by_source(np.concatenate([rows.y for rows in truth]),
                                         np.concatenate([rows.source for rows in truth]))
                z = np.concatenate(z)
                t = best_temperature(z, of)
                best = min(best, (of(z, t), i, t))
            _, i, t = best
            self.assertEqual((found.chosen[outer], found.temperatures[outer]), (i, t))
            rows = member[:, outer]
            head = Mixed(GRID[i], COLUMNS).fit(samples.where(train & ~rows))
            np.testing.assert_array_equal(found.logits[rows], head.logits(samples.x[rows]) / t)

    def test_official_splits_choose_on_validation_and_judge_on_test(self) -> None:
        samples = some_samples(("training", "validation", "test"))
        how = OfficialSplits([], samples)
        judged = how.choose([f.fit for f in Family.of(GRID, COLUMNS)], samples, 1)
        values = []
        for setting in GRID:
            head = Mixed(setting, COLUMNS).fit(samples.where(how.train))
            z = head.logits(samples.x[how.validation])
            of = objective.by_source(samples.y[how.validation], samples.source[how.validation])
            t = best_temperature(z, of)
            values.append((of(z, t), t, head))
        best = min(range(len(GRID)), key=lambda i: values[i][0])
        self.assertEqual(judged.best, (best, values[best][1]))
        np.testing.assert_array_equal(
            judged.logits[how.evaluated],
            values[best][2].logits(samples.x[how.evaluated]) / values[best][1])
        self.assertTrue(np.isnan(judged.logits[~how.evaluated]).all())


if __name__ == "__main__":
    unittest.main()
