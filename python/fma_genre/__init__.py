"""How likely music is to belong to each of 16 genres: offline, with its model inside.

>>> from fma_genre import Classifier
>>> classifier = Classifier()
>>> classifier.predict_file("song.mp3").top(1)  # doctest: +SKIP
[('Rock', 0.93)]

`fma_genre.sklearn` has a transformer for scikit-learn, `fma_genre.spark` a function for Spark; neither is
imported from here.
"""

from ._classifier import GENRES, Classifier, Prediction, score
from ._errors import AudioError, ModelError
from ._native import __version__

__all__ = ["GENRES", "AudioError", "Classifier", "ModelError", "Prediction", "__version__", "score"]
