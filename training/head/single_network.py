"""Makes a model folder with some of another folder's networks, to be trained with `train.sh`.

Usage: python -m head.single_network SOURCE_DIR OUT_DIR NETWORK...

The new folder's head is a placeholder with zero weights: every clip gets the class prior until
`train.sh CLIPS_DIR --networks OUT_DIR` has replaced it.
"""

import argparse
from pathlib import Path

from pipeline import model_folder


def make(source: Path, out: Path, networks: list[str]) -> str:
    """Returns the new model's name."""
    manifest = model_folder.read(source)
    chosen = [n for n in manifest["networks"] if n["name"] in networks]
    if {n["name"] for n in chosen} != set(networks):
        raise SystemExit(f"{source} has {[n['name'] for n in manifest['networks']]}")
    model_folder.copy_networks(source, out, chosen)
    name = "-".join(n["name"] for n in chosen) + "-alone"
    manifest |= {"name": name, "networks": chosen}
    if all(n["front_end"] != "musicnn" for n in chosen):
        # They are measured on musicnn's spectrogram.
        manifest.pop("recording", None)
    model_folder.write_untrained(out, manifest)
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
