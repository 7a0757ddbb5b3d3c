"""The student before distillation: the teacher's own weights on a coarser grid."""

import copy
from dataclasses import asdict, fields

import numpy as np

from conversion.checkpoint import Checkpoint
from conversion.package import CACHE
from conversion.weights import FrontBlock, MidBlock, Weights, of_checkpoint

FRAME_STEP = 2          # the front end is computed at every 2nd frame,
POSITION_STEP = (2, 2)  # the timbral kernels at every 2nd of their 59 and 30 positions


def initial() -> Weights:
    """Every 2nd output is left out, and the mid end's kernels are resampled to what remains."""
    w = copy.deepcopy(of_checkpoint(Checkpoint(CACHE / "msd_variables.npz")))
    for block, step in zip(w.front, POSITION_STEP):
        block.position_step = step
    for block in w.front:
        block.frame_step = FRAME_STEP
    for block in w.mid:
        block.kernel = at_every_second_frame(block.kernel)
        if block.bias.ndim == 2:
            block.bias = block.bias[:, ::FRAME_STEP]
    return w


def at_every_second_frame(kernel: np.ndarray) -> np.ndarray:
    """A kernel of 7 taps for input that exists at every 2nd frame only: 5 taps.

    The missing frames are taken as the mean of their neighbours.
    """
    reach = len(kernel) // 2
    taps = np.zeros((2 * ((reach + 1) // 2) + 1, *kernel.shape[1:]))
    for i, offset in enumerate(range(-reach, reach + 1)):
        for neighbour in (offset // 2, (offset + 1) // 2):
            taps[neighbour + len(taps) // 2] += kernel[i] / 2
    return taps


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
