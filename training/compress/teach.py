"""The original network's answers to the patches: `.cache/compress/answers.npz`.

Usage: python -m compress.teach

For each set of patches, as `train_tag_logits` and so on:
  tag_logits float32 [n, 50], embedding [n, 200]
  pooled     float32 [n, 1020]: maxima, then means over time of the 510 channels that the first
             dense layer sees; a hint for the student's inner layers
"""

import numpy as np
from joblib import Parallel, delayed

from compress import ANSWERS, NETWORK, PATCHES, save_whole
from conversion.build_onnx import MODEL_FOLDER
from pipeline.networks import OUTPUTS, Network

JOBS = 2


def answers(patches: np.ndarray) -> tuple[np.ndarray, ...]:
    return Network(MODEL_FOLDER / f"{NETWORK}_musicnn.onnx").run(patches)


def main() -> None:
    result = {}
    with np.load(PATCHES) as file:
        for name in file.files:
            parts = Parallel(JOBS)(delayed(answers)(part) for part
                                   in np.array_split(file[name], JOBS))
            result |= {f"{name}_{output}": np.concatenate(values)
                       for output, *values in zip(OUTPUTS, *parts)}
    save_whole(ANSWERS, **result)


if __name__ == "__main__":
    main()
