"""Runs the original networks on the verification patches (TensorFlow environment).

The graph is built by the package's own, unmodified `musicnn/models.py`, and the checkpoint is
restored with TensorFlow's Saver, as in the package's extractor. Writes `.cache/reference.npz`
with `msd_tag_logits` [n, 50], `msd_embedding` [n, 200] and `msd_pooled` [n, 1506] (maxima over time
of all 753 channels, then means), the same for mtt, and the version of TensorFlow.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from conversion.package import CACHE, CHECKPOINTS, PACKAGE

sys.path.insert(0, str(PACKAGE))
from musicnn import models  # noqa: E402  (the unpacked package)

BATCH = 4


def forward(network: str, patches: np.ndarray, prefix: str) -> dict[str, np.ndarray]:
    """Of every patch: logits before the sigmoid, the package's `penultimate`, and its `max_pool`
    and `mean_pool` side by side."""
    tf.compat.v1.reset_default_graph()
    x = tf.compat.v1.placeholder(tf.float32, [None, *patches.shape[1:]])
    is_training = tf.compat.v1.placeholder(tf.bool)
    logits, *_, mean_pool, max_pool, penultimate = models.define_model(
        x, is_training, CHECKPOINTS[network], num_classes=50)
    outputs = {"tag_logits": logits, "embedding": penultimate,
               "pooled": tf.concat([max_pool, mean_pool], axis=1)}
    with tf.compat.v1.Session() as session:
        tf.compat.v1.train.Saver().restore(session, prefix)
        parts = [session.run(outputs, {x: patches[i:i + BATCH], is_training: False})
                 for i in range(0, len(patches), BATCH)]
    return {name: np.concatenate([part[name] for part in parts]) for name in outputs}


def main() -> None:
    tf.compat.v1.disable_eager_execution()
    patches = np.load(CACHE / "verification_patches.npy")
    results = {"tensorflow_version": np.array(tf.__version__)}
    for network, name in CHECKPOINTS.items():
        results |= {f"{network}_{output}": values for output, values in
                    forward(network, patches, str(CACHE / name)).items()}
    np.savez(CACHE / "reference.npz", **results)
    print(f"{len(patches)} patches through {', '.join(CHECKPOINTS.values())}")


if __name__ == "__main__":
    main()
