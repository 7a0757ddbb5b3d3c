"""Multinomial logistic regression whose weights are pulled towards given ones.

Minimises over W [features, classes] and b [classes]

    sum_i w_i * -ln softmax(x_i W + b)[y_i]  +  1/2 * sum_jc r_c (W_jc - M_jc)^2

with sample weights w of sum 1, prior means M and pulls r: the maximum a posteriori estimate
under independent Gaussian priors of mean M and precision r N for N effective samples. The
problem is convex; L-BFGS from W = M finds the minimum. It walks in coordinates in which the problem is about
round (`_Coordinates`), which takes a third of the steps.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize


@dataclass(frozen=True)
class Linear:
    """logits = x @ weights + bias."""

    weights: np.ndarray
    bias: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        return x @ self.weights + self.bias


def log_softmax(z: np.ndarray) -> np.ndarray:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Mixture:
    """Logits whose softmax is the weighted mean of the softmaxes of several linear layers;
    `weights` sum to 1."""

    weights: tuple[float, ...]
    parts: tuple[Linear, ...]

    def logits(self, x: np.ndarray) -> np.ndarray:
        logs = [np.log(weight) + log_softmax(part.logits(x))
                for weight, part in zip(self.weights, self.parts)]
        return np.logaddexp.reduce(logs, axis=0)


# The bias is held near its mean just enough for a class without clips to keep a finite one.
BIAS_PULL = 1e-3
# The mean of p (1 - p) over clips and classes, about: how much a squared logit counts in the loss.
CURVATURE = 1 / 64


class _Coordinates:
    """u = L^T (W - M), where L L^T is about the second derivative of the loss by the weights of a class:
    CURVATURE x^T diag(w) x + r."""

    def __init__(self, x: np.ndarray, weights: np.ndarray, pulls: np.ndarray) -> None:
        scaled = x * np.sqrt(CURVATURE * weights, dtype=x.dtype)[:, None]
        gram = (scaled.T @ scaled).astype(float)
        columns, of_class = np.unique(pulls, axis=1, return_inverse=True)
        self.factors = [(np.flatnonzero(of_class == i), cholesky(gram + np.diag(column), lower=True))
                        for i, column in enumerate(columns.T)]

    def _solved(self, table: np.ndarray, transposed: bool) -> np.ndarray:
        result = np.empty_like(table)
        for classes, factor in self.factors:
            result[:, classes] = solve_triangular(
                factor, table[:, classes], lower=True, trans=int(transposed), check_finite=False)
        return result

    def difference(self, u: np.ndarray) -> np.ndarray:
        """W - M."""
        return self._solved(u, True)

    def gradient(self, by_weights: np.ndarray) -> np.ndarray:
        """By u, from that by W."""
        return self._solved(by_weights, False)


def fit(x: np.ndarray, y: np.ndarray, sample_weights: np.ndarray, means: np.ndarray,
        pulls: np.ndarray, bias_means: np.ndarray | None = None, iterations: int = 300) -> Linear:
    """`x` [n, features], `y` [n] class numbers, `means` and `pulls` [features, classes],
    `bias_means` [classes], zero if left out. Products with `x` are computed in float32."""
    features, classes = means.shape
    x = np.ascontiguousarray(x, dtype=np.float32)
    weights = sample_weights / sample_weights.sum()
    rows = np.arange(len(y))
    origin = np.zeros(classes) if bias_means is None else bias_means
    coordinates = _Coordinates(x, weights, pulls)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(features + 1, classes)
        difference = coordinates.difference(table[:-1])
        products = x @ (means + difference).astype(np.float32)
        logs = log_softmax(products + (origin + table[-1]))
        value = -weights @ logs[rows, y] + 0.5 * np.sum(pulls * difference ** 2)
        value += 0.5 * BIAS_PULL * np.sum(table[-1] ** 2)
        residual = np.exp(logs)
        residual[rows, y] -= 1.0
        residual *= weights[:, None]
        gradient = np.empty_like(table)
        gradient[:-1] = coordinates.gradient(
            x.T @ residual.astype(np.float32) + pulls * difference)
        gradient[-1] = residual.sum(axis=0) + BIAS_PULL * table[-1]
        return value, gradient.ravel()

    result = minimize(objective, np.zeros((features + 1) * classes), jac=True, method="L-BFGS-B",
                      options={"maxiter": iterations, "maxcor": 20, "ftol": 1e-6, "gtol": 1e-6})
    table = result.x.reshape(features + 1, classes)
    return Linear(means + coordinates.difference(table[:-1]), origin + table[-1])
