"""Builds models/musicnn/{msd,mtt}_musicnn.onnx from the dumped variables.

Input  `log_mel`     float32 [1, 187, 96]  (frame, mel band), log10(10000 x + 1)
Output `tag_logits`  float32 [1, 50]       before the sigmoid
Output `embedding`   float32 [1, 200]      penultimate dense layer after ReLU *and* after its
                                           batch norm: what the package calls `penultimate`

The network (models.py of the package) is
  batch norm (1 channel)
  front end   two timbral blocks, kernels 7 frames x 38 and 7 x 67 bands, 204 filters each,
              and three temporal blocks, kernels 128, 64, 32 frames x 1 band, 51 filters each;
              each: convolution, ReLU, batch norm, maximum over all band positions
              -> 561 channels over 187 frames
  mid end     three convolutions over 7 frames, 64 filters, ReLU, batch norm, the last two
              residual; their outputs are concatenated with the input -> 753 channels
  back end    maximum and mean over time, batch norm, dense 200, ReLU, batch norm, dense 50.

How it is written here, without approximation beyond rounding:

* Batch norm at inference is a x + c with a = gamma / sqrt(variance + 0.001).
* Front-end filters whose output cannot vary (checkpoint.py) are left out.  Their constants go
  into the bias of what follows: for the first convolution of the mid end, which pads with
  zeros, that is one bias per frame; for the dense layer, maximum and mean are the constant.
* The remaining filters are arranged as front_blocks.py says.
* The batch norm before the first dense layer is folded into it, and the rows are reordered:
  the original interleaves (max, mean) per channel, here all maxima precede all means.
* All other batch norms follow a ReLU and precede zero padding or a sum, where folding is not
  exact; they stay as a multiplication and an addition over 64 to 200 channels.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from conversion.checkpoint import Checkpoint
from conversion.front_blocks import BANDS, FRAMES, temporal, timbral
from conversion.graph import Graph, column, f32
from conversion.package import CACHE, CHECKPOINTS, TRAINING

OPSET = 13
MODEL_FOLDER = TRAINING.parent / "models" / "musicnn"


def mid_end_block(g: Graph, ckpt: Checkpoint, x: str, index: int, label: str,
                  live: np.ndarray | None = None, constants: np.ndarray | None = None) -> str:
    """Convolution over 7 frames, ReLU, batch norm: [1, C, 187] -> [1, 64, 187].

    `live` are the input channels that exist, `constants` [all inputs] the values of the others.
    """
    kernel = ckpt.layer("conv2d", index, "kernel")[:, :, 0, :]  # [7, C, 64]
    bias = ckpt.layer("conv2d", index, "bias")
    taps = len(kernel)
    reach = taps // 2
    inputs = [x]
    if live is None:
        inputs += [g.constant(f"{label}_w", f32(kernel.transpose(2, 1, 0))),
                   g.constant(f"{label}_b", f32(bias))]
    else:
        by_tap = constants @ kernel  # [7, 64]
        bias = np.stack([
            bias + sum(by_tap[tap] for tap in range(taps) if 0 <= frame + tap - reach < FRAMES)
            for frame in range(FRAMES)], axis=1)
        inputs += [g.constant(f"{label}_w", f32(kernel[:, live].transpose(2, 1, 0)))]
    y = g.op("Conv", inputs, f"{label}_conv", kernel_shape=[taps], pads=[reach, reach],
             strides=[1])
    if live is not None:
        y = g.op("Add", [y, g.constant(f"{label}_b", f32(bias)[None])], f"{label}_biased")
    y = g.op("Relu", [y], f"{label}_relu")
    a, c = ckpt.batch_norm(index + 1)
    return g.affine(y, column(a), column(c), label)


def back_end(g: Graph, ckpt: Checkpoint, x: str, live: np.ndarray,
             constants: np.ndarray) -> None:
    """Global pooling and the two dense layers: [1, live + 192, 187] -> the two outputs."""
    pooled = g.op("Concat", [
        g.op("ReduceMax", [x], "pool_max", axes=[2], keepdims=0),
        g.op("ReduceMean", [x], "pool_mean", axes=[2], keepdims=0),
    ], "pool", axis=1)
    a, c = ckpt.batch_norm(9)  # [1506]
    kernel = ckpt.layer("dense", 0, "kernel")  # [1506, 200], rows max0, mean0, max1, ...
    bias = ckpt.layer("dense", 0, "bias") + c @ kernel
    kernel = kernel * a[:, None]
    of_max, of_mean = kernel[0::2], kernel[1::2]
    bias += constants @ (of_max + of_mean)[:len(constants)]
    kept = np.concatenate([live, np.arange(len(constants), len(of_max))])
    kernel = np.concatenate([of_max[kept], of_mean[kept]])
    y = g.op("Gemm", [pooled, g.constant("dense_w", f32(kernel)),
                      g.constant("dense_b", f32(bias))], "dense")
    y = g.op("Relu", [y], "dense_relu")
    a, c = ckpt.batch_norm(10)
    embedding = g.affine(y, f32(a)[None], f32(c)[None], "embedding")
    g.op("Gemm", [embedding, g.constant("tags_w", f32(ckpt.layer("dense", 1, "kernel"))),
                  g.constant("tags_b", f32(ckpt.layer("dense", 1, "bias")))], "tag_logits")


def live_channels(ckpt: Checkpoint) -> tuple[np.ndarray, np.ndarray]:
    """(live channels among the 561 of the front end, values of the others and 0 for those)"""
    live, values, offset = [], [], 0
    for index in range(5):
        alive, constants = ckpt.live_filters(index)
        live.append(alive + offset)
        values.append(constants)
        offset += len(constants)
    return np.concatenate(live), np.concatenate(values)


def build(ckpt: Checkpoint, name: str) -> onnx.ModelProto:
    g = Graph()
    a, c = ckpt.batch_norm(0)
    x = g.affine("log_mel", f32(a).reshape(1, 1, 1), f32(c).reshape(1, 1, 1), "normalised")
    image = g.op("Unsqueeze", [x, g.constant("channel_axis", np.array([1]))], "image")
    bands = g.op("Transpose", [x], "bands", perm=[0, 2, 1])
    features = g.op("Concat", [
        timbral(g, ckpt, bands, 0, "timbral38"),
        timbral(g, ckpt, bands, 1, "timbral67"),
        temporal(g, ckpt, image, 2, "temporal128"),
        temporal(g, ckpt, image, 3, "temporal64"),
        temporal(g, ckpt, image, 4, "temporal32"),
    ], "front_end", axis=1)
    live, constants = live_channels(ckpt)
    one = mid_end_block(g, ckpt, features, 5, "mid1", live, constants)
    two = g.op("Add", [mid_end_block(g, ckpt, one, 6, "mid2"), one], "mid2_sum")
    three = g.op("Add", [mid_end_block(g, ckpt, two, 7, "mid3"), two], "mid3_sum")
    x = g.op("Concat", [features, one, two, three], "mid_end", axis=1)
    back_end(g, ckpt, x, live, constants)

    def value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        g.nodes, name, [value("log_mel", [1, FRAMES, BANDS])],
        [value("tag_logits", [1, 50]), value("embedding", [1, 200])], g.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=7,
        producer_name="fma-genre training/conversion",
        doc_string="Weights: musicnn 0.1.0, Copyright (c) Music Technology Group, "
                   "Universitat Pompeu Fabra 2019, ISC licence.")
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for network, package_name in CHECKPOINTS.items():
        ckpt = Checkpoint(CACHE / f"{network}_variables.npz")
        model = build(ckpt, package_name)
        path = folder / f"{network}_musicnn.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        live = [len(ckpt.live_filters(index)[0]) for index in range(5)]
        print(f"{path.name}: {path.stat().st_size:,} bytes, live filters {live}")


if __name__ == "__main__":
    main()
