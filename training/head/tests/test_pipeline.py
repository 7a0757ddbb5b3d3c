"""The Python front ends and networks, which stand for the program's in the peer benchmark."""

import json
import unittest
from pathlib import Path

import numpy as np

from handwritten.matrix import TagMatrix
from pipeline import front_end, yamnet
from pipeline.networks import Network

ROOT = Path(__file__).resolve().parents[3]
GOLDENS = ROOT / "tests" / "goldens"
MODELS = ROOT / "models"


class Yamnet(unittest.TestCase):
    def test_log_mel_is_tensorflows(self) -> None:
        # From sample 20,000 on, as make_yamnet_goldens.py takes them.
        for name in ("electronic", "metal", "minstrels"):
            samples = np.load(GOLDENS / "logmel" / f"{name}.samples.npy")[20_000:]
            wanted = np.load(GOLDENS / "logmel" / "yamnet" / f"{name}.logmel.npy")
            found = yamnet.log_mel(samples[:yamnet.WINDOW_SAMPLES].astype(float))
            np.testing.assert_allclose(found, wanted, atol=1e-3)

    def test_windows_fill_the_patch(self) -> None:
        self.assertEqual(yamnet.window_starts(1), [16_008])
        self.assertEqual(yamnet.window_starts(3), [0, 16_008, 32_016])
        self.assertEqual(32_016 + yamnet.WINDOW_SAMPLES, 186 * front_end.HOP)
        self.assertEqual(yamnet.window_starts(2, 124), [0, 123 * front_end.HOP - yamnet.WINDOW_SAMPLES])


class Patches(unittest.TestCase):
    def test_they_stand_in_the_middle_of_their_shares(self) -> None:
        # The same as in src/pipeline/analysis.rs.
        self.assertEqual(front_end.patch_starts(3_000, 3), [406, 1_406, 2_406])
        self.assertEqual(front_end.patch_starts(287, 10), [50])
        self.assertEqual(front_end.patch_starts(2_000, 1), [906])
        self.assertEqual(front_end.patch_starts(1_876, 5, 124), [125, 500, 876, 1_251, 1_626])

    def test_some_are_spread_evenly(self) -> None:
        # The same as in src/model/mod.rs.
        self.assertEqual(front_end.spread(10, 3), [1, 5, 8])
        self.assertEqual(front_end.spread(2, 5), [0, 1])

    def test_a_network_gives_the_mean_of_windows_and_of_patches(self) -> None:
        windows = np.stack([np.load(GOLDENS / "logmel" / "yamnet" / f"{name}.logmel.npy")
                            for name in ("electronic", "metal", "minstrels", "noise", "silence",
                                         "metal")])
        patches = windows.reshape(3, 2, *windows.shape[1:])
        file = MODELS / "compact" / "yamnet.onnx"
        outputs = ("tag_logits", "embedding")
        single = Network(file, outputs=outputs).run(windows)
        for alone, all_three, outer in zip(
                single, Network(file, outputs=outputs, windows=2).run(patches),
                Network(file, outputs=outputs, windows=2, patches=2).run(patches)):
            means = alone.reshape(3, 2, -1).mean(axis=1)
            np.testing.assert_allclose(all_three, means, atol=1e-4)
            np.testing.assert_allclose(outer[[0, 2]], means[[0, 2]], atol=1e-4)
            np.testing.assert_allclose(outer[1], means[[0, 2]].mean(axis=0), atol=1e-4)


class Matrix(unittest.TestCase):
    def test_every_row_is_a_tag_and_no_tag_of_musicnn_lacks_one(self) -> None:
        networks = json.loads((MODELS / "compact" / "model.json").read_text())["networks"]
        tags = {(n["name"], tag) for n in networks for tag in n["tags"]}
        rows = TagMatrix.load().names
        self.assertEqual(len(rows), len(set(rows)))
        self.assertLessEqual(set(rows), tags)
        self.assertEqual([tag for tag in tags - set(rows) if tag[0] != "yamnet"], [])


if __name__ == "__main__":
    unittest.main()
