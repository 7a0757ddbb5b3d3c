"""The hand-written matrix as the point towards which the head's weights are pulled."""

from dataclasses import dataclass

import numpy as np

from handwritten.matrix import TagMatrix
from head.embed import Column
from pipeline.genres import GENRES

# Least deviation that a feature is divided by. Channels of the pooled layer that hardly vary on
# the clips at hand would otherwise turn rounding, or one unusual clip, into a loud signal.
LEAST_DEVIATION = 1e-2


@dataclass(frozen=True)
class Scaling:
    """Centre and deviation per feature."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, weights: np.ndarray) -> "Scaling":
        mean = weights @ x
        return cls(mean, np.maximum(np.sqrt(weights @ (x - mean) ** 2), LEAST_DEVIATION))

    def times(self, factors: np.ndarray) -> "Scaling":
        """The same with every feature multiplied by its factor after standardisation."""
        return Scaling(self.mean, self.deviation / factors)

    def apply(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / self.deviation


def matrix_rows(columns: list[Column], blocks: int = 1) -> np.ndarray:
    """[blocks x columns, 16]: the matrix on the tags of the first block (the mean over patches);
    zero for other layers, further blocks, and tags that the matrix does not list."""
    matrix = TagMatrix.load()
    rows = dict(zip(matrix.names, matrix.weights))
    known = {network for network, _ in matrix.names}
    first = np.zeros((len(columns), len(GENRES)))
    for row, column in zip(first, columns):
        if column.layer == "tag":
            if column.network not in known:
                raise SystemExit(f"the matrix knows no network {column.network!r}")
            row[:] = rows.get((column.network, column.tag), 0.0)
    return np.concatenate([first] + [np.zeros_like(first)] * (blocks - 1))


def listed(columns: list[Column]) -> np.ndarray:
    """[columns] bool: tags that the matrix has a row for."""
    names = set(TagMatrix.load().names)
    return np.array([column.layer == "tag" and (column.network, column.tag) in names
                     for column in columns])


def prior_means(rows: np.ndarray, z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`rows` [features, 16] with every genre's column scaled so that its score over the
    standardised samples `z` [n, features] has deviation 1 under the sample weights: genres count
    alike however many tags speak for them. Same rule as the hand-written head."""
    scores = z @ rows
    deviation = np.sqrt(weights @ (scores - weights @ scores) ** 2)
    return rows / np.where(deviation > 0, deviation, 1.0)


# By the rules of the matrix (training/README.md) a tag that names a genre has 2 or more.
NAMED = 2.0


def named_genres(rows: np.ndarray) -> np.ndarray:
    """[16] bool: genres that a tag of the networks at hand names. For the three bundled
    networks together that is all but Instrumental and Old-Time / Historic."""
    return rows.max(axis=0) >= NAMED
