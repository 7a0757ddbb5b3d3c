"""What the choice of setting, mixture and temperature minimises on held-out clips."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from head.regression import log_softmax
from pipeline.genres import FMA_PRIOR, GENRES

LOG_FMA_PRIOR = np.log(FMA_PRIOR)


@dataclass(frozen=True)
class Objective:
    """A weighted mean of log losses of clips with true classes `y` [n]: under a uniform prior by the
    weights `uniform` [n], under FMA-medium's by `fma` [n]. Together they sum to 1."""

    y: np.ndarray
    uniform: np.ndarray
    fma: np.ndarray

    def __call__(self, logits: np.ndarray, temperature: float = 1.0) -> float:
        """Of logits [n, 16] that stand under a uniform prior."""
        rows = np.arange(len(self.y))
        z = logits / temperature
        return self.of(-log_softmax(z)[rows, self.y],
                       -log_softmax(z + LOG_FMA_PRIOR)[rows, self.y])

    def of(self, uniform: np.ndarray, fma: np.ndarray) -> float:
        """Of log losses [n] under the uniform prior and under FMA-medium's."""
        return float(self.uniform @ uniform + self.fma @ fma)


# Makes the objective for clips with true classes [n] of sources [n].
MakeObjective = Callable[[np.ndarray, np.ndarray], Objective]


def clip_weights(y: np.ndarray, source: np.ndarray) -> np.ndarray:
    """[n] weights that sum to 1 in every genre, each source alike within it: a collection of 90 clips
    tells no more of how the next collection will fare than one of nine."""
    result = np.zeros(len(y))
    for c in np.unique(y):
        own = y == c
        _, inverse, counts = np.unique(source[own], return_inverse=True, return_counts=True)
        result[own] = 1 / (counts[inverse] * len(counts))
    return result


def by_source(y: np.ndarray, source: np.ndarray) -> Objective:
    """The mean of the balanced log loss and of the log loss in FMA-medium's mix under its prior,
    sources alike within a genre."""
    weights = clip_weights(y, source)
    prior = FMA_PRIOR / FMA_PRIOR[np.unique(y)].sum()
    return Objective(y, 0.5 * weights / len(np.unique(y)), 0.5 * weights * prior[y])


def by_clip(y: np.ndarray, source: np.ndarray) -> Objective:
    """The mean of the plain and of the balanced log loss under a uniform prior, clips alike within a
    genre: what chose the heads of the first round."""
    counts = np.bincount(y, minlength=len(GENRES))
    return Objective(y, 0.5 / len(y) + 0.5 / (counts[y] * np.count_nonzero(counts)),
                     np.zeros(len(y)))
