"""How good probabilities are. Logits [n, 16] stand under a uniform prior, `y` [n] is the truth."""

import numpy as np

from head.objective import Objective, by_source
from head.regression import log_softmax
from pipeline.genres import FMA_PRIOR, GENRES

TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(3.0), 37))


def per_row_loss(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    return -log_softmax(logits)[np.arange(len(y)), y]


def log_loss(logits: np.ndarray, y: np.ndarray) -> float:
    return float(per_row_loss(logits, y).mean())


def by_class(values: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean over the classes present of the class means, alike or by `weights` [16]."""
    present = np.unique(y)
    means = [values[y == c].mean() for c in present]
    return float(np.average(means, weights=None if weights is None else weights[present]))


def balanced_log_loss(logits: np.ndarray, y: np.ndarray) -> float:
    return by_class(per_row_loss(logits, y), y)


def macro_f1(guess: np.ndarray, y: np.ndarray) -> float:
    """Mean F1 over the classes present in the truth."""
    scores = []
    for c in np.unique(y):
        hits = np.sum((guess == c) & (y == c))
        scores.append(2 * hits / (np.sum(guess == c) + np.sum(y == c)))
    return float(np.mean(scores))


def best_temperature(logits: np.ndarray, objective: Objective) -> float:
    """The temperature of a fixed grid that minimises `objective`."""
    return float(min(TEMPERATURES, key=lambda t: objective(logits, t)))


def floored(logits: np.ndarray, floor: float) -> np.ndarray:
    """Probabilities with the program's floor: (1 - 16 f) p + f."""
    return (1 - len(GENRES) * floor) * np.exp(log_softmax(logits)) + floor


def guess_and_loss(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[n] top class and [n] log loss of probabilities `p` [n, 16]."""
    return p.argmax(axis=1), -np.log(p[np.arange(len(y)), y])


def summary(logits: np.ndarray, y: np.ndarray, source: np.ndarray, floor: float = 0.0
            ) -> dict[str, float]:
    """Log loss and accuracy under a uniform prior, plain and balanced; macro F1; expected
    calibration error; log loss, accuracy and calibration error in FMA-medium's class mix with its
    prior; and the objective, for which the sources [n] count alike within a genre."""
    p = floored(logits, floor)
    guess, loss = guess_and_loss(p, y)
    fma_p = floored(logits + np.log(FMA_PRIOR), floor)
    fma_guess, fma_loss = guess_and_loss(fma_p, y)
    fma_mix = FMA_PRIOR[y] / np.bincount(y, minlength=len(GENRES))[y]
    hit, fma_hit = (guess == y).astype(float), (fma_guess == y).astype(float)
    return {
        "log_loss": float(loss.mean()), "accuracy": float(hit.mean()),
        "balanced_log_loss": by_class(loss, y), "balanced_accuracy": by_class(hit, y),
        "macro_f1": macro_f1(guess, y), "ece": calibration_error(p, y),
        "fma_mix_log_loss": by_class(fma_loss, y, FMA_PRIOR),
        "fma_mix_accuracy": by_class(fma_hit, y, FMA_PRIOR),
        "fma_mix_ece": calibration_error(fma_p, y, fma_mix),
        "objective": by_source(y, source).of(loss, fma_loss),
    }


def reliability(p: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None, bins: int = 10
                ) -> list[tuple[float, float, float]]:
    """Per bin of equal width over the top probability: mean confidence, accuracy, and the rows'
    weights, by default 1 each, in all."""
    weights = np.ones(len(y)) if weights is None else weights
    top = p.max(axis=1)
    hit = p.argmax(axis=1) == y
    index = np.minimum((top * bins).astype(int), bins - 1)
    return [(float(np.average(top[index == b], weights=weights[index == b])),
             float(np.average(hit[index == b], weights=weights[index == b])),
             float(weights[index == b].sum())) for b in range(bins) if np.any(index == b)]


def calibration_error(p: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Expected calibration error: mean |confidence - accuracy| over the bins, by their weights."""
    bins = reliability(p, y, weights)
    return (sum(abs(confidence - accuracy) * weight for confidence, accuracy, weight in bins)
            / sum(weight for *_, weight in bins))


def bootstrap(values: np.ndarray, units: np.ndarray, seed: int, draws: int = 1000
              ) -> tuple[float, float]:
    """95 % interval of the mean of `values` [n], resampling whole `units` [n] (groups)."""
    _, inverse = np.unique(units, return_inverse=True)
    sums = np.bincount(inverse, values)
    counts = np.bincount(inverse)
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(counts), (draws, len(counts)))
    means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
