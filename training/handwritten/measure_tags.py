"""Measures centre and deviation of the mean tag logits: tag_statistics.csv.

Usage: python -m handwritten.measure_tags FEATURES.npz MANIFEST.csv

FEATURES.npz is from pipeline.extract, MANIFEST.csv has columns file, genre, source. Each genre
counts alike and, within it, each source counts alike, so that neither the 300 rock clips nor one
big 8 kHz collection decides what an average tag logit is. Nothing else is learnt here: the
genre a tag speaks for comes from tag_genre_matrix.csv alone.
"""

import csv
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from handwritten.matrix import STATISTICS, TagMatrix
from pipeline.features import PatchFeatures


def clip_weights(rows: list[dict], usable: np.ndarray) -> np.ndarray:
    """[clips], sum 1: equal per genre, within it per source; 0 if unlabelled or unusable."""
    kept = [bool(row["genre"]) and ok for row, ok in zip(rows, usable)]
    clips = Counter((r["genre"], r["source"]) for r, k in zip(rows, kept) if k)
    sources = Counter(genre for genre, _ in clips)
    weights = np.array([
        1 / (clips[r["genre"], r["source"]] * sources[r["genre"]]) if k else 0.0
        for r, k in zip(rows, kept)])
    return weights / weights.sum()


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    features = PatchFeatures.load(Path(sys.argv[1]))
    with open(sys.argv[2], newline="") as file:
        rows = list(csv.DictReader(file))
    if [row["file"] for row in rows] != features.files:
        raise SystemExit("features and manifest do not list the same files")
    tags = features.mean_tags()
    weights = clip_weights(rows, np.isfinite(tags).all(axis=1))
    used = weights > 0
    mean = weights[used] @ tags[used]
    deviation = np.sqrt(weights[used] @ (tags[used] - mean) ** 2)

    with STATISTICS.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["network", "tag", "mean", "deviation"])
        for (network, tag), m, d in zip(TagMatrix.load().names, mean, deviation, strict=True):
            writer.writerow([network, tag, f"{m:.4f}", f"{d:.4f}"])
    print(f"{used.sum()} clips -> {STATISTICS.name}")


if __name__ == "__main__":
    main()
