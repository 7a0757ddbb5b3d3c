"""Measures what standardises tags and genre scores: tag_statistics.csv, genre_statistics.csv.

Usage: python -m handwritten.measure_tags FEATURES.npz MANIFEST.csv

FEATURES.npz is from pipeline.extract, MANIFEST.csv has columns file, genre, source. Each genre
counts alike and, within it, each source counts alike, so that neither the 300 rock clips nor one
big 8 kHz collection decides what an average tag logit is. Nothing else is learnt here: the
genre a tag speaks for comes from tag_genre_matrix.csv alone. To be run again when that changes.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from handwritten.matrix import Statistics, TagMatrix, read_rows
from pipeline.features import NETWORKS, PatchFeatures


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
    rows = read_rows(Path(sys.argv[2]))
    if [row["file"] for row in rows] != features.files:
        raise SystemExit("features and manifest do not list the same files")
    tags = features.mean_tags()
    weights = clip_weights(rows, np.isfinite(tags).all(axis=1))
    used = weights > 0
    matrix = TagMatrix.load(NETWORKS)
    Statistics.measure(matrix, tags[used], weights[used]).save(matrix)
    print(f"statistics of {used.sum()} clips")


if __name__ == "__main__":
    main()
