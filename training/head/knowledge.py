"""The hand-written matrix as the point towards which the head's weights are pulled."""

from dataclasses import dataclass

import numpy as np

from handwritten.matrix import TagMatrix
from pipeline.genres import GENRES


@dataclass(frozen=True)
class Scaling:
    """Centre and deviation per feature."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, weights: np.ndarray) -> "Scaling":
        mean = weights @ x
        return cls(mean, np.sqrt(weights @ (x - mean) ** 2) + 1e-6)

    def apply(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / self.deviation


def prior_means(columns: list[tuple[str, str]], blocks: int = 1) -> np.ndarray:
    """[blocks x columns, 16] weights for standardised features: the matrix, every genre's column
    scaled to length 1 over the tags of the networks at hand, on the first block (the mean over
    patches); zero for embeddings and further blocks.

    `columns` are `Networks.columns`: (network, tag or "").
    """
    matrix = TagMatrix.load()
    rows = dict(zip(matrix.names, matrix.weights))
    unknown = [column for column in columns if column[1] and column not in rows]
    if unknown:
        raise SystemExit(f"the matrix has no row for {unknown[:3]}")
    means = np.array([rows.get(column, np.zeros(len(GENRES))) for column in columns])
    length = np.linalg.norm(means, axis=0)
    means = means / np.where(length > 0, length, 1.0)
    return np.concatenate([means] + [np.zeros_like(means)] * (blocks - 1))


def is_tag(columns: list[tuple[str, str]], blocks: int = 1) -> np.ndarray:
    """[blocks x columns] bool: tag logits, as against embedding values."""
    return np.tile([bool(tag) for _, tag in columns], blocks)
