"""All candidates on the same folds, and everything the reports need to know of the winner."""

from collections import Counter
from dataclasses import asdict, dataclass, replace

import numpy as np

from head import baselines, held_out, metrics, recipes
from head.calibrate import best_floor
from head.candidates import Family, Map, Matrix, Setting
from head.clip import Clip
from head.embed import Column
from head.objective import by_source
from head.protocol import OfficialSplits, protocol
from head.samples import DEGRADED, ORIGINAL, SIMULATED, Samples
from pipeline.genres import GENRES

# What the choice is made from: the mixture alone. What makes no difference on sources that nobody has looked at (pull,
# factor, whether copies with the marks of age train) is not chosen any more: of settings that are alike, the inner loop takes
# another in every fold, by chance, which costs 0.01 of the objective. How much simulated discs weigh, real ones
# say (docs/model-evaluation.md, "Old recordings").
GRID = [Setting(pull=0.5, unnamed=0.15, layer_scale=0.3, old_discs=0.05, zero_shot=zero_shot)
        for zero_shot in (0.0, 0.2, 0.4, 0.6)]
# The pull is relative to the loss per clip: the more data, the less of it is needed.
LARGE_GRID = [Setting(pull=pull, unnamed=0.3, evidence_power=power)
              for pull in (1e-4, 1e-3, 1e-2, 1e-1) for power in (0.5, 1.0)]
# For comparisons of one thing at a time.
MIDDLE = Setting(pull=1.0, unnamed=0.15, layer_scale=0.4)

# Of the comparison, not of the shipped head.
TABLE_FLOOR = 1e-4
INTERNATIONAL = GENRES.index("International")


@dataclass(frozen=True)
class Data:
    """`mean` and `wide` hold the same rows with features pooled by mean, and by mean, maximum and
    deviation, None where the comparison is brief; `librosa` [n, 518] statistics, zero for copies, or None
    where left out."""

    clips: list[Clip]
    columns: list[Column]
    mean: Samples
    wide: Samples | None
    librosa: np.ndarray | None


def of_network(data: Data, network: str) -> tuple[list[Column], Samples]:
    """Columns and mean features of one network alone."""
    chosen = np.array([column.network == network for column in data.columns])
    columns = [column for column, keep in zip(data.columns, chosen) if keep]
    return columns, data.mean.take(chosen)


@dataclass(frozen=True)
class Alone:
    """One head as the only one of its family."""

    candidate: object

    def fit(self, samples: Samples) -> list:
        return [self.candidate.fit(samples)]


@dataclass(frozen=True)
class Lines:
    """Lines of the comparison, one per head that `family` makes of `samples`."""

    names: list[str]
    family: Alone | Family
    samples: Samples


def lines_of_table(data: Data, seed: int) -> list[Lines]:
    """All lines of the comparison but the last, the procedure that chooses."""
    def head(**changes) -> Map:
        return Map(replace(MIDDLE, **changes), data.columns)

    def one(name: str, candidate, samples: Samples = data.mean) -> Lines:
        return Lines([name], Alone(candidate), samples)

    originals, copies = (ORIGINAL,), (ORIGINAL, DEGRADED)
    plain = dict(matrix=False, pull=1e-3, unnamed=1.0, evidence_power=0.0, source_power=1.0,
                 layer_scale=1.0)
    table = [
        one("uniform", baselines.Uniform()),
        one("class prior of the training clips", baselines.ClassPrior()),
        one("hand-written matrix", Matrix(2.0, data.columns)),
    ]
    if data.librosa is not None:
        table.append(one("SVM on librosa statistics (starter kit)", baselines.Svm(),
                         data.mean.with_features(data.librosa)))
    names = list(dict.fromkeys(column.network for column in data.columns))
    if len(names) > 1 and data.wide is not None:
        for network in names:
            columns, samples = of_network(data, network)
            table.append(one(f"MAP on the {network} network alone", Map(MIDDLE, columns), samples))
    shares = {"a fifth": 0.2, "two fifths": 0.4, "three fifths": 0.6, "four fifths": 0.8}
    table += [
        one("MAP, originals only", head(kinds=originals)),
        one("MAP, with degraded copies", head(kinds=copies)),
        one("MAP, with degraded copies, none with marks of age", head(
            kinds=copies, recipes=recipes.AGELESS)),
        Lines(["MAP, with degraded copies and simulations",
               *(f"the same, mixed with {share} of the matrix" for share in shares)],
              Family(tuple(replace(MIDDLE, zero_shot=weight)
                           for weight in (0.0, *shares.values())), data.columns), data.mean),
    ]
    if data.wide is None:
        return table
    return table + [
        one("plain regression", head(kinds=originals, **plain)),
        one("plain regression, with degraded copies", head(kinds=copies, **plain)),
        one("the same, pulled to zero instead of the matrix", head(matrix=False)),
        one("the same, classes alike", head(evidence_power=0.0)),
        one("the same, one pull for all genres", head(unnamed=1.0)),
        one("the same, embedding instead of the pooled layer",
            head(layers=("tag", "embedding"))),
        one("the same, tags alone", head(layers=("tag",))),
        one("the same, without the features of the recording", head(layers=("tag", "pooled"))),
        one("the same, mean + maximum + deviation", head(pooling=("mean", "max", "std")),
            data.wide),
        one("the same, mean of 8 over random sources", baselines.Bag(head(), seed)),
        one("MLP, 64 hidden units", baselines.Mlp(head(), seed)),
    ]


CHOSEN = "**MAP mixed with the matrix, setting chosen by the inner loop**"


def per_class(logits: np.ndarray, samples: Samples, seed: int) -> dict[str, dict]:
    """Recall and log loss with 95 % intervals over resampled groups, and the commonest error."""
    y = samples.y
    loss = metrics.per_row_loss(logits, y)
    guess = logits.argmax(axis=1)
    groups = np.array([f"{p[0].source}/{p[0].group}" for p in samples.parents])
    table = {}
    for c, genre in enumerate(GENRES):
        rows = y == c
        if not rows.any():
            continue
        errors = Counter(guess[rows & (guess != c)].tolist())
        hit = (guess == c).astype(float)
        table[genre] = {
            "clips": int(rows.sum()), "groups": len(set(groups[rows])),
            "sources": len({p[0].source for p, r in zip(samples.parents, rows) if r}),
            "recall": float(hit[rows].mean()),
            "recall_interval": metrics.bootstrap(hit[rows], groups[rows], seed),
            "log_loss": float(loss[rows].mean()),
            "log_loss_interval": metrics.bootstrap(loss[rows], groups[rows], seed),
            "taken_for": GENRES[errors.most_common(1)[0][0]] if errors else "",
        }
    return table


def evaluate(data: Data, seed: int, jobs: int) -> tuple[dict, list[held_out.Row]]:
    """The report, as reports/head.json holds it, and what the last line of its table says of each
    clip."""
    how = protocol(data.clips, data.mean)
    grid = LARGE_GRID if isinstance(how, OfficialSplits) else GRID
    judged_rows = how.evaluated
    y, source, kind_of = data.mean.y, data.mean.source, data.mean.kind
    report: dict = {"protocol": how.title, "evaluated_clips": int(judged_rows.sum()),
                    "configurations": len(grid), "table": {}}

    def add(name: str, logits: np.ndarray) -> None:
        line = metrics.summary(logits[judged_rows], y[judged_rows], source[judged_rows], TABLE_FLOOR)
        report["table"][name] = line
        print(f"{name:50} log loss {line['log_loss']:.3f} balanced {line['balanced_log_loss']:.3f}"
              f" accuracy {line['accuracy']:.3f} {line['balanced_accuracy']:.3f}"
              f" FMA mix {line['fma_mix_log_loss']:.3f} objective {line['objective']:.3f}", flush=True)

    for lines in lines_of_table(data, seed):
        report["configurations"] += len(lines.names)
        for name, judged in zip(lines.names, how.judge(lines.family.fit, lines.samples, jobs)):
            add(name, judged.logits)
    judged = how.choose([family.fit for family in Family.of(grid, data.columns)], data.mean, jobs)
    add(CHOSEN, judged.logits)

    # The last row is the nested one: the honest figures of the procedure that makes the head.
    logits = judged.logits
    report["inner_choices"] = [asdict(grid[i]) for i in judged.chosen]
    report["inner_temperatures"] = judged.temperatures
    floor, floors = best_floor(logits[judged_rows], by_source(y[judged_rows], source[judged_rows]))
    report["floor"] = {"chosen": floor, "expected_loss": {str(k): v for k, v in floors.items()}}
    report["with_floor"] = metrics.summary(logits[judged_rows], y[judged_rows], source[judged_rows], floor)
    report["per_class"] = per_class(logits[judged_rows], data.mean.where(judged_rows), seed)
    p = metrics.floored(logits[judged_rows], floor)
    report["reliability"] = metrics.reliability(p, y[judged_rows])
    for kind in (DEGRADED, SIMULATED):
        rows = (kind_of == kind) & np.isfinite(logits).all(axis=1)
        if rows.any():
            report[kind] = metrics.summary(logits[rows], y[rows], source[rows], floor)
            report[kind]["per_class"] = {
                GENRES[c]: {"rows": int(np.sum(y[rows] == c)),
                            "recall": float(np.mean(logits[rows][y[rows] == c].argmax(1) == c))}
                for c in np.unique(y[rows])}

    index, temperature = judged.best
    report["taken_for_international"] = {
        kind: float(np.mean(logits[rows].argmax(axis=1) == INTERNATIONAL))
        for kind in (ORIGINAL, DEGRADED)
        for rows in [(kind_of == kind) & np.isfinite(logits).all(axis=1)
                     & (y != INTERNATIONAL)] if rows.any()}
    report["shipped"] = {"setting": asdict(grid[index]), "temperature": temperature,
                         "floor": floor}
    return report, held_out.rows(logits[judged_rows], data.mean.where(judged_rows), TABLE_FLOOR)
