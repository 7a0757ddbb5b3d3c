"""What each filter of the front end does to the tags (TensorFlow environment).

Usage: python -m compress.importance NETWORK     -> `.cache/compress/NETWORK/importance.npz`

  importance  [filters] expected square of the change of a random combination of the tag logits,
              each in units of its deviation, when the filter is replaced by its mean: to first
              order the sum over frames of gradient times distance from the mean (the Taylor
              criterion of Molchanov et al., arXiv 1611.06440, for whole feature maps)
  mean        [filters] mean output over frames
  maximum     [filters] mean over patches of the largest output
"""

import numpy as np
import tensorflow as tf

from compress import PATCHES, answers_of, importance_of, network_argument, save_whole
from compress.graph import Graph
from compress.student import coarser, teacher

COUNT = 2000
BATCH = 20
SEED = 11


def main() -> None:
    network = network_argument(__doc__)
    with np.load(PATCHES) as file:
        patches = file["train"][:COUNT].astype(np.float32)
    with np.load(answers_of(network)) as file:
        deviation = file["train_tag_logits"].std(axis=0)
    graph = Graph(coarser(teacher(network)))
    front_end = tf.function(graph.front_end)
    features = np.concatenate([front_end(tf.constant(patches[i:i + BATCH]))
                               for i in range(0, len(patches), BATCH)])
    mean, maximum = features.mean(axis=(0, 1)), features.max(axis=1).mean(axis=0)

    @tf.function
    def gradient(features, direction):
        with tf.GradientTape() as tape:
            tape.watch(features)
            change = tf.reduce_sum(graph.back_end(features)[0] * direction)
        return tape.gradient(change, features)

    rng, total = np.random.default_rng(SEED), np.zeros(len(mean))
    for i in range(0, len(patches), BATCH):
        part = features[i:i + BATCH]
        direction = rng.normal(size=(len(part), len(deviation))) / deviation
        slope = gradient(tf.constant(part), tf.constant(direction, tf.float32)).numpy()
        total += ((slope * (part - mean)).sum(axis=1) ** 2).sum(axis=0)
    save_whole(importance_of(network), importance=total / len(patches), mean=mean, maximum=maximum)


if __name__ == "__main__":
    main()
