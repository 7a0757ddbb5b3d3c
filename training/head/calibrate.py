"""The floor under every probability, from the expected log loss with some labels wrong."""

import numpy as np

from head.metrics import floored
from head.objective import LOG_FMA_PRIOR, Objective

# Share of labels that say nothing, on top of those already wrong among the clips: listeners and
# artists disagree about genres, and GTZAN alone has 10.8 % faults (Sturm, arXiv 1306.1461).
LABEL_NOISE = 0.02
FLOORS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01)


def expected_loss(logits: np.ndarray, objective: Objective, floor: float) -> float:
    """The objective when LABEL_NOISE of the labels are replaced by uniformly random ones.

    `logits` [n, 16] are calibrated, so held-out labels are taken as they are for the rest.
    """
    def noisy(z: np.ndarray) -> np.ndarray:
        losses = -np.log(floored(z, floor))
        return ((1 - LABEL_NOISE) * losses[np.arange(len(z)), objective.y]
                + LABEL_NOISE * losses.mean(axis=1))

    return objective.of(noisy(logits), noisy(logits + LOG_FMA_PRIOR))


def best_floor(logits: np.ndarray, objective: Objective) -> tuple[float, dict[float, float]]:
    """The floor with the least expected loss, and the loss of each."""
    table = {floor: expected_loss(logits, objective, floor) for floor in FLOORS}
    return min(table, key=table.get), table
