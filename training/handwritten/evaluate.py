"""How good the hand-written head is on labelled clips it has not learnt from.

Usage: python -m handwritten.evaluate FEATURES.npz MANIFEST.csv [MODEL_DIR]

MODEL_DIR is what handwritten.build_head wrote (default .cache/handwritten). Runs its head.onnx
itself on the mean features, then the prior and floor as the program does. Prints a table and
writes reports/handwritten.json. "source-balanced" weighs every
(genre, source) pair alike within its genre, as big sources otherwise speak for the genre.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from handwritten.build_head import OUTPUT
from handwritten.matrix import TRAINING, read_rows
from pipeline import model_folder
from pipeline.features import LAYERS, PatchFeatures
from pipeline.genres import FMA_PRIOR, GENRES, UNIFORM_PRIOR
from pipeline.posterior import measures, posterior

REPORT = TRAINING / "reports" / "handwritten.json"


def head_logits(folder: Path, model: dict, features: PatchFeatures) -> np.ndarray:
    """[clips, 16]; the head runs clip by clip, its batch size is 1."""
    means = np.concatenate(
        [features.mean(f"{network['name']}_{layer}")
         for network in model["networks"] for layer in LAYERS], axis=1)
    session = onnxruntime.InferenceSession(str(folder / model["head"]["file"]))
    return np.concatenate([session.run(["logits"], {"features": row[None]})[0]
                           for row in means.astype(np.float32)])


def source_balanced(p: np.ndarray, truth: np.ndarray, sources: np.ndarray) -> dict[str, float]:
    """Accuracy and log loss: mean over genres of means over sources of means over clips."""
    per_genre = []
    for genre in np.unique(truth):
        per_source = [measures(p[chosen], truth[chosen])
                      for source in np.unique(sources[truth == genre])
                      for chosen in [(truth == genre) & (sources == source)]]
        per_genre.append([np.mean([m[k] for m in per_source]) for k in ("accuracy", "log_loss")])
    accuracy, loss = np.mean(per_genre, axis=0)
    return {"source_balanced_accuracy": float(accuracy), "source_balanced_log_loss": float(loss)}


def per_genre(p: np.ndarray, truth: np.ndarray) -> dict[str, dict]:
    """Per genre: clips, recall, mean log loss, and the genre it is most often taken for."""
    table = {}
    for index, genre in enumerate(GENRES):
        chosen = truth == index
        if not chosen.any():
            continue
        guesses = np.bincount(p[chosen].argmax(axis=1), minlength=len(GENRES))
        recall = float(guesses[index] / chosen.sum())
        guesses[index] = 0
        table[genre] = {
            "clips": int(chosen.sum()),
            "recall": recall,
            "log_loss": float(-np.log(p[chosen, index]).mean()),
            "most_taken_for": GENRES[int(guesses.argmax())] if guesses.any() else None,
        }
    return table


def main() -> None:
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    folder = Path(sys.argv[3]) if len(sys.argv) == 4 else OUTPUT
    model = model_folder.read(folder)
    features = PatchFeatures.load(Path(sys.argv[1]))
    rows = read_rows(Path(sys.argv[2]))
    if [row["file"] for row in rows] != features.files:
        raise SystemExit("features and manifest do not list the same files")
    logits = head_logits(folder, model, features)
    used = np.isfinite(logits).all(axis=1) & np.array([bool(row["genre"]) for row in rows])
    truth = np.array([GENRES.index(row["genre"]) for row, u in zip(rows, used) if u])
    sources = np.array([row["source"] for row, u in zip(rows, used) if u])

    clip_prior = np.bincount(truth, minlength=len(GENRES)) / len(truth)
    report = {"head": model["head"]["version"], "temperature": model["head"]["temperature"],
              "clips": len(truth), "priors": {}}
    for name, prior in (("uniform", UNIFORM_PRIOR), ("fma", FMA_PRIOR),
                        ("that of the clips", clip_prior)):
        p = posterior(logits[used], prior, model["head"])
        report["priors"][name] = measures(p, truth) | source_balanced(p, truth, sources)
        if name == "uniform":
            report["per_genre"] = per_genre(p, truth)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")

    for name, values in report["priors"].items():
        print(f"prior {name}: " + ", ".join(f"{k} {v:.3f}" for k, v in values.items()))
    for genre, row in report["per_genre"].items():
        print(f"{genre:20} {row['clips']:4} recall {row['recall']:.2f} "
              f"log loss {row['log_loss']:.2f}, most taken for {row['most_taken_for']}")


if __name__ == "__main__":
    main()
