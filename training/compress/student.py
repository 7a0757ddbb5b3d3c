"""The student before distillation: fewer of the teacher's filters, on a coarser grid."""

import copy
from dataclasses import asdict, fields

import numpy as np

from compress import importance_of
from conversion.checkpoint import Checkpoint
from conversion.package import CACHE
from conversion.weights import (
    BANDS, FRAMES, FrontBlock, MidBlock, Weights, of_checkpoint, of_constants)

# The timbral kernels at every 2nd of their 59 and every 3rd of their 30 positions, the temporal ones at
# every 2nd band.
POSITION_STEPS = (2, 3, 2, 2, 2)
# Multiplications of the front end's filters for one patch, at most.
BUDGETS = {"msd": 45e6, "mtt": 90e6}


def teacher(network: str) -> Weights:
    return of_checkpoint(Checkpoint(CACHE / f"{network}_variables.npz"))


def cost_per_filter(block: FrontBlock) -> float:
    """Multiplications of one filter for one patch."""
    taps, bands, _ = block.kernel.shape
    positions = (BANDS - bands) // block.position_step + 1
    return taps * bands * positions * FRAMES / block.frame_step


def chosen(w: Weights, importance: np.ndarray, budget: float) -> np.ndarray:
    """[front-end filters] bool: the most important for their cost, as many as `budget` holds."""
    cost = np.concatenate([np.full(len(b.bias), cost_per_filter(b)) for b in w.front])
    order = np.argsort(-importance / cost, kind="stable")
    kept = np.zeros(len(cost), bool)
    kept[order[np.cumsum(cost[order]) <= budget]] = True
    return kept


def without(w: Weights, kept: np.ndarray, mean: np.ndarray, maximum: np.ndarray) -> Weights:
    """The network without the front-end filters that are not `kept`. In their place stands what
    they give on average: `mean` [filters] over time, `maximum` [filters] over the frames of a patch."""
    w, start = copy.deepcopy(w), 0
    for block in w.front:
        part = kept[start:start + len(block.bias)]
        start += len(part)
        block.kernel = block.kernel[:, :, part]
        block.bias, block.a, block.c = block.bias[part], block.a[part], block.c[part]
    first = w.mid[0]
    bias = first.bias if first.bias.ndim == 2 else first.bias[:, None]
    first.bias = bias + of_constants(first.kernel[:, ~kept], mean[~kept])
    first.kernel = first.kernel[:, kept]
    channels = len(w.channels)
    of_max, of_mean = w.dense_kernel[:channels], w.dense_kernel[channels:]
    gone = np.flatnonzero(~kept)
    w.dense_bias = w.dense_bias + maximum[gone] @ of_max[gone] + mean[gone] @ of_mean[gone]
    left = np.concatenate([kept, np.ones(channels - len(kept), bool)])
    w.dense_kernel = np.concatenate([of_max[left], of_mean[left]])
    w.channels = w.channels[left]
    return w


def initial(network: str) -> Weights:
    w = coarser(teacher(network))
    with np.load(importance_of(network)) as file:
        kept = chosen(w, file["importance"], BUDGETS[network])
        return without(w, kept, file["mean"], file["maximum"])


def coarser(w: Weights) -> Weights:
    """With the kernels at fewer positions."""
    w = copy.deepcopy(w)
    for block, step in zip(w.front, POSITION_STEPS, strict=True):
        block.position_step = step
    return w


def to_arrays(w: Weights) -> dict[str, np.ndarray]:
    """Flat names, e.g. `front0/kernel`, `mid2/bias`, `dense_kernel`."""
    arrays = {}
    for field in fields(w):
        value = getattr(w, field.name)
        if isinstance(value, list):
            for i, block in enumerate(value):
                arrays |= {f"{field.name}{i}/{k}": np.asarray(v)
                           for k, v in asdict(block).items()}
        else:
            arrays[field.name] = np.asarray(value)
    return arrays


def from_arrays(arrays: dict[str, np.ndarray]) -> Weights:
    def block(kind, prefix: str):
        parts = {f.name: arrays[f"{prefix}/{f.name}"] for f in fields(kind)}
        return kind(**{k: int(v) if k.endswith("_step") else v for k, v in parts.items()})

    plain = {f.name: arrays[f.name] for f in fields(Weights) if f.name in arrays}
    return Weights(**plain, front=[block(FrontBlock, f"front{i}") for i in range(5)],
                   mid=[block(MidBlock, f"mid{i}") for i in range(3)])
