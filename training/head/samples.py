"""Feature rows with everything that weighting and validation need to know of them."""

from dataclasses import dataclass, replace

import numpy as np

from head.augment import Copy
from head.clip import Clip
from head.embed import pool
from pipeline.genres import GENRES

# What a row is: a clip as it came, a degraded copy of the same genre, or a simulation.
ORIGINAL, DEGRADED, SIMULATED = "original", "degraded", "simulated"
SIMULATIONS = ("shellac", "music_bed")


@dataclass(frozen=True)
class Samples:
    """`x` [n, features] and, per row: class number, recipe (ORIGINAL: none), and the clips it was
    made from."""

    x: np.ndarray
    y: np.ndarray
    recipe: np.ndarray
    parents: list[tuple[Clip, ...]]

    def __len__(self) -> int:
        return len(self.y)

    @property
    def kind(self) -> np.ndarray:
        """[n] ORIGINAL, DEGRADED or SIMULATED."""
        return np.where(self.recipe == ORIGINAL, ORIGINAL,
                        np.where(np.isin(self.recipe, SIMULATIONS), SIMULATED, DEGRADED))

    @property
    def source(self) -> np.ndarray:
        """[n] source of the first parent."""
        return np.array([parents[0].source for parents in self.parents])

    def where(self, chosen: np.ndarray) -> "Samples":
        rows = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Samples(self.x[rows], self.y[rows], self.recipe[rows],
                       [self.parents[row] for row in rows])

    def take(self, features: np.ndarray) -> "Samples":
        """The same rows with some of their features; `features` [features] bool."""
        return self.with_features(np.ascontiguousarray(self.x[:, features]))

    def with_features(self, x: np.ndarray) -> "Samples":
        return replace(self, x=x)


def build(clips: list[Clip], copies: list[Copy], features: dict[str, np.ndarray],
          pooling: tuple[str, ...]) -> Samples:
    """One row per labelled clip or copy that has features."""
    rows = [(clip.id, clip.genre, ORIGINAL, (clip,)) for clip in clips if clip.labelled]
    rows += [(copy.id, copy.genre, copy.recipe, copy.parents) for copy in copies]
    rows = [row for row in rows if row[0] in features]
    if not rows:
        raise SystemExit("no labelled clip could be analysed")
    return Samples(np.stack([pool(features[row[0]], pooling) for row in rows]).astype(float),
                   np.array([GENRES.index(row[1]) for row in rows]),
                   np.array([row[2] for row in rows]), [row[3] for row in rows])


@dataclass(frozen=True)
class Weighting:
    """How much a row counts: every genre alike in all; within a genre the kinds by their shares,
    within a kind the sources by the `source_power` of their row counts (1: every row alike,
    0: every source alike)."""

    degraded: float = 0.5
    simulated: dict[str, float] | None = None
    source_power: float = 0.5

    def share(self, genre: str, kind: str) -> float:
        simulated = (self.simulated or {}).get(genre, 0.0)
        if kind == SIMULATED:
            return simulated
        degraded = self.degraded * (1 - simulated)
        return degraded if kind == DEGRADED else 1 - simulated - degraded

    def weights(self, samples: Samples) -> np.ndarray:
        """[n], sum 1."""
        result = np.zeros(len(samples))
        source = samples.source
        for y in np.unique(samples.y):
            of_genre = samples.y == y
            for kind in (ORIGINAL, DEGRADED, SIMULATED):
                chosen = of_genre & (samples.kind == kind)
                if not chosen.any():
                    continue
                _, inverse, counts = np.unique(
                    source[chosen], return_inverse=True, return_counts=True)
                row = counts[inverse] ** (self.source_power - 1.0)
                result[chosen] = row / row.sum() * self.share(GENRES[y], kind)
            if result[of_genre].sum() > 0:
                result[of_genre] /= result[of_genre].sum()
        return result / result.sum()
