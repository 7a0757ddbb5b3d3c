"""Does a cheaper network still know the genres of collections it was not fitted on?

Usage: python -m compress.probe MANIFEST.csv NAME=NETWORK.onnx...

Features are the means over at most 5 patches of tag logits and embedding; logistic regression
(balanced classes, strong penalty), six folds of whole collections. Absolute figures are low
because several genres come from a single collection and are then absent from the training; the
difference between two networks is what this is for.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from compress.spectrograms import OUTPUT
from pipeline.front_end import FRAMES, patch_starts
from pipeline.networks import Network

PATCHES = 5
FOLDS = 6
PENALTY = 0.003  # scikit-learn's C
FLOOR = 1e-3


def features(file: Path, frames: np.ndarray, starts: np.ndarray) -> np.ndarray:
    network, rows = Network(file, outputs=("tag_logits", "embedding")), []
    for begin, end in zip(starts[:-1], starts[1:]):
        patches = np.stack([frames[begin + s:begin + s + FRAMES]
                            for s in patch_starts(end - begin, PATCHES)])
        rows.append(np.concatenate([part.mean(axis=0) for part in network.run(patches)]))
    return np.array(rows)


def main() -> None:
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    with open(sys.argv[1], newline="") as file:
        genre_of = {row["file"]: row["genre"] for row in csv.DictReader(file)}
    with np.load(OUTPUT) as file:
        frames, starts, sources = file["frames"], file["starts"], file["sources"]
        genres = np.array([genre_of.get(name, "") for name in file["files"]])
    labelled = genres != ""
    classes, truth = np.unique(genres[labelled], return_inverse=True)
    sources = sources[labelled]
    order = np.random.default_rng(0).permutation(np.unique(sources))
    fold = np.array([np.flatnonzero(order == s)[0] % FOLDS for s in sources])
    for argument in sys.argv[2:]:
        name, _, path = argument.partition("=")
        x = features(Path(path), frames, starts)[labelled]
        p = np.full((len(x), len(classes)), FLOOR)
        for k in range(FOLDS):
            model = make_pipeline(StandardScaler(), LogisticRegression(
                C=PENALTY, max_iter=500, class_weight="balanced"))
            model.fit(x[fold != k], truth[fold != k])
            rows = np.flatnonzero(fold == k)
            p[np.ix_(rows, model.classes_)] = np.maximum(model.predict_proba(x[rows]), FLOOR)
        p /= p.sum(axis=1, keepdims=True)
        guess = p.argmax(axis=1)
        print(f"{name}: {len(x)} clips, accuracy {(guess == truth).mean():.3f}, "
              f"balanced {balanced_accuracy_score(truth, guess):.3f}, "
              f"log loss {-np.log(p[np.arange(len(p)), truth]).mean():.3f}", flush=True)


if __name__ == "__main__":
    main()
