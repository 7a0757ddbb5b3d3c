"""Genre logits -> probabilities, as the program does it, and how good they are."""

import numpy as np

from pipeline.genres import FMA_PRIOR, GENRES


def posterior(logits: np.ndarray, prior: np.ndarray, head: dict) -> np.ndarray:
    """[n, 16] logits -> [n, 16] probabilities under `prior`.

    `head` is the section of model.json of that name: softmax(logits / temperature +
    ln(prior / training_prior)), then mixed with the uniform distribution so that no
    probability is below `floor`.
    """
    shift = np.log(prior) - np.log(np.asarray(head["training_prior"]))
    z = logits / head["temperature"] + shift
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return (1 - len(GENRES) * head["floor"]) * p + head["floor"]


def measures(p: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Accuracy and mean log loss: plain, balanced, and in FMA-medium's class mix.

    Balanced is the mean over classes of the class means; the class mix weighs these means with
    FMA_PRIOR (of the classes present): an estimate for a test set like the challenge's.
    """
    loss = -np.log(np.clip(p[np.arange(len(p)), truth], 1e-15, 1))
    hit = (p.argmax(axis=1) == truth).astype(float)
    present = np.unique(truth)

    def by_class(values: np.ndarray, weights: np.ndarray | None) -> float:
        return float(np.average([values[truth == c].mean() for c in present], weights=weights))

    return {
        "accuracy": float(hit.mean()),
        "log_loss": float(loss.mean()),
        "balanced_accuracy": by_class(hit, None),
        "balanced_log_loss": by_class(loss, None),
        "fma_mix_accuracy": by_class(hit, FMA_PRIOR[present]),
        "fma_mix_log_loss": by_class(loss, FMA_PRIOR[present]),
    }
