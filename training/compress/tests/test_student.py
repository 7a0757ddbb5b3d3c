"""Pruning: what is left out, and that nothing else changes."""

import copy
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx

from compress.student import (
    POSITION_STEPS, chosen, coarser, cost_per_filter, from_arrays, to_arrays, without)
from conversion.build_onnx import build, of_ends
from conversion.weights import BANDS, FRAMES, FrontBlock, MidBlock, Weights
from pipeline.networks import Network

SHAPES = ((7, 38), (7, 67), (128, 1), (64, 1), (32, 1))
FILTERS = (3, 2, 2, 1, 2)
MID = 4


def small_network(rng: np.random.Generator) -> Weights:
    def block(taps: int, bands: int, filters: int) -> FrontBlock:
        return FrontBlock(rng.normal(size=(taps, bands, filters)) / taps / bands,
                          rng.normal(size=filters), rng.normal(size=filters),
                          rng.normal(size=filters))

    def mid(inputs: int) -> MidBlock:
        return MidBlock(rng.normal(size=(7, inputs, MID)) / inputs, rng.normal(size=MID),
                        rng.normal(size=MID), rng.normal(size=MID))

    channels = sum(FILTERS) + 3 * MID
    return Weights(
        0.5, -1.0, [block(*shape, n) for shape, n in zip(SHAPES, FILTERS)],
        [mid(sum(FILTERS)), mid(MID), mid(MID)],
        rng.normal(size=(2 * channels, 200)) / channels, rng.normal(size=200),
        rng.normal(size=200), rng.normal(size=200),
        rng.normal(size=(200, 50)) / 200, rng.normal(size=50), np.arange(channels))


def answers(w: Weights, patches: np.ndarray, frames: int = FRAMES) -> tuple[np.ndarray, ...]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        onnx.save(build(w, "test", frames=frames), file)
        return Network(file).run(patches)


class Pruning(unittest.TestCase):
    def setUp(self) -> None:
        self.rng = np.random.default_rng(3)
        self.w = small_network(self.rng)
        self.patches = self.rng.uniform(0, 5, (2, FRAMES, BANDS)).astype(np.float32)

    def test_a_filter_that_gives_a_constant_can_go_without_a_trace(self) -> None:
        gone = np.array([0, 4, 7])  # of the first, the second and the whole fourth block
        constant = np.zeros(sum(FILTERS))
        start = 0
        for block in self.w.front:
            for i in range(len(block.bias)):
                if start + i in gone:
                    block.kernel[:, :, i] = 0
                    constant[start + i] = max(block.bias[i], 0) * block.a[i] + block.c[i]
            start += len(block.bias)
        kept = ~np.isin(np.arange(sum(FILTERS)), gone)
        pruned = without(self.w, kept, constant, constant)
        self.assertEqual([len(block.bias) for block in pruned.front], [2, 1, 2, 0, 2])
        for before, after in zip(answers(self.w, self.patches)[:2], answers(pruned, self.patches)):
            np.testing.assert_allclose(after, before, atol=1e-4)

    def test_a_filter_that_matters_leaves_a_trace(self) -> None:
        kept = np.arange(sum(FILTERS)) != 0
        nothing = np.zeros(sum(FILTERS))
        pruned = without(self.w, kept, nothing, nothing)
        before, after = (answers(w, self.patches)[0] for w in (self.w, pruned))
        self.assertGreater(np.abs(after - before).max(), 1e-3)

    def test_on_a_coarser_grid_the_bands_between_do_not_matter(self) -> None:
        temporal = np.arange(sum(FILTERS)) >= sum(FILTERS[:2])
        nothing = np.zeros(sum(FILTERS))
        w = without(coarser(self.w), temporal, nothing, nothing)
        between, on_grid = self.patches.copy(), self.patches.copy()
        between[:, :, 1::2] = 0
        on_grid[:, :, 0::2] = 0
        before, same, other = (answers(w, p)[0] for p in (self.patches, between, on_grid))
        np.testing.assert_array_equal(same, before)
        self.assertGreater(np.abs(other - before).max(), 1e-3)

    def test_on_a_coarser_grid_a_maximum_is_over_fewer_positions(self) -> None:
        for i, step in enumerate(POSITION_STEPS):
            w = copy.deepcopy(self.w)
            w.front[i].position_step = step
            taps, bands, _ = w.front[i].kernel.shape
            x = np.pad(self.patches[0] * w.input_a + w.input_c, (((taps - 1) // 2, taps // 2), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(x, (taps, bands))[:, ::step]
            y = np.maximum(np.einsum("fptb,tbc->fpc", windows, w.front[i].kernel)
                           + w.front[i].bias, 0) * w.front[i].a + w.front[i].c
            start = sum(FILTERS[:i])
            found = answers(w, self.patches[:1])[2][0, start:start + FILTERS[i]]
            np.testing.assert_allclose(found, y.max(axis=(0, 1)), atol=1e-4)

    def test_pooled_channels_keep_their_names(self) -> None:
        kept = np.arange(sum(FILTERS)) % 2 == 0
        nothing = np.zeros(sum(FILTERS))
        pruned = without(self.w, kept, nothing, nothing)
        of_front = self.w.channels[:sum(FILTERS)][kept]
        np.testing.assert_array_equal(pruned.channels[:kept.sum()], of_front)
        self.assertEqual(len(pruned.dense_kernel), 2 * len(pruned.channels))

    def test_the_budget_goes_to_what_matters_most_for_its_cost(self) -> None:
        cost = np.concatenate([np.full(len(b.bias), cost_per_filter(b)) for b in self.w.front])
        importance = cost * self.rng.permutation(len(cost))
        budget = 0.5 * cost.sum()
        kept = chosen(self.w, importance, budget)
        self.assertLessEqual(cost[kept].sum(), budget)
        self.assertGreater((importance / cost)[kept].min(), (importance / cost)[~kept].max())
        self.assertGreater(cost[kept].sum() + cost.max(), budget)

    def test_for_fewer_frames_a_bias_keeps_its_ends(self) -> None:
        bias = np.stack([np.arange(FRAMES), -np.arange(FRAMES)])
        np.testing.assert_array_equal(of_ends(bias, 5), [[0, 1, 184, 185, 186], [0, -1, -184, -185, -186]])
        np.testing.assert_array_equal(of_ends(bias, FRAMES), bias)

    def test_a_network_for_fewer_frames_says_the_same_of_a_steady_sound(self) -> None:
        # All kernels but the 7 frames long ones see both ends of a patch.
        timbral = np.arange(sum(FILTERS)) < sum(FILTERS[:2])
        nothing = np.zeros(sum(FILTERS))
        w = without(self.w, timbral, nothing, nothing)
        steady = np.repeat(self.patches[:, :1], FRAMES, axis=1)
        channels = len(w.channels)
        whole = answers(w, steady)[2][:, :channels]
        part = answers(w, steady[:, :124], frames=124)[2][:, :channels]
        np.testing.assert_allclose(part, whole, rtol=1e-4, atol=1e-4)

    def test_flat_arrays_hold_the_whole_network(self) -> None:
        again = from_arrays(to_arrays(self.w))
        for before, after in zip(answers(self.w, self.patches), answers(again, self.patches)):
            np.testing.assert_array_equal(after, before)


if __name__ == "__main__":
    unittest.main()
