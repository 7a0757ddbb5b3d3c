"""Classifying with Spark: a DataFrame of files in, one of genres out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, DoubleType, StringType, StructField, StructType

from ._classifier import GENRES, Classifier, Prediction, Prior
from ._errors import AudioError

if TYPE_CHECKING:
    import pandas

SCHEMA = StructType(
    [
        StructField("path", StringType(), nullable=False),
        StructField("status", StringType(), nullable=False),
        StructField("genre", StringType()),
        StructField("remark", StringType()),
        StructField("seconds", DoubleType()),
        StructField("tag_genre", StringType()),
        StructField("probabilities", ArrayType(DoubleType(), containsNull=False)),
        StructField("model", StringType(), nullable=False),
        StructField("model_version", StringType(), nullable=False),
    ]
)
"""Columns of the result. `status` is ``ok``, ``warning`` or ``unusable``; `probabilities` has 16 numbers in the
order of `fma_genre.GENRES`, or null for a file that cannot be classified, whose remark says why."""


def classify(df: DataFrame, model: str = "compact", prior: Prior = "fma") -> DataFrame:
    """Classifies the files of a DataFrame.

    Args:
        df: with a column `path`; and `content`, as ``spark.read.format("binaryFile")`` makes it, unless all
            workers can read the paths themselves.
        model: as for `Classifier`.
        prior: as for `Classifier`.

    Returns:
        A DataFrame with `SCHEMA`, one row for each row of `df`; a bad file is a row with a status.
    """
    if "path" not in df.columns:
        raise ValueError(f"there must be a column path; there are {', '.join(df.columns)}")
    columns = ["path", "content"] if "content" in df.columns else ["path"]
    classifier = Classifier(model, prior)
    return df.select(*columns).mapInPandas(_Work(classifier), SCHEMA)


class _Work:
    """What a Spark worker does with its rows. The classifier is pickled by its name."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def __call__(self, batches: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        import pandas

        for batch in batches:
            rows = [self.row(*values) for values in batch.itertuples(index=False, name=None)]
            yield pandas.DataFrame(rows, columns=[field.name for field in SCHEMA])

    def row(self, path: str, content: Any = None) -> tuple[Any, ...]:
        try:
            if content is not None:
                prediction = self.classifier.predict_bytes(bytes(content))
            else:
                prediction = self.classifier.predict_file(path.removeprefix("file:"))
        except AudioError as error:
            return self.named(path, ("unusable", None, error.cause, None, None, None))
        return self.named(path, _facts(prediction))

    def named(self, path: str, facts: tuple[Any, ...]) -> tuple[Any, ...]:
        return (path, *facts, self.classifier.model_name, self.classifier.model_version)


def _facts(prediction: Prediction) -> tuple[Any, ...]:
    assert len(prediction.array) == len(GENRES)
    return (
        prediction.status,
        prediction.genre,
        prediction.remark,
        prediction.seconds,
        prediction.tag_genre,
        prediction.array.tolist(),
    )
