"""The classifier."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union, cast

import numpy
from numpy.typing import ArrayLike, NDArray

from . import _native
from ._errors import AudioError
from ._paths import paths_of

GENRES: tuple[str, ...] = tuple(_native.GENRES)
"""The 16 genres, in the order of all arrays of probabilities."""

PathLike = Union[str, "os.PathLike[str]"]
Prior = Union[str, Mapping[str, float]]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is known of a clip.

    Attributes:
        path: the file as it was given; empty for bytes and samples.
        status: ``"ok"``; ``"warning"``: classified, but there is a remark; ``"unusable"``: not
            classified, the probabilities are the class prior's (only from `predict_files`).
        genre: the most probable genre, or None if the clip is unusable.
        array: 16 probabilities in the order of `GENRES`, float64; they sum to 1.
        seconds: duration of the audio, if any was decoded.
        remark: what you should know, or None.
        tag_genre: what the file's own tag says, or None.
    """

    path: str
    status: str
    genre: Optional[str]
    array: NDArray[numpy.float64]
    seconds: Optional[float]
    remark: Optional[str]
    tag_genre: Optional[str]

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability of each genre."""
        return dict(zip(GENRES, self.array.tolist()))

    def top(self, count: int = 3) -> list[tuple[str, float]]:
        """The most probable genres, the best first."""
        order = numpy.argsort(-self.array, kind="stable")[:count]
        return [(GENRES[index], float(self.array[index])) for index in order]


class Classifier:
    """Says how likely music is to belong to each of 16 genres.

    Formats: mp3, flac, ogg vorbis, wav, aiff, aac and alac (m4a), told by their content.

    It may be used by several threads at once, which then work at the same time (the interpreter's lock is
    not held), pickled, copied, and used in processes that were forked: it holds no threads and no open files.
    (An iterator of `predict_files` has threads: a fork cannot go on with it and says so.) A model is loaded once
    per process and stays loaded.

    It is also a transformer for scikit-learn, from paths to embeddings: `fit`, which learns nothing, `transform`,
    `get_params` and `set_params`.

    Args:
        model: the name of a bundled model (``"compact"``, or ``"full"``: a little better, nine times the
            time) or a model folder.
        prior: how likely each genre is before anything is heard: ``"fma"`` (the Free Music Archive's mix),
            ``"uniform"``, or a weight, 0 or more, for each of the 16 genres.

    Raises:
        ModelError: the model cannot be loaded.
        ValueError: the prior is not one.
    """

    def __init__(self, model: PathLike = "compact", prior: Prior = "fma") -> None:
        self.model = os.fspath(model)
        self.prior = prior
        self._engine = _native.Engine(self.model, *_prior(self.prior))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.model, self.prior)

    def __repr__(self) -> str:
        return f"Classifier(model={self.model!r}, prior={self.prior!r})"

    @property
    def model_name(self) -> str:
        """The name that the model gives itself."""
        return self._engine.model[0]

    @property
    def model_version(self) -> str:
        """The model's version; it changes whenever its probabilities do."""
        return self._engine.model[1]

    def predict_file(self, path: PathLike) -> Prediction:
        """Classifies the file at `path`.

        Raises:
            AudioError: it cannot be classified.
            ModelError: the model failed.
        """
        name = os.fspath(path)
        return _usable(_prediction(name, self._engine.predict_file(name)))

    def predict_bytes(self, data: Union[bytes, bytearray]) -> Prediction:
        """Classifies the content of a file.

        Raises:
            AudioError: it cannot be classified.
            ModelError: the model failed.
        """
        return _usable(_prediction("", self._engine.predict_bytes(data)))

    def predict_samples(self, array: ArrayLike, sample_rate: int) -> Prediction:
        """Classifies samples.

        Args:
            array: float samples within -1 to 1, of shape (samples,) or (channels, samples).
            sample_rate: in Hz.

        Raises:
            AudioError: they cannot be classified: too short, silent.
            ModelError: the model failed.
            ValueError: the array has another shape, or numbers that are none.
        """
        return _usable(_prediction("", self._engine.predict_samples(*_samples(array, sample_rate))))

    def predict_files(self, paths: Iterable[PathLike], jobs: Optional[int] = None) -> Iterator[Prediction]:
        """Classifies files, `jobs` at a time (by default one per processor), and yields the results in order
        as they come. A file that cannot be classified has the status ``"unusable"``, and its remark says why.

        The work begins at the call; when the iterator is dropped it ends with the files under way. Its length
        is that of `paths`, so that ``tqdm(classifier.predict_files(paths), total=len(paths))`` shows progress.

        Raises:
            ModelError: the model failed.
        """
        names = [os.fspath(path) for path in paths]
        stream = self._engine.stream(list(names), _jobs(jobs), None)
        return (_prediction(name, cast("_native._Row", row)) for name, row in zip(names, stream))

    def embed_file(self, path: PathLike, patches: bool = False) -> NDArray[numpy.float32]:
        """What the networks say of the file at `path`: tag logits, embeddings, pooled layers.

        Args:
            path: the file.
            patches: one row for each patch of 2 or 3 s, as the model has it, instead of one vector.

        Returns:
            float32 of shape (features,), or (patches, features); `feature_names` has the names.

        Raises:
            AudioError: the file cannot be analysed.
            ModelError: the model failed.
        """
        name = os.fspath(path)
        return _embedding(name, self._engine.embed_file(name, patches), patches)

    def embed_bytes(self, data: Union[bytes, bytearray], patches: bool = False) -> NDArray[numpy.float32]:
        """As `embed_file`, of the content of a file."""
        return _embedding("", self._engine.embed_bytes(data, patches), patches)

    def embed_samples(self, array: ArrayLike, sample_rate: int, patches: bool = False) -> NDArray[numpy.float32]:
        """As `embed_file`, of samples; these are as for `predict_samples`."""
        return _embedding("", self._engine.embed_samples(*_samples(array, sample_rate), patches), patches)

    def embed_files(
        self, paths: Iterable[PathLike], jobs: Optional[int] = None, patches: bool = False
    ) -> Iterator[Union[NDArray[numpy.float32], AudioError]]:
        """As `predict_files`, with the arrays of `embed_file`; in the place of a file that cannot be analysed
        stands the `AudioError` (it is not raised)."""
        names = [os.fspath(path) for path in paths]
        stream = self._engine.stream(list(names), _jobs(jobs), patches)
        for name, features in zip(names, stream):
            try:
                yield _embedding(name, cast("_native._Features", features), patches)
            except AudioError as error:
                yield error

    def feature_names(self, patches: bool = False) -> list[str]:
        """Names of the values of `embed_file`, such as ``mean:msd:tag:rock``."""
        return self._engine.feature_names(patches)

    def fit(self, X: Any, y: Any = None) -> Classifier:
        """Nothing, for scikit-learn: the model is trained. `X` has n paths, of shape (n,) or (n, 1)."""
        paths_of(X)
        return self

    def transform(self, X: Any) -> NDArray[numpy.float32]:
        """The embeddings of n paths, of shape (n,) or (n, 1): float32 of shape (n, features).

        Raises:
            AudioError: a file cannot be analysed.
            ModelError: the model failed.
        """
        paths = paths_of(X)
        rows = numpy.empty((len(paths), len(self.feature_names())), dtype=numpy.float32)
        for row, features in zip(rows, self.embed_files(paths)):
            if isinstance(features, AudioError):
                raise features
            row[:] = features
        return rows

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[numpy.float32]:
        """As `transform`."""
        return self.transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[numpy.object_]:
        """Names of the columns of `transform`, for scikit-learn."""
        return numpy.asarray(self.feature_names(), dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor, for scikit-learn."""
        return {"model": self.model, "prior": self.prior}

    def set_params(self, **params: Any) -> Classifier:
        """Another model or prior, for scikit-learn.

        Raises:
            ModelError, ValueError: as for the constructor; nothing has changed then.
        """
        unknown = sorted(set(params) - set(self.get_params()))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no parameter of Classifier; these are model and prior")
        if params:
            self.__dict__.update(type(self)(**(self.get_params() | params)).__dict__)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from .sklearn import GenreEmbedder

        tags = GenreEmbedder().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def _prior(prior: Prior) -> tuple[str, Optional[list[float]]]:
    if isinstance(prior, str):
        return prior, None
    if set(prior) != set(GENRES):
        wrong = sorted(set(prior) ^ set(GENRES))
        raise ValueError(f"a prior has a weight for each of the 16 genres; missing or unknown: {', '.join(wrong)}")
    return "", [float(prior[genre]) for genre in GENRES]


def _jobs(jobs: Optional[int]) -> int:
    if jobs is None:
        return os.cpu_count() or 1
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    return jobs


def _samples(array: ArrayLike, sample_rate: int) -> tuple[NDArray[numpy.float32], int, int]:
    samples = numpy.asarray(array)
    if samples.ndim not in (1, 2) or samples.size == 0:
        raise ValueError(f"samples must have the shape (samples,) or (channels, samples), not {samples.shape}")
    if not numpy.issubdtype(samples.dtype, numpy.floating):
        raise ValueError(f"samples must be floats within -1 to 1, not {samples.dtype}")
    if not numpy.isfinite(samples).all():
        raise ValueError("samples must be finite")
    channels = 1 if samples.ndim == 1 else samples.shape[0]
    if not 1 <= channels <= 32:
        raise ValueError(f"{channels} channels; the shape must be (channels, samples)")
    if not 1 <= sample_rate <= 768_000:
        raise ValueError(f"a sample rate of {sample_rate} Hz")
    interleaved = numpy.ascontiguousarray(samples.T, dtype=numpy.float32).reshape(-1)
    return interleaved, channels, int(sample_rate)


def _prediction(path: str, row: _native._Row) -> Prediction:
    status, genre, array, seconds, remark, tag_genre = row
    return Prediction(path, status, genre, array, seconds, remark, tag_genre)


def _usable(prediction: Prediction) -> Prediction:
    if prediction.status == "unusable":
        raise AudioError(prediction.path, prediction.remark or "cannot be classified")
    return prediction


def _embedding(path: str, features: _native._Features, patches: bool) -> NDArray[numpy.float32]:
    array, cause = features
    if array is None:
        raise AudioError(path, cause or "cannot be analysed")
    return array if patches else array[0]


def score(
    predictions: Union[Mapping[str, Any], Sequence[Any]],
    labels: Union[Mapping[str, str], Sequence[str]],
    seed: int = 0,
) -> dict[str, Any]:
    """Log loss, accuracy, F1, calibration and the confusion matrix, as ``fma-genre score --json`` has them.

    Args:
        predictions: 16 probabilities for each clip (a `Prediction`, an array in the order of `GENRES`, or a
            mapping of genres), in a sequence or by id.
        labels: the true genre of each, in the same order or by the same ids.
        seed: of the random numbers behind the 95 % intervals.

    Raises:
        ValueError: ids or lengths differ, a genre is none of the 16, rows are no probabilities.
    """
    import json

    if isinstance(predictions, Mapping) and isinstance(labels, Mapping):
        differ = sorted(set(predictions) ^ set(labels))
        if differ:
            raise ValueError(f"{len(differ)} ids have no counterpart, such as {differ[0]!r}")
        # The order of ids, so that the intervals do not depend on that of a mapping.
        ids = sorted(predictions)
        rows, truths = [predictions[i] for i in ids], [labels[i] for i in ids]
    elif isinstance(predictions, Mapping) or isinstance(labels, Mapping):
        raise ValueError("predictions and labels must both be mappings or both be sequences")
    else:
        rows, truths = list(predictions), list(labels)
    unknown = sorted(set(truths) - set(GENRES))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of the 16 genres")
    text = _native.score([_row(row) for row in rows], [GENRES.index(truth) for truth in truths], seed)
    return cast("dict[str, Any]", json.loads(text))


def _row(row: Any) -> list[float]:
    if isinstance(row, Prediction):
        return cast("list[float]", row.array.tolist())
    if isinstance(row, Mapping):
        return [float(row[genre]) for genre in GENRES]
    return [float(value) for value in row]
