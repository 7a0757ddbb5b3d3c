"""Writes head.onnx and the head section of model.json, from a fitted head."""

import hashlib
from pathlib import Path

import numpy as np

from head.embed import Networks
from head.regression import Linear, Mixture
from pipeline import model_folder
from pipeline.genres import UNIFORM_PRIOR


def parts_of(model: Linear | Mixture) -> tuple[tuple[float, ...], tuple[Linear, ...]]:
    """Weights and linear layers; one layer alone has weight 1."""
    return (model.weights, model.parts) if isinstance(model, Mixture) else ((1.0,), (model,))


def head_version(model: Linear | Mixture) -> str:
    """"map-" and a digest of the weights as they are stored: equal heads have equal versions."""
    weights, parts = parts_of(model)
    digest = hashlib.sha256()
    for weight, part in zip(weights, parts):
        if len(parts) > 1:
            digest.update(np.float32(weight).tobytes())
        digest.update(part.weights.astype(np.float32).tobytes())
        digest.update(part.bias.astype(np.float32).tobytes())
    return f"map-{digest.hexdigest()[:8]}"


def export(model: Linear | Mixture, networks: Networks, out: Path, *, pooling: tuple[str, ...],
           temperature: float, floor: float) -> dict:
    """Puts the head into the model folder `out`, with copies of the networks if it is another one.

    The head's class weights are taken out of its bias, so its logits stand under a uniform prior.
    """
    manifest = networks.manifest
    model_folder.copy_networks(networks.folder, out, manifest["networks"])
    head = manifest["head"] | {
        "file": "head.onnx",
        "version": head_version(model),
        "pooling": list(pooling),
        "training_prior": [float(p) for p in UNIFORM_PRIOR],
        "temperature": round(temperature, 4),
        "floor": floor,
    }
    written = manifest | {"head": head}
    weights, parts = parts_of(model)
    layers = [(part.weights, part.bias) for part in parts]
    model_folder.write(out, written, model_folder.mixture_head(weights, layers)
                       if len(layers) > 1 else model_folder.linear_head(*layers[0]))
    return written
