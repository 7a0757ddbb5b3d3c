"""Regression, measures, degradations and the exported file, against independent computations."""

import unittest

import numpy as np
import onnxruntime
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss

from head import calibrate, metrics, objective, recipes, regression
from head.candidates import fold_scaling
from head.knowledge import Scaling
from head.samples import Samples, Weighting
from head.tests.test_data import clip
from pipeline import model_folder
from pipeline.genres import FMA_PRIOR, GENRES


def problem(rows: int = 400, features: int = 5, classes: int = 3):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, features))
    y = (x @ rng.standard_normal((features, classes))
         + rng.gumbel(size=(rows, classes))).argmax(axis=1)
    return x, y


class Regression(unittest.TestCase):
    def test_without_means_it_is_ridge_logistic_regression(self) -> None:
        x, y = problem()
        pull = 0.02
        ours = regression.fit(x, y, np.ones(len(y)), np.zeros((5, 3)), np.full((5, 3), pull))
        theirs = LogisticRegression(C=1 / (pull * len(y)), tol=1e-10, max_iter=10000).fit(x, y)
        # The bias is pulled a little as well, hence the tolerance.
        np.testing.assert_allclose(np.exp(regression.log_softmax(ours.logits(x))),
                                   theirs.predict_proba(x), atol=5e-3)

    def test_a_strong_pull_returns_the_means(self) -> None:
        x, y = problem()
        means = np.arange(15.0).reshape(5, 3)
        model = regression.fit(x, y, np.ones(len(y)), means, np.full((5, 3), 1e6))
        np.testing.assert_allclose(model.weights, means, atol=1e-4)

    def test_pulls_are_per_class(self) -> None:
        x, y = problem()
        model = regression.fit(x, y, np.ones(len(y)), np.zeros((5, 3)),
                               np.tile([1e6, 1e-3, 1e-3], (5, 1)))
        self.assertLess(np.abs(model.weights[:, 0]).max(), 1e-3)
        self.assertGreater(np.abs(model.weights[:, 1]).max(), 0.1)

    def test_folding_the_scaling_changes_no_logit(self) -> None:
        x, _ = problem()
        x = 3 + 2 * x
        scaling = Scaling.of(x, np.full(len(x), 1 / len(x)))
        model = regression.Linear(np.arange(15.0).reshape(5, 3), np.arange(3.0))
        np.testing.assert_allclose(fold_scaling(model, scaling, np.zeros(3)).logits(x),
                                   model.logits(scaling.apply(x)))


class Measures(unittest.TestCase):
    def setUp(self) -> None:
        rng = np.random.default_rng(1)
        self.logits = rng.standard_normal((200, 16))
        self.y = rng.integers(0, 16, 200)
        self.source = rng.permutation(np.repeat(["a", "b", "c", "d"], [100, 60, 30, 10]))
        self.p = np.exp(regression.log_softmax(self.logits))

    def test_they_equal_those_of_scikit_learn(self) -> None:
        found = metrics.summary(self.logits, self.y, self.source)
        self.assertAlmostEqual(found["log_loss"],
                               log_loss(self.y, self.p, labels=range(16)), places=12)
        self.assertAlmostEqual(found["macro_f1"],
                               f1_score(self.y, self.p.argmax(1), average="macro"), places=12)

    def test_uniform_probabilities_lose_the_logarithm_of_16(self) -> None:
        found = metrics.summary(np.zeros((16, 16)), np.arange(16), np.repeat(["a"], 16))
        self.assertAlmostEqual(found["log_loss"], 2.772588722, places=8)
        self.assertAlmostEqual(found["fma_mix_log_loss"], 2.089, places=3)

    def test_temperature_is_found_again(self) -> None:
        rng = np.random.default_rng(2)
        logits = 2 * rng.standard_normal((20_000, 16))
        y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
        of = objective.by_clip(y, np.repeat(["a"], len(y)))
        found = metrics.best_temperature(1.5 * logits, of)
        self.assertAlmostEqual(found, 1.5, delta=0.08)
        self.assertLess(metrics.calibration_error(
            np.exp(regression.log_softmax(logits)), y), 0.02)

    def test_sources_count_alike_within_their_genre(self) -> None:
        losses = -np.log(self.p[np.arange(200), self.y])
        fma_p = metrics.floored(self.logits + np.log(FMA_PRIOR), 0.0)
        fma_losses = -np.log(fma_p[np.arange(200), self.y])
        balanced, fma = [], []
        for genre in range(16):
            rows = self.y == genre
            means = [[values[rows & (self.source == s)].mean() for s in np.unique(self.source[rows])]
                     for values in (losses, fma_losses)]
            balanced.append(np.mean(means[0]))
            fma.append(FMA_PRIOR[genre] * np.mean(means[1]))
        wanted = 0.5 * (np.mean(balanced) + np.sum(fma))
        self.assertAlmostEqual(objective.by_source(self.y, self.source)(self.logits), wanted, 9)
        self.assertAlmostEqual(
            metrics.summary(self.logits, self.y, self.source)["objective"], wanted, 9)

    def test_the_first_rounds_objective_is_the_mean_of_plain_and_balanced(self) -> None:
        wanted = 0.5 * (metrics.log_loss(self.logits / 2, self.y)
                        + metrics.balanced_log_loss(self.logits / 2, self.y))
        of = objective.by_clip(self.y, self.source)
        self.assertAlmostEqual(of(self.logits, 2.0), wanted, 9)

    def test_calibration_error_weighs_rows(self) -> None:
        p = np.full((4, 16), 0.3 / 15)
        p[:, 0] = 0.7
        y = np.array([0, 0, 0, 5])
        self.assertAlmostEqual(metrics.calibration_error(p, y), 0.05)
        self.assertAlmostEqual(metrics.calibration_error(p, y, np.array([1, 1, 1, 7])), 0.4)

    def test_floor_bounds_every_probability(self) -> None:
        p = metrics.floored(100 * self.logits, 0.002)
        np.testing.assert_allclose(p.sum(axis=1), 1)
        self.assertGreaterEqual(p.min(), 0.002 * (1 - 1e-12))
        floor, table = calibrate.best_floor(
            100 * self.logits, objective.by_source(self.y, self.source))
        self.assertEqual(table[floor], min(table.values()))

    def test_bootstrap_resamples_whole_groups(self) -> None:
        values = np.repeat([0.0, 1.0], 500)
        low, high = metrics.bootstrap(values, np.repeat([0, 1], 500), seed=1)
        self.assertEqual((low, high), (0.0, 1.0))


class Weights(unittest.TestCase):
    def test_genres_count_alike_and_kinds_by_their_share(self) -> None:
        parents = [(clip("Rock", "a", f"r{i}"),) for i in range(6)] + [(clip("Jazz", "b", "j"),)]
        kind = np.array(["original"] * 4 + ["degraded"] * 2 + ["original"])
        rows = Samples(np.zeros((7, 1)), np.array([13] * 6 + [10]), kind, parents)
        weights = Weighting(degraded=0.4).weights(rows)
        self.assertAlmostEqual(weights[6], 0.5)
        self.assertAlmostEqual(weights[4:6].sum(), 0.2)


class Recipes(unittest.TestCase):
    RATE = 22_050

    def test_all_are_finite_reproducible_and_not_clipped(self) -> None:
        x = np.random.default_rng(0).standard_normal(3 * self.RATE) * 0.1
        for recipe in (*recipes.KEEPS_GENRE.values(), recipes.shellac):
            first, second = (recipe(x, self.RATE, np.random.default_rng(5)) for _ in range(2))
            with self.subTest(recipe.__name__):
                self.assertEqual(len(first), len(x))
                self.assertTrue(np.isfinite(first).all())
                self.assertLess(np.abs(first).max(), 1.0)
                np.testing.assert_array_equal(first, second)

    def test_low_rate_leaves_nothing_above_6_khz(self) -> None:
        x = np.random.default_rng(0).standard_normal(3 * self.RATE) * 0.1
        spectrum = np.abs(np.fft.rfft(
            recipes.low_rate(x, self.RATE, np.random.default_rng(5)))) ** 2
        above = np.fft.rfftfreq(len(x), 1 / self.RATE) > 6500
        self.assertLess(spectrum[above].sum(), 1e-3 * spectrum.sum())


class Export(unittest.TestCase):
    def test_onnx_gives_the_same_logits(self) -> None:
        rng = np.random.default_rng(3)
        weights, bias = rng.standard_normal((250, 16)), rng.standard_normal(16)
        session = onnxruntime.InferenceSession(
            model_folder.linear_head(weights, bias).SerializeToString())
        x = rng.standard_normal((1, 250)).astype(np.float32)
        np.testing.assert_allclose(session.run(["logits"], {"features": x})[0],
                                   x @ weights + bias, rtol=1e-4, atol=1e-4)
        self.assertEqual(len(GENRES), 16)

    def test_a_mixture_is_the_mean_of_probabilities_however_sure_its_parts_are(self) -> None:
        rng = np.random.default_rng(3)
        layers = [(rng.standard_normal((20, 16)), rng.standard_normal(16)) for _ in range(2)]
        session = onnxruntime.InferenceSession(
            model_folder.mixture_head((0.9, 0.1), layers).SerializeToString())
        model = regression.Mixture((0.9, 0.1), tuple(regression.Linear(*one) for one in layers))
        for size in (1.0, 100.0):
            x = (size * rng.standard_normal((1, 20))).astype(np.float32)
            logits = session.run(["logits"], {"features": x})[0]
            np.testing.assert_allclose(logits, model.logits(x), rtol=1e-4, atol=1e-3)
            shares = [np.exp(regression.log_softmax(x @ w + b)) for w, b in layers]
            np.testing.assert_allclose(np.exp(model.logits(x)), 0.9 * shares[0] + 0.1 * shares[1])


if __name__ == "__main__":
    unittest.main()
