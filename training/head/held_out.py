"""What the chosen procedure says of each held-out clip, kept beside the report as a table, and how far
two models differ on the same clips."""

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from head import metrics
from head.samples import Samples
from pipeline.genres import FMA_PRIOR, GENRES

DRAWS = 2000


@dataclass(frozen=True)
class Row:
    """A clip: where it is from, its genre, and under the uniform and under FMA's prior the top genre and
    the log loss, with the comparison's floor."""

    clip: str
    source: str
    group: str
    genre: str
    guess: str
    log_loss: float
    fma_guess: str
    fma_log_loss: float


def rows(logits: np.ndarray, samples: Samples, floor: float) -> list[Row]:
    """`logits` [n, 16] of `samples`, none of which is NaN."""
    judged = [metrics.guess_and_loss(metrics.floored(z, floor), samples.y)
              for z in (logits, logits + np.log(FMA_PRIOR))]
    return [Row(clip.id, clip.source, clip.group, GENRES[y], GENRES[guess], loss.round(6),
                GENRES[fma_guess], fma_loss.round(6))
            for (clip, *_), y, guess, loss, fma_guess, fma_loss in zip(
                samples.parents, samples.y, *judged[0], *judged[1])]


def beside(report: Path) -> Path:
    """Where the table lies that belongs to a report."""
    return report.with_name(f"{report.stem}-held-out.csv")


def write(path: Path, table: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in table)


def read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [Row(**row | {name: float(row[name]) for name in ("log_loss", "fma_log_loss")})
                for row in csv.DictReader(file)]


def values(table: list[Row]) -> dict[str, np.ndarray]:
    """[n] what is averaged, by the names of `metrics.summary`; `balanced_` and `fma_mix_` are means
    over genres."""
    loss = np.array([row.log_loss for row in table])
    hit = np.array([row.guess == row.genre for row in table], float)
    return {"log_loss": loss, "accuracy": hit, "balanced_log_loss": loss, "balanced_accuracy": hit,
            "fma_mix_log_loss": np.array([row.fma_log_loss for row in table]),
            "fma_mix_accuracy": np.array([row.fma_guess == row.genre for row in table], float)}


def intervals(one: list[Row], two: list[Row], seed: int, draws: int = DRAWS
              ) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals of the difference `one` - `two`, two models on the same clips. Groups
    are drawn, genre by genre, so that every draw has as much of each genre: what they say is how
    the difference depends on the clips of these sources, not how further sources would differ. A genre
    that has one group does not vary."""
    if [row.clip for row in one] != [row.clip for row in two]:
        raise SystemExit("the two models were not evaluated on the same clips")
    genres = np.array([GENRES.index(row.genre) for row in one])
    units = np.array([f"{row.genre}/{row.source}/{row.group}" for row in one])
    names, member, sizes = np.unique(units, return_inverse=True, return_counts=True)
    genre_of = np.zeros(len(names), int)
    genre_of[member] = genres
    rng = np.random.default_rng(seed)
    # Per draw, what a clip of each unit weighs in its genre's mean.
    shares = np.zeros((draws, len(names)))
    for genre in np.unique(genres):
        own = np.flatnonzero(genre_of == genre)
        counts = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), draws)
        shares[:, own] = counts / (counts @ sizes[own])[:, None]
    clips = np.bincount(genres, minlength=len(GENRES))
    weights = {"balanced": clips > 0, "fma": FMA_PRIOR * (clips > 0)}
    first, second, result = values(one), values(two), {}
    for name in first:
        weight = weights.get(name.split("_")[0], clips)
        sums = np.bincount(member, first[name] - second[name])
        means = shares @ (sums * weight[genre_of]) / weight.sum()
        low, high = np.quantile(means, (0.025, 0.975))
        result[name] = (float(low), float(high))
    return result
