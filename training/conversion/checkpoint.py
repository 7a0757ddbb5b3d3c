"""The trained variables of one network, and which of its filters are alive.

Training with weight decay has switched most filters of the front end off: their weights have
shrunk to 1e-29 or so, and their output is one and the same number whatever is played.  In the
MSD network 64 of 561 filters are alive, in the MTT network 318.
"""

from pathlib import Path

import numpy as np

EPSILON = 0.001  # default of tf.layers.batch_normalization, which the package uses

# log10(10000 x + 1) of a mel power x of 10^4.  A full-scale tone reaches 7.6.
LARGEST_LOG_MEL = 8.0

# A filter is off when its output, after batch norm, cannot vary by more than this.
OFF = 1e-6


class Checkpoint:
    """The variables by the numbering of tf.layers: conv2d, conv2d_1, ..., as float64."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.variables = {name: file[name].astype(np.float64) for name in file.files}

    def layer(self, kind: str, index: int, part: str) -> np.ndarray:
        return self.variables[f"{kind}{f'_{index}' if index else ''}/{part}"]

    def batch_norm(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(a, c) of a x + c, each [channels]."""
        part = {p: self.layer("batch_normalization", index, p)
                for p in ("gamma", "beta", "moving_mean", "moving_variance")}
        a = part["gamma"] / np.sqrt(part["moving_variance"] + EPSILON)
        return a, part["beta"] - a * part["moving_mean"]

    def front_end_output_range(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Bounds [C] of what block `index` can give for log-mels from 0 to LARGEST_LOG_MEL.

        Interval arithmetic: every input of the kernel is taken by itself at its best and at
        its worst; zero is among the inputs because of the padding.
        """
        kernel = self.layer("conv2d", index, "kernel")
        kernel = kernel.reshape(-1, kernel.shape[-1])
        bias = self.layer("conv2d", index, "bias")
        a, c = self.batch_norm(0)
        ends = (0.0, float(c[0]), float(a[0] * LARGEST_LOG_MEL + c[0]))
        positive, negative = np.maximum(kernel, 0).sum(axis=0), np.minimum(kernel, 0).sum(axis=0)
        lowest = np.maximum(positive * min(ends) + negative * max(ends) + bias, 0)
        highest = np.maximum(positive * max(ends) + negative * min(ends) + bias, 0)
        a, c = self.batch_norm(index + 1)
        return np.minimum(a * lowest, a * highest) + c, np.maximum(a * lowest, a * highest) + c

    def live_filters(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(indices of the filters that are on, output [C] of the others; of those that are on 0)"""
        low, high = self.front_end_output_range(index)
        on = high - low > OFF
        return np.flatnonzero(on), np.where(on, 0.0, (low + high) / 2)
