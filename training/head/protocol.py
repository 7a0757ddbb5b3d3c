"""Who trains and who is evaluated: by held-out sources, or by the data set's official splits."""

from dataclasses import dataclass

import numpy as np

from head import folds, validate
from head.clip import Clip
from head.metrics import best_temperature
from head.objective import MakeObjective, by_source
from head.samples import ORIGINAL, Samples
from head.validate import FitAll


@dataclass(frozen=True)
class Judged:
    """`logits` [n, 16], calibrated, NaN where a row is not evaluated; `chosen` names the settings
    that the inner loop took, `temperatures` those it divided by; `best` is the setting and
    temperature for a head that trains on everything."""

    logits: np.ndarray
    chosen: list[int]
    temperatures: list[float]
    best: tuple[int, float]


class SourceHeldOut:
    """Every evaluated clip is predicted by a head that saw nothing of its fold of sources. `known`
    names the only sources that train, if not all do; evaluated are all."""

    title = "sources held out, nested"

    def __init__(self, clips: list[Clip], samples: Samples,
                 objective: MakeObjective = by_source,
                 known: frozenset[str] | None = None) -> None:
        self.objective = objective
        self.dealt = folds.deal(clips)
        self.member = folds.membership(samples, self.dealt)
        self.train = np.array([known is None or all(clip.source in known for clip in parents)
                               for parents in samples.parents])
        self.evaluated = (samples.kind == ORIGINAL) & self.member.any(axis=1)

    def judge(self, fit: FitAll, samples: Samples, jobs: int) -> list[Judged]:
        """Each of the heads that `fit` makes, for itself."""
        return [self._cross_calibrated(logits, samples)
                for logits in validate.held_out(
                    fit, samples, self.member, self.train, jobs)]

    def choose(self, families: list[FitAll], samples: Samples, jobs: int) -> Judged:
        """The procedure that chooses among the heads of all families."""
        nested = validate.nested(families, samples, self.member, self.train, self.objective, jobs)
        return Judged(nested.logits, nested.chosen, nested.temperatures, nested.best)

    def _cross_calibrated(self, logits: np.ndarray, samples: Samples) -> Judged:
        """Each fold divided by the temperature that is best on the held-out rows of the others."""
        def best(rows: np.ndarray) -> float:
            return best_temperature(logits[rows], self.objective(samples.y[rows],
                                                                 samples.source[rows]))

        result, temperatures = logits.copy(), []
        for fold in range(self.member.shape[1]):
            temperatures.append(best(self.evaluated & ~self.member[:, fold]))
            result[self.member[:, fold]] /= temperatures[-1]
        overall = best(self.evaluated)
        return Judged(result, [0] * len(temperatures), temperatures, (0, overall))


class OfficialSplits:
    """Trained on "training", setting and temperature from "validation", evaluated on "test"."""

    title = "official splits"

    def __init__(self, clips: list[Clip], samples: Samples) -> None:
        split = np.array([parents[0].split for parents in samples.parents])
        self.train = split == "training"
        self.validation = (split == "validation") & (samples.kind == ORIGINAL)
        self.evaluated = (split == "test") & (samples.kind == ORIGINAL)
        for name, rows in (("training", self.train), ("validation", self.validation),
                           ("test", self.evaluated)):
            if not rows.any():
                raise SystemExit(f"no clip of the official {name} split could be analysed")

    def judge(self, fit: FitAll, samples: Samples, jobs: int) -> list[Judged]:
        """As in `SourceHeldOut`."""
        return [self._judged(samples, i, head) for i, head in
                enumerate(fit(samples.where(self.train)))]

    def choose(self, families: list[FitAll], samples: Samples, jobs: int) -> Judged:
        """As in `SourceHeldOut`."""
        heads = [head for fit in families for head in fit(samples.where(self.train))]
        return self._judged(samples, *min(
            enumerate(heads), key=lambda numbered: self._on_validation(samples, numbered[1])))

    def _on_validation(self, samples: Samples, head) -> tuple[float, float]:
        """The objective there, and the temperature with which it is reached."""
        rows = self.validation
        logits = head.logits(samples.x[rows])
        objective = by_source(samples.y[rows], samples.source[rows])
        temperature = best_temperature(logits, objective)
        return objective(logits, temperature), temperature

    def _judged(self, samples: Samples, i: int, head) -> Judged:
        _, temperature = self._on_validation(samples, head)
        logits = np.full((len(samples), 16), np.nan)
        logits[self.evaluated] = head.logits(samples.x[self.evaluated]) / temperature
        return Judged(logits, [i], [temperature], (i, temperature))


def has_official_splits(clips: list[Clip]) -> bool:
    return any(clip.split == "test" for clip in clips)


def protocol(clips: list[Clip], samples: Samples) -> SourceHeldOut | OfficialSplits:
    """Official splits where the data has them."""
    return (OfficialSplits if has_official_splits(clips) else SourceHeldOut)(clips, samples)
