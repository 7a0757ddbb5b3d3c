"""Paths as scikit-learn hands them over."""

from __future__ import annotations

from typing import Any

import numpy


def paths_of(X: Any) -> list[str]:
    """The paths in a sequence or array of shape (n,) or (n, 1)."""
    paths = numpy.asarray(X, dtype=object)
    if paths.ndim == 2 and paths.shape[1] == 1:
        paths = paths[:, 0]
    if paths.ndim != 1:
        raise ValueError(f"paths must have the shape (n,) or (n, 1), not {paths.shape}")
    return [str(path) for path in paths]
