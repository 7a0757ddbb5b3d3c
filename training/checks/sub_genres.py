"""Whether genres are better known by their parts: the hand-written matrix split into sub-genres, a table in docs/model-evaluation.md.

Usage: cd training && .venv/bin/python -m checks.sub_genres CLIPS_DIR [--program PROGRAM] [--jobs N]

`sub_genres.csv` splits the 16 genres after FMA's tree, as far as tags of the networks tell its branches apart: a sub-genre has
a share of its genre's row of the matrix, and the tags that speak for it beside. The probability of a genre is the sum of those
of its sub-genres. No clip is labelled with one; where sub-genres are fitted, a training clip belongs to the sub-genre of
its genre that the split matrix gives most. Sources are held out; needs the stages `augment` and `embed` of `head`.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from checks import options, shipped
from head import card, held_out, knowledge, regression
from head.__main__ import PROJECT
from head.candidates import (
    OLD, OUT_OF_REACH, ZERO_SHOT_SCALE, Map, Matrix, Setting, evidence, fold_scaling)
from head.embed import RECORDING, Column
from head.evaluate import TABLE_FLOOR, Alone
from head.protocol import SourceHeldOut
from head.regression import Linear, Mixture, log_softmax
from head.samples import ORIGINAL, Samples, Weighting
from pipeline.genres import GENRES

TABLE = Path(__file__).resolve().parents[1] / "sub_genres.csv"
# Of the genre's row, in that of a sub-genre.
SHARES = (0.4, 0.7, 1.0)


@dataclass(frozen=True)
class SubGenres:
    """`genre` [sub-genres] numbers; `tags` per sub-genre the weights of tags, of whatever network."""

    genre: np.ndarray
    tags: list[dict[str, float]]

    @classmethod
    def load(cls) -> "SubGenres":
        found: dict[tuple[str, str], dict[str, float]] = {}
        with TABLE.open(newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault((row["genre"], row["sub_genre"]), {})[row["tag"]] = float(row["weight"])
        return cls(np.array([GENRES.index(genre) for genre, _ in found]), list(found.values()))

    def rows(self, columns: list[Column], share: float) -> np.ndarray:
        """[columns, sub-genres]: the split matrix."""
        own = np.array([[tags.get(column.tag, 0.0) if column.layer == "tag" else 0.0 for tags in self.tags]
                        for column in columns])
        return share * knowledge.matrix_rows(columns)[:, self.genre] + own

    def bias(self) -> np.ndarray:
        """[sub-genres]: genres count alike, however many parts they have."""
        return -np.log(np.bincount(self.genre)[self.genre])


@dataclass(frozen=True)
class Sums:
    """A genre's probability is the sum of those of its parts."""

    parts: Linear
    genre: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        logs = log_softmax(self.parts.logits(x))
        return np.stack([np.logaddexp.reduce(logs[:, self.genre == g], axis=1)
                         for g in range(len(GENRES))], axis=1)


@dataclass(frozen=True)
class SplitMatrix:
    """As `candidates.Matrix`, with sub-genres."""

    share: float
    columns: list[Column] = field(repr=False)

    def fit(self, all_samples: Samples) -> Sums:
        kinds = SubGenres.load()
        originals = all_samples.where(all_samples.kind == ORIGINAL)
        weights = Weighting(degraded=0.0).weights(originals)
        scaling = knowledge.Scaling.of(originals.x, weights)
        means = ZERO_SHOT_SCALE * knowledge.prior_means(
            kinds.rows(self.columns, self.share), scaling.apply(originals.x), weights)
        return Sums(fold_scaling(Linear(means, kinds.bias()), scaling, np.zeros(len(kinds.genre))), kinds.genre)


@dataclass(frozen=True)
class SplitMap:
    """As `candidates.Map`, with sub-genres."""

    share: float
    setting: Setting
    columns: list[Column] = field(repr=False)

    def fit(self, all_samples: Samples) -> Sums:
        kinds, setting = SubGenres.load(), self.setting
        taken = setting.taken(self.columns)
        columns = [column for column, takes in zip(self.columns, taken) if takes]
        rows = all_samples.where(setting.trains(all_samples))
        part = self.parts_of(rows, all_samples, kinds)
        rows = rows.take(taken)
        scaling, _ = Map(setting, self.columns).starting_point(columns, rows)
        originals = rows.where(rows.kind == ORIGINAL)
        means = setting.scale * knowledge.prior_means(
            kinds.rows(columns, self.share), scaling.apply(originals.x),
            Weighting(0.0, source_power=setting.source_power).weights(originals))
        named = knowledge.named_genres(knowledge.matrix_rows(columns))[kinds.genre]
        pulls = setting.pull * np.tile(np.where(named, 1.0, setting.unnamed), (len(means), 1))
        pulls[np.ix_([column.layer == RECORDING for column in columns],
                     kinds.genre != GENRES.index(OLD))] = OUT_OF_REACH
        class_weights = evidence(rows) ** setting.evidence_power
        class_weights /= class_weights.sum()
        shift = np.log(class_weights)[kinds.genre]
        model = regression.fit(scaling.apply(rows.x), part, setting.weighting().weights(rows) * class_weights[rows.y],
                               means, pulls, bias_means=shift + kinds.bias())
        model = fold_scaling(model, scaling, -shift)
        full = np.zeros((len(taken), len(kinds.genre)))
        full[taken] = model.weights
        return Sums(Linear(full, model.bias), kinds.genre)

    def parts_of(self, rows: Samples, all_samples: Samples, kinds: SubGenres) -> np.ndarray:
        """[n] the sub-genre of its genre that the split matrix gives most."""
        logits = SplitMatrix(self.share, self.columns).fit(all_samples).parts.logits(rows.x)
        return np.where(kinds.genre == rows.y[:, None], logits, -np.inf).argmax(axis=1)


@dataclass(frozen=True)
class Mixed:
    """`weight` of the second."""

    weight: float
    first: Map | SplitMap
    second: Matrix | SplitMatrix

    def fit(self, rows: Samples) -> Mixture:
        return Mixture((1 - self.weight, self.weight), (self.first.fit(rows), self.second.fit(rows)))


def candidates(setting: Setting, columns: list[Column]) -> dict[str, object]:
    matrix, fitted, weight = Matrix(ZERO_SHOT_SCALE, columns), Map(setting, columns), setting.zero_shot
    lines: dict[str, object] = {"the matrix alone": matrix}
    lines |= {f"the matrix in sub-genres, {share:.0%} of the genre's row": SplitMatrix(share, columns)
              for share in SHARES}
    lines["the shipped procedure at its setting"] = Mixed(weight, fitted, matrix)
    lines |= {f"the same, its matrix in sub-genres ({share:.0%})": Mixed(weight, fitted, SplitMatrix(share, columns))
              for share in SHARES}
    lines |= {f"both its parts in sub-genres ({share:.0%})": Mixed(
        weight, SplitMap(share, setting, columns), SplitMatrix(share, columns)) for share in SHARES[1:]}
    return lines


def main() -> None:
    a = options.of_clips(__doc__)
    run, rows, setting = shipped.of_clips(a)
    how = SourceHeldOut(run.clips, rows)
    text = ["| | objective | balanced log loss | balanced accuracy | log loss | FMA mix log loss |", "|---|" + "---:|" * 5]
    for name, candidate in candidates(setting, run.networks.columns).items():
        judged, = how.judge(Alone(candidate).fit, rows, run.jobs)
        found = held_out.summary(held_out.rows(
            judged.logits[how.evaluated], rows.where(how.evaluated), TABLE_FLOOR))
        text.append(f"| {name} | {found['objective']:.3f} | {found['balanced_log_loss']:.3f} "
                    f"| {found['balanced_accuracy']:.1%} | {found['log_loss']:.3f} | {found['fma_mix_log_loss']:.3f} |")
        print(text[-1], flush=True)
    card.replace_block(PROJECT / "docs" / card.EVALUATION, "sub-genres", "\n".join(text))


if __name__ == "__main__":
    main()
