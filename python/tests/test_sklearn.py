"""Embeddings in scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_estimator_repr,
    check_estimators_unfitted,
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
)

from fma_genre import GENRES, AudioError, Classifier
from fma_genre.sklearn import GenreEmbedder

from conftest import CLIPS

# The other checks make up numbers, where this takes paths.
CHECKS = [
    check_estimator_repr,
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
    check_estimators_unfitted,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sklearns_own_checks(check) -> None:  # type: ignore[no-untyped-def]
    if check is check_estimators_unfitted:
        with pytest.raises(Exception, match="not fitted"):
            GenreEmbedder().transform([str(CLIPS[0])])
        return
    check("GenreEmbedder", GenreEmbedder())


def test_a_pipeline_learns_from_a_few_clips() -> None:
    paths = [str(path) for path in CLIPS]
    labels = ["electronic" if "electronic" in p or "nebula" in p or "lincity" in p else "other" for p in paths]
    pipeline = make_pipeline(GenreEmbedder(), StandardScaler(), LogisticRegression())
    pipeline.fit(paths, labels)
    assert list(pipeline.predict(paths)) == labels
    copy = clone(pipeline).set_params(genreembedder__jobs=1)
    assert copy.get_params()["genreembedder__jobs"] == 1
    names = pipeline[0].get_feature_names_out()
    assert len(names) == pipeline[0].transform(paths[:1]).shape[1]


@pytest.mark.parametrize("check", [check_get_params_invariance, check_set_params], ids=lambda check: check.__name__)
def test_sklearns_own_checks_of_the_classifier(check) -> None:  # type: ignore[no-untyped-def]
    check("Classifier", Classifier())


def test_the_classifier_is_a_transformer_itself() -> None:
    paths = [str(path) for path in CLIPS[:6]]
    classifier = Classifier(prior={genre: 1.0 for genre in GENRES})
    pipeline = make_pipeline(classifier, StandardScaler(), LogisticRegression())
    labels = [number % 2 for number in range(len(paths))]
    assert list(pipeline.fit(paths, labels).predict(paths)) == labels
    assert numpy.array_equal(classifier.transform(paths), GenreEmbedder().fit_transform(paths))
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    assert copy.set_params(prior="fma").prior == "fma"
    assert list(classifier.get_feature_names_out()) == classifier.feature_names()
    for wrong in ({"model": "nonsense"}, {"prior": "nonsense"}, {"jobs": 2}):
        with pytest.raises(Exception):
            copy.set_params(**wrong)
        assert copy.get_params() == {"model": "compact", "prior": "fma"}


def test_columns_of_paths_and_bad_files(hostile: list[Path]) -> None:
    embedder = GenreEmbedder().fit([])
    column = numpy.asarray([[str(CLIPS[0])], [str(CLIPS[1])]], dtype=object)
    assert numpy.array_equal(embedder.transform(column), embedder.transform(CLIPS[:2]))
    with pytest.raises(AudioError):
        embedder.transform([hostile[0]])
    embedder.set_params(on_error="nan")
    assert numpy.isnan(embedder.transform([hostile[0]])).all()
    with pytest.raises(ValueError):
        embedder.transform(numpy.zeros((2, 2)))
    with pytest.raises(ValueError):
        GenreEmbedder(on_error="ignore").fit(CLIPS)
