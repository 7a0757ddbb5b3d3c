"""Augmented patches and the original network's answers to them: `.cache/compress/lessons.npz`.

Usage: python -m compress.teach [COUNT]     (default 30000)

  patches    float16 [n, 187, 96]
  tag_logits float32 [n, 50], embedding [n, 200]
  pooled     float32 [n, 512]: maxima, then means over time of the 256 channels that the first
             dense layer sees; a hint for the student's inner layers
and the same for the two held-out sets, not augmented, as `groups_patches`, ..., `sources_...`.
"""

import sys

import numpy as np

from compress import FOLDER, save_whole
from compress.augment import augmented
from compress.clips import Clips
from conversion.build_onnx import MODEL_FOLDER
from pipeline.networks import OUTPUTS, Network

OUTPUT = FOLDER / "lessons.npz"
HELD_OUT = 600
SEED = 1


def lessons(count: int) -> np.ndarray:
    clips, rng = Clips("train"), np.random.default_rng(SEED)
    patches = np.empty((count, 187, 96), np.float16)
    for i in range(count):
        one, two = rng.integers(len(clips), size=2)
        patches[i] = augmented(clips.patch(one, rng.random()), clips.patch(two, rng.random()), rng)
    return patches


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    teacher, result = Network(MODEL_FOLDER / "msd_musicnn.onnx"), {}
    for prefix, patches in (("groups_", Clips("groups").sample(HELD_OUT, SEED)),
                            ("sources_", Clips("sources").sample(HELD_OUT, SEED)),
                            ("", lessons(count))):
        result[f"{prefix}patches"] = patches.astype(np.float16)
        answers = teacher.run(result[f"{prefix}patches"])
        result |= {prefix + name: values for name, values in zip(OUTPUTS, answers)}
        print(f"{prefix or 'train_'}patches: {len(patches)}", flush=True)
    save_whole(OUTPUT, **result)


if __name__ == "__main__":
    main()
