"""Patch features of folders of mp3 files, computed by `fma-genre embed` and cached.

The cache key holds what decides the numbers but the program: the network files and the manifest's
sections on front ends, level, patches, networks and recording. The head of the model folder plays no part.
"""

import csv
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import model_folder

POOLINGS = ("mean", "max", "std")
LAYERS = ("tag", "embedding", "pooled")
# The layer, and the network, that the features of the recording are said to come from.
RECORDING = "recording"


@dataclass(frozen=True)
class Column:
    """What a feature of a patch is: `layer` is one of LAYERS or RECORDING, `tag` the name of a tag or of a
    feature of the recording, else ""."""

    network: str
    layer: str
    tag: str = ""


@dataclass(frozen=True)
class Networks:
    """The front networks of a model folder."""

    folder: Path
    manifest: dict
    fingerprint: str

    @classmethod
    def load(cls, folder: Path) -> "Networks":
        manifest = model_folder.read(folder)
        digest = hashlib.sha256()
        parts = {key: manifest[key] for key in ("front_ends", "level", "patch", "networks")}
        parts |= {RECORDING: manifest[RECORDING]} if RECORDING in manifest else {}
        digest.update(json.dumps(parts, sort_keys=True).encode())
        for network in manifest["networks"]:
            digest.update((folder / network["file"]).read_bytes())
        return cls(folder, manifest, digest.hexdigest()[:12])

    @property
    def columns(self) -> list[Column]:
        """One per feature of a patch, in the program's order."""
        return [column for network in self.manifest["networks"]
                for column in [Column(network["name"], "tag", tag) for tag in network["tags"]]
                + [Column(network["name"], layer) for layer in LAYERS[1:]
                   for _ in range(network[layer])]] + [
            Column(RECORDING, RECORDING, name) for name in self.manifest.get(RECORDING, ())]


def embed_folder(program: Path, networks: Networks, folder: Path, out: Path, jobs: int) -> None:
    """Runs the program on one folder; `out` and its ids appear only when complete."""
    partial = out.with_name("partial-" + out.name)
    command = [str(program), "--quiet", "embed", str(folder), "-o", str(partial), "--patches",
               "--model", str(networks.folder), "--jobs", str(jobs)]
    subprocess.run(command, check=True)
    os.replace(f"{partial}.ids.csv", f"{out}.ids.csv")
    os.replace(partial, out)


def _files_digest(folder: Path) -> str:
    listing = sorted((path.name, path.stat().st_size) for path in folder.glob("*.mp3"))
    return hashlib.sha256(json.dumps([str(folder), listing]).encode()).hexdigest()[:12]


def patches(program: Path, networks: Networks, folders: list[Path], cache: Path, jobs: int
            ) -> dict[str, np.ndarray]:
    """File name without its ending -> [patches, features]. Folders are looked at without their
    sub-folders; files that cannot be analysed are left out."""
    cache = cache / f"features-{networks.fingerprint}"
    cache.mkdir(parents=True, exist_ok=True)
    result: dict[str, np.ndarray] = {}
    for folder in folders:
        out = cache / f"{folder.name}-{_files_digest(folder)}.npy"
        if not out.exists():
            embed_folder(program, networks, folder, out, jobs)
        result |= read(out)
    return result


def read(file: Path) -> dict[str, np.ndarray]:
    """What `embed_folder` wrote: name -> [patches, features]."""
    values = np.load(file)
    with open(f"{file}.ids.csv", newline="") as ids_file:
        ids = [row["file_id"] for row in csv.DictReader(ids_file)]
    rows: dict[str, list[int]] = {}
    for index, name in enumerate(ids):
        rows.setdefault(name, []).append(index)
    return {name: values[chosen] for name, chosen in rows.items()}


def pool(values: np.ndarray, pooling: tuple[str, ...] = ("mean",)) -> np.ndarray:
    """[patches, features] -> [len(pooling) x features], block after block as the program does."""
    statistic = {"mean": values.mean, "max": values.max, "std": values.std}
    return np.concatenate([statistic[name](axis=0) for name in pooling])
