"""Reads tag_genre_matrix.csv (hand-written), tag_ and genre_statistics.csv (measured).

The statistics are those of the musicnn networks alone, from which the hand-written head is built.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.genres import GENRES

TRAINING = Path(__file__).resolve().parents[1]
MATRIX = TRAINING / "tag_genre_matrix.csv"
TAG_STATISTICS = TRAINING / "tag_statistics.csv"
GENRE_STATISTICS = TRAINING / "genre_statistics.csv"


def read_rows(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class TagMatrix:
    """What each tag says of each genre. `names` [tags] (network, tag), `weights` [tags, 16]. A tag of a
    listed network that has no row says nothing."""

    names: list[tuple[str, str]]
    weights: np.ndarray

    @classmethod
    @cache
    def load(cls, networks: tuple[str, ...] | None = None, path: Path = MATRIX) -> "TagMatrix":
        """The rows of `networks`, by default of all."""
        rows = [row for row in read_rows(path) if networks is None or row["network"] in networks]
        return cls([(row["network"], row["tag"]) for row in rows],
                   np.array([[float(row[genre]) for genre in GENRES] for row in rows]))

    def tags(self, network: str) -> list[str]:
        """Tag names of one network in the order of its outputs."""
        return [tag for owner, tag in self.names if owner == network]


@dataclass
class Statistics:
    """What standardises tags and scores, measured on clips by `measure_tags`.

    `mean` and `deviation` [100] of the clips' mean tag logits; `score_deviation` [16] of the
    genre scores, which are the standardised tags times the matrix.
    """

    mean: np.ndarray
    deviation: np.ndarray
    score_deviation: np.ndarray

    @classmethod
    def measure(cls, matrix: TagMatrix, tags: np.ndarray, weights: np.ndarray) -> "Statistics":
        """From mean tag logits [clips, 100] and clip weights [clips] of sum 1."""
        mean = weights @ tags
        deviation = np.sqrt(weights @ (tags - mean) ** 2)
        scores = (tags - mean) / deviation @ matrix.weights
        return cls(mean, deviation, np.sqrt(weights @ scores ** 2))

    @classmethod
    def load(cls, matrix: TagMatrix) -> "Statistics":
        tags, genres = read_rows(TAG_STATISTICS), read_rows(GENRE_STATISTICS)
        if [(row["network"], row["tag"]) for row in tags] != matrix.names:
            raise SystemExit(f"{TAG_STATISTICS.name} does not list the matrix's tags in order")
        if [row["genre"] for row in genres] != list(GENRES):
            raise SystemExit(f"{GENRE_STATISTICS.name} does not list the genres in order")

        def column(rows: list[dict], name: str) -> np.ndarray:
            return np.array([float(row[name]) for row in rows])

        return cls(column(tags, "mean"), column(tags, "deviation"),
                   column(genres, "score_deviation"))

    def save(self, matrix: TagMatrix) -> None:
        with TAG_STATISTICS.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["network", "tag", "mean", "deviation"])
            for name, m, d in zip(matrix.names, self.mean, self.deviation, strict=True):
                writer.writerow([*name, f"{m:.4f}", f"{d:.4f}"])
        with GENRE_STATISTICS.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["genre", "score_deviation"])
            for genre, d in zip(GENRES, self.score_deviation, strict=True):
                writer.writerow([genre, f"{d:.4f}"])
