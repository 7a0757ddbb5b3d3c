"""The heads that compete: how each is fitted to samples. All are one linear layer, or the mixture
of two.

The MAP head weighs classes by their evidence, the sum over a genre's sources of the square root
of its clips there: a genre known from one guitarist moves the head less away from the matrix than
one known from many collections. These class weights are the prior under which its softmax is
fitted; they are subtracted from the bias, so that every head's logits stand under a
uniform prior.
"""

from dataclasses import dataclass, field, fields, replace
from itertools import groupby

import numpy as np

from head import knowledge, regression
from head.embed import RECORDING, Column
from head.recipes import KEEPS_GENRE
from head.regression import Linear, Mixture
from head.samples import DEGRADED, ORIGINAL, SIMULATED, Samples, Weighting
from pipeline.genres import GENRES

# Length of the matrix's weights where it speaks for itself: what makes its probabilities about right
# on the clips at hand, as the temperature of the hand-written head does.
ZERO_SHOT_SCALE = 1.6

# Share of Spoken that is speech over music.
MUSIC_BEDS = 0.2
LEAST_EVIDENCE = 1e-2

# The genre that is told by the age of the recording.
OLD = "Old-Time / Historic"
# A pull that leaves a weight at its mean.
OUT_OF_REACH = 1e4


@dataclass(frozen=True)
class Setting:
    """Everything that is chosen about a MAP head.

    `pull`: precision of the Gaussian prior per sample weight; `unnamed`: what it is multiplied with
    for genres that no tag of the networks names, of which the matrix knows little; `scale`: length
    of the matrix's weights for standardised scores; `evidence_power`: class weights are
    evidence ** power, 0 makes classes alike; `kinds`: which rows train, `recipes`: of the degraded
    copies those made so, `degraded`: their share in a genre's weight, `old_discs`: that of simulated discs in
    Old-Time / Historic's; `layers`: which layers of
    the networks the head takes (`takes`), the others get weight zero; `layer_scale`: a factor on the
    standardised features of all layers but the tags, which divides their pull by its square, as
    there are many channels that each say little beside the tags, which have names; `recording_scale`: the same for
    the features of the recording, which speak for or against Old-Time / Historic alone: of any other
    genre, bandwidth and noise say which collection a clip is from.
    """

    pull: float = 1.0
    unnamed: float = 0.1
    scale: float = 2.0
    evidence_power: float = 1.0
    matrix: bool = True
    kinds: tuple[str, ...] = (ORIGINAL, DEGRADED, SIMULATED)
    recipes: tuple[str, ...] = tuple(KEEPS_GENRE)
    pooling: tuple[str, ...] = ("mean",)
    degraded: float = 0.4
    old_discs: float = 0.5
    source_power: float = 0.5
    layers: tuple[str, ...] = ("tag", "pooled", RECORDING)
    layer_scale: float = 0.5
    zero_shot: float = 0.0
    recording_scale: float = 4.0

    @classmethod
    def from_json(cls, values: dict) -> "Setting":
        """What `asdict` and JSON made of one; every field must be there."""
        values = {key: tuple(value) if isinstance(value, list) else value
                  for key, value in values.items()}
        missing = {f.name for f in fields(cls)} - set(values)
        if missing:
            raise SystemExit(f"the report's setting lacks {sorted(missing)}: evaluate again")
        return cls(**values)

    def takes(self, columns: list[Column]) -> np.ndarray:
        """[columns] bool: the layers that the head takes, and of their tags those that the matrix
        lists; where it takes the pooled layer, the embedding of networks that have no other."""
        with_pooled = {column.network for column in columns if column.layer == "pooled"}
        listed = knowledge.listed(columns)
        return np.array([
            column.layer in self.layers and (column.layer != "tag" or known)
            or (column.layer == "embedding" and "pooled" in self.layers
                and column.network not in with_pooled)
            for column, known in zip(columns, listed)])

    def taken(self, columns: list[Column]) -> np.ndarray:
        """[pooling x columns] bool: the same for every statistic of the pooling."""
        return np.tile(self.takes(columns), len(self.pooling))

    def factors(self, columns: list[Column]) -> np.ndarray:
        """[pooling x columns]: what standardised features are multiplied by."""
        factors = {"tag": 1.0, RECORDING: self.recording_scale}
        return np.tile([factors.get(column.layer, self.layer_scale) for column in columns],
                       len(self.pooling))

    def trains(self, samples: Samples) -> np.ndarray:
        """[n] bool: rows of the wanted kinds and recipes."""
        return np.isin(samples.kind, self.kinds) & (
            (samples.kind != DEGRADED) | np.isin(samples.recipe, self.recipes))

    def weighting(self) -> Weighting:
        simulated = ({OLD: self.old_discs, "Spoken": MUSIC_BEDS}
                     if SIMULATED in self.kinds else None)
        return Weighting(self.degraded if DEGRADED in self.kinds else 0.0, simulated,
                         self.source_power)


def evidence(samples: Samples) -> np.ndarray:
    """[16] sum over sources of the square root of the genre's clips there; at least a little."""
    samples = samples.where(samples.kind == ORIGINAL)
    source = samples.source
    result = np.full(len(GENRES), LEAST_EVIDENCE)
    for y in np.unique(samples.y):
        _, counts = np.unique(source[samples.y == y], return_counts=True)
        result[y] = np.sqrt(counts).sum()
    return result


def fold_scaling(model: Linear, scaling: knowledge.Scaling, shift: np.ndarray) -> Linear:
    """The same logits from features that are not standardised, plus `shift` [16]."""
    weights = model.weights / scaling.deviation[:, None]
    return Linear(weights, model.bias - scaling.mean @ weights + shift)


@dataclass(frozen=True)
class Map:
    """MAP multinomial regression, see `regression`."""

    setting: Setting
    columns: list[Column] = field(repr=False)

    def fit(self, samples: Samples) -> Linear:
        setting = self.setting
        taken = setting.taken(self.columns)
        columns = [column for column, takes in zip(self.columns, setting.takes(self.columns))
                   if takes]
        samples = samples.where(setting.trains(samples)).take(taken)
        weights = setting.weighting().weights(samples)
        scaling, means = self.starting_point(columns, samples)
        named = knowledge.named_genres(knowledge.matrix_rows(columns))
        pulls = setting.pull * np.tile(np.where(named, 1.0, setting.unnamed), (len(means), 1))
        pulls[np.ix_([column.layer == RECORDING for column in columns] * len(setting.pooling),
                     [genre != OLD for genre in GENRES])] = OUT_OF_REACH
        class_weights = evidence(samples) ** setting.evidence_power
        class_weights /= class_weights.sum()
        model = regression.fit(scaling.apply(samples.x), samples.y,
                               weights * class_weights[samples.y], means, pulls,
                               bias_means=np.log(class_weights))
        model = fold_scaling(model, scaling, -np.log(class_weights))
        full = np.zeros((len(taken), len(GENRES)))
        full[taken] = model.weights
        return Linear(full, model.bias)

    def starting_point(self, columns: list[Column], samples: Samples
                       ) -> tuple[knowledge.Scaling, np.ndarray]:
        """Scaling and prior means of the `columns` that `samples` hold, from the originals alone:
        degraded copies shift all tags, and with them what the matrix would call average."""
        setting = self.setting
        samples = samples.where(samples.kind == ORIGINAL)
        weights = Weighting(0.0, source_power=setting.source_power).weights(samples)
        scaling = knowledge.Scaling.of(samples.x, weights).times(setting.factors(columns))
        if not setting.matrix:
            return scaling, np.zeros((samples.x.shape[1], len(GENRES)))
        rows = knowledge.matrix_rows(columns, len(setting.pooling))
        z = scaling.apply(samples.x)
        return scaling, setting.scale * knowledge.prior_means(rows, z, weights)


@dataclass(frozen=True)
class Matrix:
    """The hand-written matrix alone; the samples only standardise the tags."""

    scale: float
    columns: list[Column] = field(repr=False)

    def fit(self, samples: Samples) -> Linear:
        samples = samples.where(samples.kind == ORIGINAL)
        weights = Weighting(degraded=0.0).weights(samples)
        scaling = knowledge.Scaling.of(samples.x, weights)
        rows = knowledge.matrix_rows(self.columns)
        means = self.scale * knowledge.prior_means(rows, scaling.apply(samples.x), weights)
        return fold_scaling(Linear(means, np.zeros(len(GENRES))), scaling, np.zeros(len(GENRES)))


@dataclass(frozen=True)
class Mixed:
    """The MAP head, mixed with the hand-written matrix by the setting's `zero_shot`.

    What the MAP head has learnt of a genre from one or two collections, it takes for certain: a
    genre that sounds otherwise elsewhere gets next to nothing. The matrix knows no collection,
    and a tenth of its probability is a floor that knows something of the clip."""

    setting: Setting
    columns: list[Column] = field(repr=False)

    def fit(self, samples: Samples) -> Linear | Mixture:
        return self.fit_all(samples, (self.setting.zero_shot,))[0]

    def fit_all(self, samples: Samples, weights: tuple[float, ...]) -> list[Linear | Mixture]:
        """The same two layers, mixed with several weights of the matrix."""
        fitted = Map(self.setting, self.columns).fit(samples)
        matrix = Matrix(ZERO_SHOT_SCALE, self.columns).fit(samples)
        return [Mixture((1.0 - weight, weight), (fitted, matrix)) if weight else fitted
                for weight in weights]


@dataclass(frozen=True)
class Family:
    """Settings that differ in `zero_shot` alone."""

    settings: tuple[Setting, ...]
    columns: list[Column] = field(repr=False)

    @classmethod
    def of(cls, grid: list[Setting], columns: list[Column]) -> "list[Family]":
        """Neighbours in the grid go together; the order of the settings stays."""
        groups = groupby(grid, key=lambda setting: replace(setting, zero_shot=0.0))
        return [cls(tuple(settings), columns) for _, settings in groups]

    def fit(self, samples: Samples) -> list[Linear | Mixture]:
        weights = tuple(setting.zero_shot for setting in self.settings)
        return Mixed(self.settings[0], self.columns).fit_all(samples, weights)
