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

from conversion.graph import Graph, column, f32
from conversion.weights import BANDS, FrontBlock

# Chosen by measurement in tract 0.23.9 with AVX-512 on the MSD network:
TILE_ROWS = 16        # the engine computes whole tiles of so many rows of a matrix,
GROUP_COST = 1000     # and one more convolution costs as much as so many rows times bands
TEMPORAL_ROWS = 112   # rows that are filled with shifted temporal filters, at most
BAND_GROUP = 12       # bands of a temporal block that are convolved together; twice as many, if they
                      # are every second: what counts is that there are few convolutions to load


def signs(block: FrontBlock) -> np.ndarray:
    return np.where(block.a < 0, -1.0, 1.0)


def after_maximum(g: Graph, block: FrontBlock, y: str, label: str) -> str:
    """Sign, ReLU and batch norm, [1, C, frames]."""
    y = g.op("Mul", [y, g.constant(f"{label}_sign", column(signs(block)))], f"{label}_signed")
    y = g.op("Relu", [y], f"{label}_relu")
    return g.affine(y, column(block.a), column(block.c), label)


def shifts_together(filters: int, bands: int, positions: int, step: int) -> int:
    """How many neighbouring positions are cheapest as rows of one matrix: more of them fill the
    engine's tiles better and need fewer convolutions, over more bands with zero weights."""
    def cost(shifts: int) -> int:
        rows = -(-shifts * filters // TILE_ROWS) * TILE_ROWS
        width = bands + (shifts - 1) * step
        return -(-positions // shifts) * (rows * width + GROUP_COST)
    return min(range(1, positions + 1), key=cost)


def timbral(g: Graph, block: FrontBlock, x: str, label: str) -> str:
    """7 frames x F bands: [1, 96, frames] (bands as channels) -> [1, C, frames].

    A filter at one frequency position is a 1-D convolution over time of the F bands it covers.
    `shifts` neighbouring positions together are one over a few more bands with banded weights,
    the same for every such group; the last group overlaps the one before where it must, which
    the maximum does not mind.
    """
    kernel, bias = (block.kernel * signs(block)).transpose(2, 1, 0), block.bias * signs(block)
    filters, bands, taps = kernel.shape
    step = block.position_step
    positions = (BANDS - bands) // step + 1
    shifts = shifts_together(filters, bands, positions, step)
    width = bands + (shifts - 1) * step
    banded = np.zeros((shifts, filters, width, taps))
    for shift in range(shifts):
        banded[shift, :, shift * step:shift * step + bands] = kernel
    weights = g.constant(f"{label}_w", f32(banded.reshape(-1, width, taps)))
    biases = g.constant(f"{label}_b", f32(np.tile(bias, shifts)))
    groups = []
    for first in range(0, positions, shifts):
        start = min(first, positions - shifts) * step
        part = g.slice(x, start, start + width, 1, f"{label}_bands{start}")
        groups.append(g.op("Conv", [part, weights, biases], f"{label}_conv{start}",
                           kernel_shape=[taps], pads=[taps // 2, taps // 2],
                           strides=[block.frame_step]))
    y = g.maximum(groups, f"{label}_group_max")
    if shifts > 1:
        y = g.maximum([g.slice(y, s * filters, (s + 1) * filters, 1, f"{label}_shift{s}")
                       for s in range(shifts)], f"{label}_max")
    return after_maximum(g, block, y, label)


def temporal(g: Graph, block: FrontBlock, image: str, label: str, frames: int) -> str:
    """L frames x 1 band: [1, 1, 96, frames] (bands as rows) -> [1, C, frames].

    `shifts` neighbouring outputs are computed together, by a few more taps at every shifts-th
    place.  For an even kernel TensorFlow's "same" padding puts the odd frame at the end.
    """
    kernel = (block.kernel * signs(block))[:, 0].T  # [C, L]
    filters, taps = kernel.shape
    shifts = 1
    while 2 * shifts * filters <= TEMPORAL_ROWS:
        shifts *= 2
    step, band_step = block.frame_step, block.position_step
    outputs = -(-frames // step)
    blocks = -(-outputs // shifts)
    width = taps + (shifts - 1) * step
    banded = np.zeros((filters, shifts, 1, 1, width))
    for shift in range(shifts):
        banded[:, shift, 0, 0, shift * step:shift * step + taps] = kernel
    before = (taps - 1) // 2
    after = (blocks - 1) * shifts * step + width - frames - before
    weights = g.constant(f"{label}_w", f32(banded.reshape(-1, 1, 1, width)))
    biases = g.constant(f"{label}_b", f32(np.repeat(block.bias * signs(block), shifts)))
    rows, groups = BAND_GROUP * band_step, []
    if BANDS % (rows * band_step):
        raise ValueError(f"{BANDS} bands are not whole groups at every {band_step}th")
    for start in range(0, BANDS, rows * band_step):
        part = g.slice(image, start, start + rows * band_step, 2, f"{label}_bands{start}")
        groups.append(g.op("Conv", [part, weights, biases], f"{label}_conv{start}",
                           kernel_shape=[1, width], pads=[0, before, 0, after],
                           strides=[band_step, shifts * step]))
    y = g.maximum(groups, f"{label}_group_max")  # [1, C shifts, rows, blocks]
    y = maximum_of_rows(g, y, rows, blocks, filters * shifts, label)
    if shifts > 1:
        y = g.reshape(y, [1, filters, shifts, blocks], f"{label}_split")
        y = g.op("Transpose", [y], f"{label}_in_time", perm=[0, 1, 3, 2])
        y = g.reshape(y, [1, filters, blocks * shifts], f"{label}_joined")
        y = g.slice(y, 0, outputs, 2, f"{label}_frames")
    return after_maximum(g, block, y, label)


def maximum_of_rows(g: Graph, x: str, rows: int, width: int, channels: int, label: str) -> str:
    """[1, channels, rows, width] -> [1, channels, width], by halves as long as they are whole:
    ReduceMax costs the engine more than the convolution."""
    y = g.reshape(x, [1, channels, rows * width], f"{label}_rows")
    while rows > 1:
        parts = 2 if rows % 2 == 0 else rows
        rows //= parts
        y = g.maximum([g.slice(y, i * rows * width, (i + 1) * rows * width, 2,
                               f"{label}_rows{rows}_{i}") for i in range(parts)],
                      f"{label}_max{rows}")
    return y
