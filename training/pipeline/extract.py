"""Features of many clips, of the musicnn networks, with librosa and onnxruntime.

Usage: python -m pipeline.extract MANIFEST.csv OUT.npz [--jobs N]

MANIFEST.csv has a column `file` (relative to its folder). OUT.npz then holds
  clip_file   [clips]             names in the manifest's order
  clip        [patches]           index into `clip_file`
  msd_tags    [patches, 50]       tag logits; mtt_tags likewise
  msd_embedding [patches, 200]    mtt_embedding likewise
  msd_pooled  [patches, 512]      mtt_pooled [patches, 1020]
A clip that cannot be decoded has no patches and is named on stderr. For training, prefer the
program's own features (`fma-genre embed`); this is the independent implementation.
"""

import argparse
import csv
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from pipeline import front_end
from pipeline.features import LAYERS, NETWORKS
from pipeline.networks import Network

MODEL_FOLDER = Path(__file__).resolve().parents[2] / "models" / "full"


@cache
def _network(name: str) -> Network:
    return Network(MODEL_FOLDER / f"{name}_musicnn.onnx")


def clip_features(path: Path) -> dict[str, np.ndarray] | str:
    """Arrays by the names above, one row per patch, or why there are none."""
    try:
        patches = front_end.patches(front_end.load_audio(path))
    except Exception as error:  # a decoder may raise anything on a damaged file
        return f"{path.name}: {error!r}"
    result = {}
    for name in NETWORKS:
        result |= zip((f"{name}_{layer}" for layer in LAYERS), _network(name).run(patches))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()

    with arguments.manifest.open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    paths = [arguments.manifest.parent / name for name in names]
    blocks: dict[str, list] = {}
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for index, features in enumerate(pool.map(clip_features, paths, chunksize=8)):
            if isinstance(features, str):
                print(features, file=sys.stderr)
                continue
            features["clip"] = np.full(len(features["msd_tags"]), index)
            for key, values in features.items():
                blocks.setdefault(key, []).append(values)
    if not blocks:
        raise SystemExit(f"{arguments.manifest}: no clip could be decoded")
    arrays = {key: np.concatenate(values) for key, values in blocks.items()}
    np.savez(arguments.out, clip_file=np.array(names), **arrays)
    print(f"{len(names)} clips, {len(arrays['clip'])} patches -> {arguments.out}")


if __name__ == "__main__":
    main()
