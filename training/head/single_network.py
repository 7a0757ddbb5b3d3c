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


def write_untrained(folder: Path, manifest: dict) -> None:
    """model.json, and a head of zero weights that fits its networks."""
    width = sum(map(model_folder.width, manifest["networks"]))
    head = manifest["head"] | {
        "version": "untrained", "pooling": ["mean"], "temperature": 1.0,
        "training_prior": [float(p) for p in UNIFORM_PRIOR]}
    model_folder.write(folder, manifest | {"head": head}, model_folder.linear_head(
        np.zeros((width, len(GENRES))), np.zeros(len(GENRES))))


def make(source: Path, out: Path, networks: list[str]) -> str:
    """Returns the new model's name."""
    manifest = model_folder.read(source)
    chosen = [n for n in manifest["networks"] if n["name"] in networks]
    if {n["name"] for n in chosen} != set(networks):
        raise SystemExit(f"{source} has {[n['name'] for n in manifest['networks']]}")
    model_folder.copy_networks(source, out, chosen)
    name = "musicnn-" + "-".join(n["name"] for n in chosen)
    write_untrained(out, manifest | {"name": name, "networks": chosen})
    return name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("networks", nargs="+")
    a = parser.parse_args()
    print(f"{make(a.source, a.out, a.networks)} -> {a.out}")


if __name__ == "__main__":
    main()
