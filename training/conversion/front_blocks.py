"""The five blocks of the front end: convolution, ReLU, batch norm, maximum over all bands.

Batch norm stands between ReLU and maximum, and most gammas are negative, so it cannot be folded
into the convolution; but max_f (a relu(y_f) + c) is a relu(max_f y_f) + c for a >= 0 and
a relu(min_f y_f) + c for a < 0.  With s = sign(a) and the convolution's weights multiplied by s,
both are  a relu(s max_f (s y_f)) + c.  The maximum comes first, and all that follows runs on
1/30 to 1/96 of the numbers.

The few live filters (checkpoint.py) would leave the engine's matrix tiles nearly empty, and 2-D
convolutions are slow in it.  Both are cured by unrolling neighbouring outputs into channels: the
same filter, shifted by one, two, ... places, becomes further rows of one larger matrix.
"""

import numpy as np

from conversion.checkpoint import Checkpoint
from conversion.graph import Graph, column, f32

FRAMES, BANDS = 187, 96
TIMBRAL_ROWS = 112   # the rows of a matrix that are filled with shifted filters, at most;
TEMPORAL_ROWS = 80   # measured best in tract 0.23.9 with AVX-512 on both networks


def signed_filters(ckpt: Checkpoint, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Live filters times their sign: kernel [C, time, band], bias [C], sign [C]."""
    live, _ = ckpt.live_filters(index)
    sign = np.where(ckpt.batch_norm(index + 1)[0][live] < 0, -1.0, 1.0)
    kernel = ckpt.layer("conv2d", index, "kernel")[:, :, 0, live] * sign
    return kernel.transpose(2, 0, 1), ckpt.layer("conv2d", index, "bias")[live] * sign, sign


def after_maximum(g: Graph, ckpt: Checkpoint, index: int, y: str, label: str) -> str:
    """Sign, ReLU and batch norm of the live filters, [1, C, 187]."""
    live, _ = ckpt.live_filters(index)
    a, c = (x[live] for x in ckpt.batch_norm(index + 1))
    y = g.op("Mul", [y, g.constant(f"{label}_sign", column(np.where(a < 0, -1.0, 1.0)))],
             f"{label}_signed")
    y = g.op("Relu", [y], f"{label}_relu")
    return g.affine(y, column(a), column(c), label)


def timbral(g: Graph, ckpt: Checkpoint, x: str, index: int, label: str) -> str:
    """7 frames x F bands: [1, 96, 187] (bands as channels) -> [1, live, 187].

    A filter at one frequency position is a 1-D convolution over time of the F bands it covers.
    `shifts` neighbouring positions together are one of F + shifts - 1 bands with banded weights,
    the same for every such group; the last group overlaps the one before where it must, which
    the maximum does not mind.
    """
    kernel, bias, _ = signed_filters(ckpt, index)
    filters, taps, bands = kernel.shape
    positions = BANDS - bands + 1
    shifts = max(1, TIMBRAL_ROWS // filters)
    banded = np.zeros((shifts, filters, bands + shifts - 1, taps))
    for shift in range(shifts):
        banded[shift, :, shift:shift + bands] = kernel.transpose(0, 2, 1)
    weights = g.constant(f"{label}_w", f32(banded.reshape(-1, *banded.shape[2:])))
    biases = g.constant(f"{label}_b", f32(np.tile(bias, shifts)))
    groups = []
    for start in range(0, positions, shifts):
        start = min(start, positions - shifts)
        part = g.slice(x, start, start + bands + shifts - 1, 1, f"{label}_bands{start}")
        groups.append(g.op("Conv", [part, weights, biases], f"{label}_conv{start}",
                           kernel_shape=[taps], pads=[taps // 2, taps // 2], strides=[1]))
    y = g.maximum(groups, f"{label}_group_max")
    parts = [g.slice(y, s * filters, (s + 1) * filters, 1, f"{label}_shift{s}")
             for s in range(shifts)] if shifts > 1 else [y]
    y = g.maximum(parts, f"{label}_max")
    return after_maximum(g, ckpt, index, y, label)


def temporal(g: Graph, ckpt: Checkpoint, image: str, index: int, label: str) -> str:
    """L frames x 1 band: [1, 1, 187, 96] -> [1, live, 187].

    `shifts` neighbouring frames are computed together, by L + shifts - 1 taps at every
    shifts-th frame.  For an even kernel TensorFlow's "same" padding puts the odd frame at the
    end.
    """
    kernel, bias, _ = signed_filters(ckpt, index)
    filters, taps = kernel.shape[:2]
    shifts = 1
    while 2 * shifts * filters <= TEMPORAL_ROWS:
        shifts *= 2
    steps = -(-FRAMES // shifts)
    banded = np.zeros((filters, shifts, 1, taps + shifts - 1, 1))
    for shift in range(shifts):
        banded[:, shift, 0, shift:shift + taps] = kernel
    before = (taps - 1) // 2
    after = taps - 1 - before + steps * shifts - FRAMES
    y = g.op("Conv", [image, g.constant(f"{label}_w", f32(banded.reshape(-1, *banded.shape[2:]))),
                      g.constant(f"{label}_b", f32(np.repeat(bias, shifts)))], f"{label}_conv",
             kernel_shape=[taps + shifts - 1, 1], pads=[before, 0, after, 0],
             strides=[shifts, 1])
    y = g.op("ReduceMax", [y], f"{label}_max", axes=[3], keepdims=0)  # [1, C shifts, steps]
    if shifts > 1:
        y = g.reshape(y, [1, filters, shifts, steps], f"{label}_split")
        y = g.op("Transpose", [y], f"{label}_in_time", perm=[0, 1, 3, 2])
        y = g.reshape(y, [1, filters, steps * shifts], f"{label}_joined")
        y = g.slice(y, 0, FRAMES, 2, f"{label}_frames")
    return after_maximum(g, ckpt, index, y, label)
