"""Reads tag_genre_matrix.csv (hand-written) and tag_statistics.csv (measured)."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.genres import GENRES

TRAINING = Path(__file__).resolve().parents[1]
MATRIX = TRAINING / "tag_genre_matrix.csv"
STATISTICS = TRAINING / "tag_statistics.csv"


def read_rows(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class TagMatrix:
    """What each tag says of each genre. `names` [100] (network, tag), `weights` [100, 16]."""

    names: list[tuple[str, str]]
    weights: np.ndarray

    @classmethod
    def load(cls, path: Path = MATRIX) -> "TagMatrix":
        rows = read_rows(path)
        return cls([(row["network"], row["tag"]) for row in rows],
                   np.array([[float(row[genre]) for genre in GENRES] for row in rows]))

    def tags(self, network: str) -> list[str]:
        """Tag names of one network in the order of its outputs."""
        return [tag for owner, tag in self.names if owner == network]

    def unit_weights(self) -> np.ndarray:
        """[100, 16], every genre's column of Euclidean length 1.

        Were the standardised tags uncorrelated, all genre scores would have deviation 1: a genre
        gains nothing by having many tags that speak for it.
        """
        return self.weights / np.linalg.norm(self.weights, axis=0)


@dataclass
class TagStatistics:
    """Mean and standard deviation [100] of the clip's mean tag logits, to standardise them."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def load(cls, matrix: TagMatrix, path: Path = STATISTICS) -> "TagStatistics":
        rows = read_rows(path)
        if [(row["network"], row["tag"]) for row in rows] != matrix.names:
            raise SystemExit(f"{path.name} does not list the tags of the matrix in its order")
        return cls(*(np.array([float(row[column]) for row in rows])
                     for column in ("mean", "deviation")))
