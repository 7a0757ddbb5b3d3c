"""Runs the original networks on the verification patches (TensorFlow environment).

The graph is built by the package's own, unmodified `musicnn/models.py`, and the checkpoint is
restored with TensorFlow's Saver, as in the package's extractor. Writes `.cache/reference.npz`
with `msd_tag_logits` [n, 50], `msd_embedding` [n, 200], the same for mtt, and the version of
TensorFlow.
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


def forward(network: str, patches: np.ndarray, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    """(logits before the sigmoid, the package's `penultimate`) of every patch."""
    tf.compat.v1.reset_default_graph()
    x = tf.compat.v1.placeholder(tf.float32, [None, *patches.shape[1:]])
    is_training = tf.compat.v1.placeholder(tf.bool)
    logits, *_, penultimate = models.define_model(
        x, is_training, CHECKPOINTS[network], num_classes=50)
    with tf.compat.v1.Session() as session:
        tf.compat.v1.train.Saver().restore(session, prefix)
        parts = [session.run([logits, penultimate],
                             {x: patches[i:i + BATCH], is_training: False})
                 for i in range(0, len(patches), BATCH)]
    return tuple(np.concatenate(outputs) for outputs in zip(*parts))


def main() -> None:
    tf.compat.v1.disable_eager_execution()
    patches = np.load(CACHE / "verification_patches.npy")
    results = {"tensorflow_version": np.array(tf.__version__)}
    for network, name in CHECKPOINTS.items():
        logits, embedding = forward(network, patches, str(CACHE / name))
        results[f"{network}_tag_logits"] = logits
        results[f"{network}_embedding"] = embedding
    np.savez(CACHE / "reference.npz", **results)
    print(f"{len(patches)} patches through {', '.join(CHECKPOINTS.values())}")


if __name__ == "__main__":
    main()
