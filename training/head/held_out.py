"""What the chosen procedure says of each held-out clip, kept beside the report as a table, and how far
two models differ on the same clips."""

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from head import metrics
from head.objective import by_source
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


def intervals(one: list[Row], two: list[Row], seed: int, draws: int = DRAWS, unit: str = "group"
              ) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals of the difference `one` - `two`, two models on the same clips. Groups, or
    whole sources, are drawn, genre by genre, so that every draw has as much of each genre: with
    groups they say how the difference depends on the clips of these sources, with sources (some genres
    have three) roughly how it would fare with others. A genre that has one unit does not vary.

    With sources there is one measure more, the objective, in which they count alike."""
    if [row.clip for row in one] != [row.clip for row in two]:
        raise SystemExit("the two models were not evaluated on the same clips")
    genres = np.array([GENRES.index(row.genre) for row in one])
    units = np.array([f"{row.genre}/{row.source}" + (f"/{row.group}" if unit == "group" else "")
                      for row in one])
    names, member, sizes = np.unique(units, return_inverse=True, return_counts=True)
    genre_of = np.zeros(len(names), int)
    genre_of[member] = genres
    rng = np.random.default_rng(seed)
    # Per draw, what a clip of each unit weighs in its genre's mean: clips alike, or units alike.
    by_clip, by_unit = np.zeros((2, draws, len(names)))
    for genre in np.unique(genres):
        own = np.flatnonzero(genre_of == genre)
        counts = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), draws)
        by_clip[:, own] = counts / (counts @ sizes[own])[:, None]
        by_unit[:, own] = counts / (len(own) * sizes[own])
    clips = np.bincount(genres, minlength=len(GENRES))
    weights = {"balanced": clips > 0, "fma": FMA_PRIOR * (clips > 0)}
    first, second = values(one), values(two)

    def means(name: str, shares: np.ndarray) -> np.ndarray:
        weight = weights.get(name.split("_")[0], clips)
        sums = np.bincount(member, first[name] - second[name])
        return shares @ (sums * weight[genre_of]) / weight.sum()

    drawn = {name: means(name, by_clip) for name in first}
    if unit == "source":
        drawn["objective"] = 0.5 * (means("balanced_log_loss", by_unit)
                                    + means("fma_mix_log_loss", by_unit))
    return {name: tuple(map(float, np.quantile(differences, (0.025, 0.975))))
            for name, differences in drawn.items()}


def summary(table: list[Row]) -> dict[str, float]:
    """The means of `values`, and the objective."""
    y = np.array([GENRES.index(row.genre) for row in table])
    weights = {"balanced": np.ones(len(GENRES)), "fma": FMA_PRIOR}
    found = values(table)
    result = {}
    for name, row_values in found.items():
        by = weights.get(name.split("_")[0])
        result[name] = (float(row_values.mean()) if by is None
                        else metrics.by_class(row_values, y, by))
    source = np.array([row.source for row in table])
    result["objective"] = by_source(y, source).of(found["log_loss"], found["fma_mix_log_loss"])
    return result


def recall(table: list[Row]) -> dict[str, float]:
    """Share of each genre's clips whose top genre it is, under the uniform prior."""
    hits: dict[str, list[bool]] = {}
    for row in table:
        hits.setdefault(row.genre, []).append(row.guess == row.genre)
    return {genre: float(np.mean(hits[genre])) for genre in GENRES if genre in hits}
