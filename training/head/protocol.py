"""Who trains and who is evaluated: by held-out sources, or by the data set's official splits."""

from dataclasses import dataclass

import numpy as np

from head import folds, validate
from head.clips import Clip
from head.metrics import best_temperature
from head.samples import ORIGINAL, Samples
from head.validate import Fit, objective


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
    """Every evaluated clip is predicted by a head that saw nothing of its fold of sources."""

    title = "sources held out, nested"

    def __init__(self, clips: list[Clip], samples: Samples) -> None:
        self.dealt = folds.deal(clips)
        self.member = folds.membership(samples, self.dealt)
        self.train = np.ones(len(samples), bool)
        self.evaluated = (samples.kind == ORIGINAL) & self.member.any(axis=1)

    def judge(self, fits: list[Fit], samples: list[Samples], jobs: int) -> Judged:
        if len(fits) > 1:
            nested = validate.nested(fits, samples, self.member, jobs)
            return Judged(nested.logits, nested.chosen, nested.temperatures, nested.best)
        logits = validate.held_out(fits[0], samples[0], self.member, jobs)
        return self._cross_calibrated(logits, samples[0].y)

    def _cross_calibrated(self, logits: np.ndarray, y: np.ndarray) -> Judged:
        """Each fold divided by the temperature that is best on the held-out rows of the others."""
        result, temperatures = logits.copy(), []
        for fold in range(self.member.shape[1]):
            others = self.evaluated & ~self.member[:, fold]
            temperatures.append(best_temperature(logits[others], y[others], objective))
            result[self.member[:, fold]] /= temperatures[-1]
        overall = best_temperature(logits[self.evaluated], y[self.evaluated], objective)
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

    def _candidates(self, fits: list[Fit], samples: list[Samples]):
        """(objective on validation, index, temperature, model) of every setting."""
        for i, (fit, sample) in enumerate(zip(fits, samples)):
            model = fit(sample.where(self.train))
            rows = self.validation
            logits = model.logits(sample.x[rows])
            temperature = best_temperature(logits, sample.y[rows], objective)
            yield objective(logits, sample.y[rows], temperature), i, temperature, model

    def judge(self, fits: list[Fit], samples: list[Samples], jobs: int) -> Judged:
        _, i, temperature, model = min(self._candidates(fits, samples), key=lambda c: c[:2])
        logits = np.full((len(samples[i]), 16), np.nan)
        logits[self.evaluated] = model.logits(samples[i].x[self.evaluated]) / temperature
        return Judged(logits, [i], [temperature], (i, temperature))


def has_official_splits(clips: list[Clip]) -> bool:
    return any(clip.split == "test" for clip in clips)


def protocol(clips: list[Clip], samples: Samples) -> SourceHeldOut | OfficialSplits:
    """Official splits where the data has them."""
    return (OfficialSplits if has_official_splits(clips) else SourceHeldOut)(clips, samples)
