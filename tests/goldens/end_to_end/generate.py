"""Makes the goldens from mp3 to 16 probabilities: compact.csv and full.csv, the ten clips of examples/ under a
uniform prior, by the Python pipeline (libmpg123, scipy, librosa, onnxruntime).

Usage (Python environment of training/): training/.venv/bin/python tests/goldens/end_to_end/generate.py

The program is compared with a tolerance in total variation, half the sum of the absolute differences of the
16 probabilities: TOLERANCE here, the same in tests/end_to_end.rs. What is left within it comes of the resamplers.
This script fails unless what a wrong program would answer differs from the goldens by more than twice as
much for one clip at least: the prior alone, two tags swapped, networks in another order, patches in another order,
mel bands upside down, half the level, the last patch left out.
"""

import csv
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "training"))

from pipeline import audio, model_folder  # noqa: E402
from pipeline.genres import GENRES, UNIFORM_PRIOR  # noqa: E402
from pipeline.predict import Predictor  # noqa: E402

# The program's name of a model -> its folder.
MODELS = {"compact": "compact", "full": "musicnn"}
TOLERANCE = 0.03

# Samples at the file's rate that libmpg123 gives and the program does not. This clip was cut from the middle of a
# stream: its first two frames refer to data before the cut, so the program leaves them out, while
# libmpg123 gives silence for them and takes off the decoder's delay of 529 samples.
NOT_IN_THE_PROGRAM = {"battle-epic-doug-kaufman": 2 * 1152 - 529}


def total_variation(p: np.ndarray, q: np.ndarray) -> float:
    return 0.5 * float(np.abs(p - q).sum())


def answer(model: Predictor, clip: audio.Clip,
           change_patches: Callable[[np.ndarray], np.ndarray] = lambda x: x,
           change_features: Callable[[np.ndarray], np.ndarray] = lambda x: x) -> np.ndarray:
    """[16]. `change_patches` gets every network's input [patches, ...], `change_features` [patches, features]."""
    features = model.patch_features(clip, change_patches)
    return model.probabilities(change_features(features), UNIFORM_PRIOR)


def swapped_tags(manifest: dict) -> Callable[[np.ndarray], np.ndarray]:
    """The first two tags of the last network, those of speech, change places with two of its music."""
    start = sum(map(model_folder.width, manifest["networks"][:-1]))
    tags = manifest["networks"][-1]["tags"]
    pairs = [(start + tags.index("Electronic music"), start + tags.index("Classical music"))]

    def change(features: np.ndarray) -> np.ndarray:
        changed = features.copy()
        for one, two in pairs:
            changed[:, [one, two]] = features[:, [two, one]]
        return changed

    return change


def wrong_answers(model: Predictor, samples: np.ndarray) -> dict[str, np.ndarray]:
    """What programs with a defect would answer to a clip, by the defect."""
    manifest = model.manifest
    inputs = model.inputs(samples)
    features = model.patch_features(inputs)
    blocks = np.split(features, np.cumsum([model_folder.width(n) for n in manifest["networks"]])[:-1],
                      axis=1)

    def of(features: np.ndarray) -> np.ndarray:
        return model.probabilities(features, UNIFORM_PRIOR)

    return {
        "the prior": UNIFORM_PRIOR,
        "two tags swapped": of(swapped_tags(manifest)(features)),
        "networks in another order": of(np.concatenate([*blocks[1:], blocks[0]], axis=1)),
        "patches in another order": of(model.patch_features([np.roll(x, 1, axis=0) for x in inputs])),
        "the first patch left out": of(model.patch_features([x[1:] for x in inputs])),
        "mel bands upside down": of(model.patch_features([x[..., ::-1] for x in inputs])),
        "half the level": of(model.patch_features(model.inputs(0.5 * samples))),
    }
