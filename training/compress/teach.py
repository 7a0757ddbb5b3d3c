"""The original network's answers to the patches: `.cache/compress/NETWORK/answers.npz`.

Usage: python -m compress.teach NETWORK

For each set of patches, as `train_tag_logits` and so on:
  tag_logits float32 [n, 50], embedding [n, 200]
  pooled     float32 [n, 2 C]: maxima, then means over time of the C channels that the first
             dense layer sees (256 for MSD, 510 for MTT); a hint for the student's inner layers
"""

import numpy as np
from joblib import Parallel, delayed

from compress import PATCHES, answers_of, network_argument, save_whole
from conversion.build_onnx import MODEL_FOLDER
from pipeline.networks import OUTPUTS, Network

JOBS = 2


def answers(network: str, patches: np.ndarray) -> tuple[np.ndarray, ...]:
    return Network(MODEL_FOLDER / f"{network}_musicnn.onnx").run(patches)


def main() -> None:
    network, result = network_argument(__doc__), {}
    with np.load(PATCHES) as file:
        for name in file.files:
            parts = Parallel(JOBS)(delayed(answers)(network, part) for part
                                   in np.array_split(file[name], JOBS))
            result |= {f"{name}_{output}": np.concatenate(values)
                       for output, *values in zip(OUTPUTS, *parts)}
    save_whole(answers_of(network), **result)


if __name__ == "__main__":
    main()
