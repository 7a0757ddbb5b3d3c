"""Writes head.onnx and the head section of model.json, from a fitted linear layer."""

import hashlib
from pathlib import Path

import numpy as np

from head.embed import Networks
from head.regression import Linear
from pipeline import model_folder
from pipeline.genres import UNIFORM_PRIOR


def head_version(linear: Linear) -> str:
    """"map-" and a digest of the weights as they are stored: equal heads have equal versions."""
    digest = hashlib.sha256(linear.weights.astype(np.float32).tobytes())
    digest.update(linear.bias.astype(np.float32).tobytes())
    return f"map-{digest.hexdigest()[:8]}"


def export(linear: Linear, networks: Networks, out: Path, *, pooling: tuple[str, ...],
           temperature: float, floor: float) -> dict:
    """Puts the head into the model folder `out`, with copies of the networks if it is another one.

    The head's class weights are taken out of its bias, so its logits stand under a uniform prior.
    """
    manifest = networks.manifest
    model_folder.copy_networks(networks.folder, out, manifest["networks"])
    head = manifest["head"] | {
        "file": "head.onnx",
        "version": head_version(linear),
        "pooling": list(pooling),
        "training_prior": [float(p) for p in UNIFORM_PRIOR],
        "temperature": round(temperature, 4),
        "floor": floor,
    }
    written = manifest | {"head": head}
    model_folder.write(out, written, model_folder.linear_head(linear.weights, linear.bias))
    return written
