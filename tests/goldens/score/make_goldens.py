"""Writes the goldens of `fma-genre score`: CSV files and what scikit-learn says of them.

    python -m venv OLD && OLD/bin/pip install -r requirements.txt
    OLD/bin/python make_goldens.py
    python -m venv NEW && NEW/bin/pip install -r requirements-today.txt
    NEW/bin/python make_goldens.py

The first run, with a scikit-learn whose log loss is the challenge's, writes everything; the
second adds to expected.json what today's scikit-learn says of the same files.

Every case is NAME.predictions.csv, NAME.labels.csv and an entry in
expected.json (few-genres.txt beside them is not a golden of this kind: it shows
the program's own text output, read and found good). The figures come from scikit-learn where it has them; the
calibration error and the bootstrap, which it has not, are written here once
more with numpy.
"""

import csv
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

GENRES = [
    "Blues", "Classical", "Country", "Easy Listening", "Electronic", "Experimental", "Folk",
    "Hip-Hop", "Instrumental", "International", "Jazz", "Old-Time / Historic", "Pop", "Rock",
    "Soul-RnB", "Spoken",
]
FOLDER = Path(__file__).parent
CLASSES = list(range(len(GENRES)))
BINS = 15
RESAMPLES = 1000
SEED = 0


def random_rows(rng, truth, sharpness):
    """Softmax of noise that leans towards the truth."""
    logits = rng.normal(size=(len(truth), len(GENRES)))
    logits[np.arange(len(truth)), truth] += 1.0
    exponentials = np.exp(sharpness * logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def cases(rng):
    """Name, ids, truth, probabilities, options of the program, header and ids of the labels."""
    truth = rng.integers(0, 16, 150)
    numbers = rng.permutation(100_000)[:150]
    yield ("random", [f"{n:06d}" for n in numbers], truth, random_rows(rng, truth, 1.5), [],
           "track_id", [str(n) for n in numbers])

    # Zeros and ones, some of them wrong, and values beyond the limits.
    truth = rng.integers(0, 16, 60)
    rows = np.zeros((60, 16))
    rows[np.arange(60), np.where(rng.random(60) < 0.6, truth, rng.integers(0, 16, 60))] = 1.0
    for row in range(0, 60, 5):
        rows[row] = np.array([1e-20, 3e-16, 2e-15, 1e-9] + [0.0] * 11 + [1.0])
    ids = [f"one-hot {n}" for n in range(60)]
    yield "clipped", ids, truth, rows, [], "file_id", ids

    truth = rng.integers(0, 16, 60)
    rows = rng.random((60, 16)) ** 3
    rows[0] = 0.0
    rows[1] = 1.0
    ids = [f"{n:06d}" for n in range(60)]
    yield "unnormalised", ids, truth, rows, ["--renormalise"], "file_id", ids

    # Labels of few genres, predictions of others; ids that must be quoted.
    truth = rng.choice([4, 11, 13], 50)
    rows = random_rows(rng, truth, 0.8)
    rows[:, :3] = 1e-4
    rows /= rows.sum(axis=1, keepdims=True)
    ids = [f'"{n}", a "name"\nwith é' for n in range(50)]
    yield "few-genres", ids, truth, rows, [], "file_id", ids

    # The program's own precision.
    truth = rng.choice(16, 80, p=np.arange(1, 17) / 136)
    ids = [f"clip{n}" for n in range(80)]
    yield "eight-decimals", ids, truth, random_rows(rng, truth, 2.5).round(8), [], "file_id", ids

    # All genres tie in every row: the first one is the prediction.
    truth = np.arange(32) % 16
    ids = [str(n) for n in range(32)]
    yield "uniform", ids, truth, np.full((32, 16), 1 / 16), [], "file_id", ids


def normalised(rows):
    """What scikit-learn's log_loss does to its input."""
    clipped = np.clip(rows, 1e-15, 1 - 1e-15)
    return clipped / clipped.sum(axis=1, keepdims=True)


def calibration_error(truth, predicted, rows):
    confidence = normalised(rows).max(axis=1)
    bins = np.digitize(confidence, np.linspace(0, 1, BINS + 1), right=True)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        gap = abs((truth == predicted)[inside].mean() - confidence[inside].mean())
        error += inside.mean() * gap
    return error


def splitmix64(seed):
    """The sequence of Steele, Lea and Flood (2014)."""
    mask = (1 << 64) - 1
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def intervals(truth, predicted, losses):
    random = splitmix64(SEED)
    count = len(truth)
    figures = []
    for _ in range(RESAMPLES):
        drawn = [(next(random) * count) >> 64 for _ in range(count)]
        figures.append((
            losses[drawn].mean(),
            metrics.accuracy_score(truth[drawn], predicted[drawn]),
            metrics.f1_score(truth[drawn], predicted[drawn], average="macro"),
        ))
    low, high = np.percentile(figures, [2.5, 97.5], axis=0)
    return [{"low": a, "high": b} for a, b in zip(low, high)]


def log_loss(truth, rows):
    return metrics.log_loss(truth, rows, labels=CLASSES)


def expected(truth, rows):
    predicted = rows.argmax(axis=1)
    losses = np.array([log_loss(truth[i:i + 1], rows[i:i + 1]) for i in range(len(truth))])
    loss, accuracy, f1 = intervals(truth, predicted, losses)
    loss["value"] = log_loss(truth, rows)
    accuracy["value"] = metrics.accuracy_score(truth, predicted)
    f1["value"] = metrics.f1_score(truth, predicted, average="macro")
    per_class = [log_loss(truth[truth == c], rows[truth == c]) if (truth == c).any() else None
                 for c in CLASSES]
    precision, recall, f1s, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=CLASSES, zero_division=0)
    return {
        "clips": len(truth),
        "log_loss": loss,
        "accuracy": accuracy,
        "macro_f1": f1,
        "balanced_log_loss": np.mean([x for x in per_class if x is not None]),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "calibration_error": calibration_error(truth, predicted, rows),
        "genres": [
            {
                "support": int(support[c]),
                "predicted": int((predicted == c).sum()),
                "precision": precision[c],
                "recall": recall[c],
                "f1": f1s[c],
                "log_loss": per_class[c],
                "mean_probability": normalised(rows)[:, c].mean(),
            }
            for c in CLASSES
        ],
        "confusion": metrics.confusion_matrix(truth, predicted, labels=CLASSES).tolist(),
    }


def read(name):
    """Truth and probabilities of a case that was written before."""
    def rows(kind):
        with open(FOLDER / f"{name}.{kind}.csv", newline="", encoding="utf-8") as file:
            header, *rest = csv.reader(file)
        return header[0], rest

    id_name, labels = rows("labels")
    key = int if id_name == "track_id" else str
    genres = {key(row_id): GENRES.index(genre) for row_id, genre in labels}
    _, predictions = rows("predictions")
    truth = np.array([genres[key(row_id)] for row_id, *_ in predictions])
    return truth, np.array([values for _, *values in predictions], dtype=float)


def add_todays():
    """Adds the log loss that this scikit-learn computes to what is in expected.json."""
    results = json.loads((FOLDER / "expected.json").read_text())
    for name, result in results.items():
        truth, rows = read(name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result["scikit_learn_log_loss"] = log_loss(truth, rows)
        # It warns of rows that do not sum to 1, but takes them as they are.
        warned = any("do not sum to one" in str(warning.message) for warning in caught)
        assert warned == (name == "unnormalised"), name
    return results


def all_figures():
    rng = np.random.default_rng(2018)
    results = {}
    for name, ids, truth, rows, options, header, label_ids in cases(rng):
        written = [[f"{value:.10g}" for value in row] for row in rows]
        with open(FOLDER / f"{name}.predictions.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file_id", *GENRES])
            writer.writerows([i, *row] for i, row in zip(ids, written))
        with open(FOLDER / f"{name}.labels.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([header, "genre"])
            writer.writerows([label_ids[i], GENRES[truth[i]]] for i in rng.permutation(len(ids)))
        # The program takes the samples in the order of the predictions' ids.
        order = sorted(range(len(ids)), key=lambda i: ids[i].encode())
        values = np.array(written, dtype=float)
        results[name] = {"options": options, **expected(truth[order], values[order])}
    return results


def main():
    match sklearn.__version__:
        case "1.1.3":
            results = all_figures()
        case "1.9.1":
            results = add_todays()
        case other:
            sys.exit(f"needs scikit-learn 1.1.3 or 1.9.1, this is {other}")
    text = json.dumps(results, indent=1)
    (FOLDER / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
