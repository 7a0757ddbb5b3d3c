"""Embeddings as a transformer for scikit-learn."""

from __future__ import annotations

from typing import Any, Optional

import numpy
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ._classifier import Classifier
from ._errors import AudioError
from ._paths import paths_of


class GenreEmbedder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns paths of audio files into embeddings: what the networks say of each. `Classifier` does so, too; this one
    can leave bad files out, and says how many files to work on at once.

    Args:
        model: as for `Classifier`.
        jobs: files to work on at the same time; by default one per processor.
        on_error: ``"raise"``: a file that cannot be analysed raises `AudioError`; ``"nan"``: its row is NaN.
    """

    def __init__(self, model: str = "compact", jobs: Optional[int] = None, on_error: str = "raise") -> None:
        self.model = model
        self.jobs = jobs
        self.on_error = on_error

    def fit(self, X: Any, y: Any = None) -> GenreEmbedder:
        """Loads the model; there is nothing to learn. `X` has n paths, of shape (n,) or (n, 1)."""
        if self.on_error not in ("raise", "nan"):
            raise ValueError(f"on_error must be 'raise' or 'nan', not {self.on_error!r}")
        self.n_features_in_ = 1
        self.classifier_ = Classifier(self.model)
        paths_of(X)
        return self

    def transform(self, X: Any) -> NDArray[numpy.float32]:
        """The embeddings: float32 of shape (n, features).

        Raises:
            AudioError: a file cannot be analysed, unless `on_error` is ``"nan"``.
        """
        check_is_fitted(self, "classifier_")
        paths = paths_of(X)
        width = len(self.classifier_.feature_names())
        rows = numpy.full((len(paths), width), numpy.nan, dtype=numpy.float32)
        for row, features in zip(rows, self.classifier_.embed_files(paths, self.jobs)):
            if not isinstance(features, AudioError):
                row[:] = features
            elif self.on_error == "raise":
                raise features
        return rows

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[numpy.object_]:
        """Names of the columns."""
        check_is_fitted(self, "classifier_")
        return numpy.asarray(self.classifier_.feature_names(), dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.requires_fit = True
        # Its input is paths, which the generic checks cannot make up.
        tags.no_validation = True
        return tags

