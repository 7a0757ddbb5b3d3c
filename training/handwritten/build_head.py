"""Builds a model folder whose head comes from the matrix and the tag statistics alone.

Usage: python -m handwritten.build_head [OUT_DIR]     (default .cache/handwritten)

The networks and their licence are copied from models/full.

For a clip with mean tag logits t, the score of a genre is
    sum over tags of  weight (t - mean) / deviation,  divided by the score's own deviation,
so that tags count alike however strongly a network expresses them, and genres alike however many
tags speak for them. The probabilities are softmax(score / TEMPERATURE). All of it is one linear
layer over the mean of all features; those that are not tags get weight zero.

The class prior of these scores is uniform: nobody counted anything to get them, a clip with
average tags has score 0 in every genre, so without a prior it gets 1/16 for each. The program
therefore adds the logarithm of FMA-medium's frequencies (or of another prior) in full.
"""

import sys
from pathlib import Path

import numpy as np

from handwritten.matrix import TRAINING, Statistics, TagMatrix
from pipeline import model_folder
from pipeline.features import NETWORKS
from pipeline.genres import UNIFORM_PRIOR

HEAD_VERSION = "handwritten-1"
OUTPUT = TRAINING / ".cache" / "handwritten"

# The one number chosen by looking at labels: see README.md and reports/handwritten.json.
TEMPERATURE = 0.45

# Least probability of a genre. Half a per mille costs a sure and right answer 0.0075 nats and
# bounds the loss of a wrong one at 7.6.
FLOOR = 0.0005


def linear(matrix: TagMatrix, statistics: Statistics) -> tuple[np.ndarray, np.ndarray]:
    """Weights [100, 16] and bias [16] that turn mean tag logits into genre scores."""
    weights = matrix.weights / statistics.deviation[:, None] / statistics.score_deviation
    return weights, -statistics.mean @ weights


def feature_weights(matrix: TagMatrix, tag_weights: np.ndarray, networks: list[dict]
                    ) -> np.ndarray:
    """[100, 16] -> [features, 16]: rows of zeros for what follows each network's tags."""
    blocks = []
    for network in networks:
        rows = [i for i, (owner, _) in enumerate(matrix.names) if owner == network["name"]]
        others = model_folder.width(network) - len(rows)
        blocks += [tag_weights[rows], np.zeros((others, tag_weights.shape[1]))]
    return np.concatenate(blocks)


def build(out: Path, source: Path = model_folder.MODEL_FOLDER) -> None:
    """Writes the model folder `out` with the networks of `source`."""
    matrix = TagMatrix.load(NETWORKS)
    weights, bias = linear(matrix, Statistics.load(matrix))
    networks = [model_folder.network_entry(n, source / f"{n}_musicnn.onnx", matrix.tags(n))
                for n in NETWORKS]
    model = model_folder.manifest(
        name="musicnn-msd-mtt",
        version="0.1.0",
        networks=networks,
        head_version=HEAD_VERSION,
        pooling=["mean"],
        training_prior=UNIFORM_PRIOR,
        temperature=TEMPERATURE,
        floor=FLOOR,
    )
    model_folder.copy_networks(source, out, networks)
    model_folder.write(out, model,
                       model_folder.linear_head(feature_weights(matrix, weights, networks), bias))


def main() -> None:
    if len(sys.argv) > 2:
        raise SystemExit(__doc__)
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    build(out)
    print(f"{HEAD_VERSION} -> {out}")


if __name__ == "__main__":
    main()
