"""Makes a model folder with some of another folder's networks, to be trained with `train.sh`.

Usage: python -m head.single_network SOURCE_DIR OUT_DIR NETWORK...

The new folder's head is a placeholder with zero weights: every clip gets the class prior until
`train.sh CLIPS_DIR --networks OUT_DIR` has replaced it.
"""

import argparse
from pathlib import Path

import numpy as np

from pipeline import model_folder
from pipeline.genres import GENRES, UNIFORM_PRIOR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("networks", nargs="+")
    a = parser.parse_args()
    manifest = model_folder.read(a.source)
    chosen = [n for n in manifest["networks"] if n["name"] in a.networks]
    if {n["name"] for n in chosen} != set(a.networks):
        raise SystemExit(f"{a.source} has {[n['name'] for n in manifest['networks']]}")
    model_folder.copy_networks(a.source, a.out, chosen)
    width = sum(map(model_folder.width, chosen))
    head = manifest["head"] | {
        "version": "untrained", "pooling": ["mean"], "temperature": 1.0,
        "training_prior": [float(p) for p in UNIFORM_PRIOR]}
    name = "musicnn-" + "-".join(n["name"] for n in chosen)
    model_folder.write(a.out, manifest | {"name": name, "networks": chosen, "head": head},
                       model_folder.linear_head(np.zeros((width, len(GENRES))),
                                                np.zeros(len(GENRES))))
    print(f"{name} -> {a.out}")


if __name__ == "__main__":
    main()
