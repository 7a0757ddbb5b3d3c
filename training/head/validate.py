"""Held-out logits of candidates, and the nested choice among settings.

Outer loop: each fold's originals are predicted by a head that saw nothing made from the fold's
clips. Inner loop: which setting and temperature that head uses is decided on the other folds, each
predicted by a head that saw neither it nor the outer fold. Nothing that is evaluated has had a
say in what predicts it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from head.metrics import best_temperature
from head.objective import MakeObjective
from head.regression import Linear
from head.samples import ORIGINAL, Samples

# Fits one or several heads, which share most of the work.
FitAll = Callable[[Samples], list[Linear]]


def _fit(fit: FitAll, samples: Samples, rows: np.ndarray) -> list[Linear]:
    """Chooses the rows in the worker process: so all tasks share one copy of the features."""
    return fit(samples.where(rows))


def held_out(fit: FitAll, samples: Samples, member: np.ndarray, train: np.ndarray, jobs: int = 1
             ) -> list[np.ndarray]:
    """Per head, [n, 16] logits of every row of a fold, from the head fitted without the fold to rows
    that may train, `train` [n] bool; NaN for rows that are in no fold."""
    folds = range(member.shape[1])
    fitted = Parallel(jobs)(
        delayed(_fit)(fit, samples, train & ~member[:, fold]) for fold in folds)
    results = [np.full((len(samples), 16), np.nan) for _ in fitted[0]]
    for fold, heads in zip(folds, fitted):
        chosen = member[:, fold]
        for logits, head in zip(results, heads):
            logits[chosen] = head.logits(samples.x[chosen])
    return results


def evaluated(samples: Samples, member: np.ndarray) -> np.ndarray:
    """[n] bool: originals that are held out once."""
    return (samples.kind == ORIGINAL) & member.any(axis=1)


@dataclass(frozen=True)
class Nested:
    """Result of the nested loop over `settings`."""

    logits: np.ndarray  # [n, 16] divided by the inner temperatures; NaN as in held_out
    chosen: list[int]  # per outer fold, index of the setting
    temperatures: list[float]
    best: tuple[int, float]  # setting and temperature that are best over all folds


def nested(families: list[FitAll], samples: Samples, member: np.ndarray, train: np.ndarray,
           objective: MakeObjective, jobs: int = 1) -> Nested:
    """The settings are all those of the first family, then those of the second, and so on. Rows that
    may not train, `train` [n] bool, have no say in the choice either.

    A head without folds a and b serves as inner head of both, which halves the work.
    """
    folds = member.shape[1]
    original = samples.kind == ORIGINAL
    y = samples.y
    pairs = [(a, b) for a in range(folds) for b in range(a, folds)]
    tasks = [(family, pair) for family in families for pair in pairs]
    fitted = Parallel(jobs)(delayed(_fit)(family, samples, train & ~(member[:, a] | member[:, b]))
                            for family, (a, b) in tasks)
    # Per pair, the heads of all settings.
    models = {pair: [model for (_, other), heads in zip(tasks, fitted) if other == pair
                     for model in heads] for pair in pairs}
    source = samples.source
    inner_rows = [original & train & member[:, b] for b in range(folds)]

    def best_of(outer: int | None) -> tuple[float, int, float]:
        """Objective, setting and temperature, judged on all folds but `outer`."""
        judged = [b for b in range(folds) if b != outer]
        of = objective(*(np.concatenate([values[inner_rows[b]] for b in judged])
                         for values in (y, source)))
        best = (np.inf, 0, 1.0)
        for i in range(len(models[pairs[0]])):
            z = np.concatenate([
                models[(b, b) if outer is None else (min(outer, b), max(outer, b))][i].logits(
                    samples.x[inner_rows[b]]) for b in judged])
            temperature = best_temperature(z, of)
            best = min(best, (of(z, temperature), i, temperature))
        return best

    logits = np.full((len(y), 16), np.nan)
    chosen, temperatures = [], []
    for outer in range(folds):
        _, i, temperature = best_of(outer)
        rows = member[:, outer]
        logits[rows] = models[outer, outer][i].logits(samples.x[rows]) / temperature
        chosen.append(i)
        temperatures.append(temperature)
    return Nested(logits, chosen, temperatures, best_of(None)[1:])
