"""The numbers of a network in the form in which its graph is written, all float64."""

from dataclasses import dataclass

import numpy as np

from conversion.checkpoint import Checkpoint

FRAMES, BANDS = 187, 96
ORIGINAL_CHANNELS = 753  # that enter the original's back end: 561 of the front end, 192 of the mid end


@dataclass
class FrontBlock:
    """Convolution, ReLU, batch norm a x + c, maximum over band positions; C live filters."""

    kernel: np.ndarray  # [frames, bands, C]
    bias: np.ndarray    # [C]
    a: np.ndarray       # [C]
    c: np.ndarray       # [C]
    frame_step: int = 1     # computed at every n-th frame
    position_step: int = 1  # the maximum is over every n-th position


@dataclass
class MidBlock:
    """Convolution over time, ReLU, batch norm a x + c."""

    kernel: np.ndarray  # [taps, inputs, outputs]
    bias: np.ndarray    # [outputs], or [outputs, frames] where it differs between frames
    a: np.ndarray       # [outputs]
    c: np.ndarray       # [outputs]


@dataclass
class Weights:
    input_a: float
    input_c: float
    front: list[FrontBlock]   # two timbral, three temporal
    mid: list[MidBlock]       # three
    dense_kernel: np.ndarray  # [2 * channels, 200]: maxima of all channels, then means
    dense_bias: np.ndarray    # [200]
    embedding_a: np.ndarray   # [200]
    embedding_c: np.ndarray   # [200]
    tags_kernel: np.ndarray   # [200, 50]
    tags_bias: np.ndarray     # [50]
    channels: np.ndarray      # [channels]: which of the original's 753 they are

    @property
    def pooled_columns(self) -> np.ndarray:
        """[2 * channels]: where the output `pooled` lies in the original's max_pool, mean_pool."""
        return np.concatenate([self.channels, ORIGINAL_CHANNELS + self.channels])


def of_checkpoint(ckpt: Checkpoint) -> Weights:
    """The original network without the filters that are off; their constants go into biases."""
    front, live, constants = [], [], []
    for index in range(5):
        on, values = ckpt.live_filters(index)
        a, c = ckpt.batch_norm(index + 1)
        front.append(FrontBlock(
            ckpt.layer("conv2d", index, "kernel")[:, :, 0, on],
            ckpt.layer("conv2d", index, "bias")[on], a[on], c[on]))
        live.append(on + sum(map(len, constants)))
        constants.append(values)
    live, constants = np.concatenate(live), np.concatenate(constants)
    mid = [MidBlock(ckpt.layer("conv2d", index, "kernel")[:, :, 0, :],
                    ckpt.layer("conv2d", index, "bias"), *ckpt.batch_norm(index + 1))
           for index in (5, 6, 7)]
    mid[0].bias = mid[0].bias[:, None] + of_constants(mid[0].kernel, constants)
    mid[0].kernel = mid[0].kernel[:, live]

    a, c = ckpt.batch_norm(9)  # [1506], folded into the dense layer
    kernel = ckpt.layer("dense", 0, "kernel")  # rows max0, mean0, max1, ...
    bias = ckpt.layer("dense", 0, "bias") + c @ kernel
    kernel = kernel * a[:, None]
    of_max, of_mean = kernel[0::2], kernel[1::2]
    kept = np.concatenate([live, np.arange(len(constants), ORIGINAL_CHANNELS)])
    a, c = ckpt.batch_norm(0)
    return Weights(
        float(a[0]), float(c[0]), front, mid,
        np.concatenate([of_max[kept], of_mean[kept]]),
        bias + constants @ (of_max + of_mean)[:len(constants)],
        *ckpt.batch_norm(10),
        ckpt.layer("dense", 1, "kernel"), ckpt.layer("dense", 1, "bias"), kept)


def of_constants(kernel: np.ndarray, constants: np.ndarray) -> np.ndarray:
    """What a zero-padded convolution gives for constant channels: [outputs, frames]."""
    by_tap = constants @ kernel  # [taps, outputs]
    reach = len(kernel) // 2
    return np.stack([
        sum(by_tap[tap] for tap in range(len(kernel)) if 0 <= frame + tap - reach < FRAMES)
        for frame in range(FRAMES)], axis=1)
