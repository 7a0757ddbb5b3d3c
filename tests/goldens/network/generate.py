"""Makes the goldens of the front networks: what onnxruntime gives for real patches.

Usage (Python environment of training/): training/.venv/bin/python tests/goldens/network/generate.py

  patches.npy           [4, 187, 96]  log-mel patches, each from the middle of one example clip
and, for every network FILE of the bundled models (msd_musicnn, mtt_musicnn, msd_small, mtt_small),

  FILE_tag_logits.npy   [4, 50]
  FILE_embedding.npy    [4, 200]
  FILE_pooled.npy       [4, two per channel that the network's first dense layer sees]

All float32. The patches come from librosa, the outputs from onnxruntime: both independent of
the program under test.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "training"))

from pipeline import front_end  # noqa: E402
from pipeline.networks import OUTPUTS, Network  # noqa: E402

CLIPS = (
    "city-blues-robert-van-herk.mp3",
    "happy-electronic-immich-memories.mp3",
    "palace-will-savino.mp3",
    "traveling-minstrels-mattias-westlund.mp3",
)


def middle_patch(clip: str) -> np.ndarray:
    samples = front_end.load_audio(ROOT / "examples" / clip)
    return front_end.patches(samples, max_patches=1)[0]


def main() -> None:
    patches = np.stack([middle_patch(clip) for clip in CLIPS])
    np.save(HERE / "patches.npy", patches)
    for file in ("musicnn/msd_musicnn", "musicnn/mtt_musicnn", "compact/msd_small",
                 "compact/mtt_small"):
        network = Network(ROOT / "models" / f"{file}.onnx")
        for output, values in zip(OUTPUTS, network.run(patches), strict=True):
            np.save(HERE / f"{Path(file).name}_{output}.npy", values)
    print(f"{len(CLIPS)} patches -> {HERE}")


if __name__ == "__main__":
    main()
