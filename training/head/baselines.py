"""What the head has to beat, and the alternatives to a linear MAP head."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from head.candidates import Map
from head.knowledge import Scaling
from head.regression import Linear
from head.samples import ORIGINAL, Samples
from pipeline.genres import GENRES

CLASSES = len(GENRES)


@dataclass(frozen=True)
class Constant:
    """The same logits for every clip."""

    values: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        return np.tile(self.values, (len(x), 1))


class Uniform:
    def fit(self, samples: Samples) -> Constant:
        return Constant(np.zeros(CLASSES))


class ClassPrior:
    """Class frequencies of the training clips, each class counted once more."""

    def fit(self, samples: Samples) -> Constant:
        y = samples.y[samples.kind == ORIGINAL]
        return Constant(np.log(np.bincount(y, minlength=CLASSES) + 1.0))


@dataclass(frozen=True)
class Spread:
    """A model that knows only some classes; the others get its least logit per row."""

    model: object
    known: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        some = self.model(x)
        result = np.tile(some.min(axis=1, keepdims=True), (1, CLASSES))
        result[:, self.known] = some
        return result


class Svm:
    """The starter kit's baseline: standardised statistics into a support vector classifier (RBF,
    C = 1), one decision value per class. Its log loss is what a temperature makes of them."""

    def fit(self, samples: Samples) -> Spread:
        samples = samples.where(samples.kind == ORIGINAL)
        scaler = StandardScaler().fit(samples.x)
        svm = SVC(decision_function_shape="ovr", class_weight="balanced")
        svm.fit(scaler.transform(samples.x), samples.y)
        return Spread(lambda x: svm.decision_function(scaler.transform(x)), svm.classes_)


@dataclass(frozen=True)
class Mlp:
    """One hidden layer of 64 units, with the features and sample weights of the MAP head."""

    like: Map
    seed: int

    def fit(self, samples: Samples) -> Spread:
        setting, columns = self.like.setting, self.like.columns
        taken = setting.taken(columns)
        samples = samples.where(setting.trains(samples)).take(taken)
        weights = setting.weighting().weights(samples)
        scaling = Scaling.of(samples.x, weights).times(setting.factors(columns)[taken])
        net = MLPClassifier((64,), alpha=1.0, max_iter=40, random_state=self.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(scaling.apply(samples.x), samples.y, weights * len(samples))
        return Spread(lambda x: net.predict_log_proba(scaling.apply(x[:, taken])), net.classes_)


@dataclass(frozen=True)
class Bag:
    """Means of the logits of MAP heads, each fitted to a random two thirds of the sources:
    again one linear layer."""

    like: Map
    seed: int
    size: int = 8

    def fit(self, samples: Samples) -> Linear:
        rng = np.random.default_rng(self.seed)
        names = sorted({clip.source for parents in samples.parents for clip in parents})
        if len(names) == 1:
            return self.like.fit(samples)
        models = []
        for _ in range(self.size):
            out = set(rng.permutation(names)[:len(names) // 3])
            keep = np.array([not out & {clip.source for clip in p} for p in samples.parents])
            models.append(self.like.fit(samples.where(keep)))
        return Linear(np.mean([m.weights for m in models], axis=0),
                      np.mean([m.bias for m in models], axis=0))
