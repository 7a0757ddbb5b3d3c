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

from head.metrics import balanced_log_loss, best_temperature, log_loss
from head.regression import Linear
from head.samples import ORIGINAL, Samples

Fit = Callable[[Samples], Linear]


def objective(logits: np.ndarray, y: np.ndarray, temperature: float) -> float:
    """What is minimised: the mean of the plain and the balanced log loss under a uniform prior.
    Plain alone would let five big genres decide, balanced alone six clips of Easy Listening."""
    z = logits / temperature
    return 0.5 * (log_loss(z, y) + balanced_log_loss(z, y))


def _fit(fit: Fit, samples: Samples, rows: np.ndarray) -> Linear:
    """Chooses the rows in the worker process: so all tasks share one copy of the features."""
    return fit(samples.where(rows))


def held_out(fit: Fit, samples: Samples, member: np.ndarray, jobs: int = 1) -> np.ndarray:
    """[n, 16] logits of every row of a fold, from the head fitted without the fold; NaN for rows
    that are in no fold."""
    folds = range(member.shape[1])
    models = Parallel(jobs)(delayed(_fit)(fit, samples, ~member[:, fold]) for fold in folds)
    logits = np.full((len(samples), 16), np.nan)
    for fold, model in zip(folds, models):
        chosen = member[:, fold]
        logits[chosen] = model.logits(samples.x[chosen])
    return logits


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


def nested(fits: list[Fit], samples: list[Samples], member: np.ndarray, jobs: int = 1) -> Nested:
    """`fits[i]` is fitted to `samples[i]`: the same rows, perhaps other features.

    A head without folds a and b serves as inner head of both, which halves the work.
    """
    folds = member.shape[1]
    original = samples[0].kind == ORIGINAL
    y = samples[0].y
    pairs = [(a, b) for a in range(folds) for b in range(a, folds)]
    tasks = [(i, pair) for i in range(len(fits)) for pair in pairs]
    fitted = Parallel(jobs)(delayed(_fit)(fits[i], samples[i], ~(member[:, a] | member[:, b]))
                            for i, (a, b) in tasks)
    models = dict(zip(tasks, fitted))

    logits = np.full((len(y), 16), np.nan)
    chosen, temperatures = [], []
    for outer in range(folds):
        inner_rows = [original & member[:, b] for b in range(folds)]
        best = (np.inf, 0, 1.0)
        for i in range(len(fits)):
            inner = [b for b in range(folds) if b != outer]
            z = np.concatenate([
                models[i, (min(outer, b), max(outer, b))].logits(samples[i].x[inner_rows[b]])
                for b in inner])
            truth = np.concatenate([y[inner_rows[b]] for b in inner])
            temperature = best_temperature(z, truth, objective)
            best = min(best, (objective(z, truth, temperature), i, temperature))
        _, i, temperature = best
        rows = member[:, outer]
        logits[rows] = models[i, (outer, outer)].logits(samples[i].x[rows]) / temperature
        chosen.append(i)
        temperatures.append(temperature)
    best = (np.inf, 0, 1.0)
    for i in range(len(fits)):
        z = np.concatenate([models[i, (b, b)].logits(samples[i].x[inner_rows[b]])
                            for b in range(folds)])
        truth = np.concatenate([y[rows] for rows in inner_rows])
        temperature = best_temperature(z, truth, objective)
        best = min(best, (objective(z, truth, temperature), i, temperature))
    return Nested(logits, chosen, temperatures, best[1:])
