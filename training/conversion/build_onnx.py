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

How it is written here, exactly and without approximation:

* Batch norm at inference is a x + c with a = gamma / sqrt(variance + 0.001).
* In the front end it stands between ReLU and maximum, and most gammas are negative, so it
  cannot be folded into the convolution; but max_f (a relu(y_f) + c) is
  a relu(max_f y_f) + c for a >= 0 and a relu(min_f y_f) + c for a < 0.  With s = sign(a) and
  the convolution's weights multiplied by s, both are  a relu(s max_f (s y_f)) + c.  The
  maximum comes first, and all that follows runs on 1/30 to 1/96 of the numbers.
* The batch norm before the first dense layer is folded into it, and the rows are reordered:
  the original interleaves (max, mean) per channel, here all maxima precede all means.
* All other batch norms follow a ReLU and precede zero padding or a sum, where folding is not
  exact; they stay as a multiplication and an addition over 64 to 200 channels.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from conversion.package import CACHE, CHECKPOINTS, TRAINING

FRAMES, BANDS = 187, 96
EPSILON = 0.001  # default of tf.layers.batch_normalization, which the package uses
OPSET = 13
MODEL_FOLDER = TRAINING.parent / "models" / "musicnn"


class Graph:
    """Nodes and constants of a graph in the making; `op` returns its output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def affine(self, x: str, scale: np.ndarray, shift: np.ndarray, output: str) -> str:
        scaled = self.op("Mul", [x, self.constant(f"{output}_a", scale)], f"{output}_scaled")
        return self.op("Add", [scaled, self.constant(f"{output}_c", shift)], output)


class Checkpoint:
    """The variables by the numbering of tf.layers: conv2d, conv2d_1, ..., as float64."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.variables = {name: file[name].astype(np.float64) for name in file.files}

    def layer(self, kind: str, index: int, part: str) -> np.ndarray:
        return self.variables[f"{kind}{f'_{index}' if index else ''}/{part}"]

    def batch_norm(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(a, c) of a x + c, each [channels]."""
        part = {p: self.layer("batch_normalization", index, p)
                for p in ("gamma", "beta", "moving_mean", "moving_variance")}
        a = part["gamma"] / np.sqrt(part["moving_variance"] + EPSILON)
        return a, part["beta"] - a * part["moving_mean"]


def f32(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32)


def column(x: np.ndarray) -> np.ndarray:
    """[channels] -> [1, channels, 1], to broadcast over [1, channels, frames]."""
    return f32(x).reshape(1, -1, 1)


def front_end_block(g: Graph, ckpt: Checkpoint, x: str, index: int, pads: list[int],
                    label: str) -> str:
    """Convolution, ReLU, batch norm, maximum over bands: [1, 1, 187, 96] -> [1, C, 187]."""
    kernel = ckpt.layer("conv2d", index, "kernel")  # [time, band, 1, C]
    bias = ckpt.layer("conv2d", index, "bias")
    a, c = ckpt.batch_norm(index + 1)
    sign = np.where(a < 0, -1.0, 1.0)
    weights = g.constant(f"{label}_w", f32((kernel * sign).transpose(3, 2, 0, 1)))
    biases = g.constant(f"{label}_b", f32(bias * sign))
    y = g.op("Conv", [x, weights, biases], f"{label}_conv",
             kernel_shape=list(kernel.shape[:2]), pads=pads, strides=[1, 1])
    y = g.op("ReduceMax", [y], f"{label}_max", axes=[3], keepdims=0)
    y = g.op("Mul", [y, g.constant(f"{label}_sign", column(sign))], f"{label}_signed")
    y = g.op("Relu", [y], f"{label}_relu")
    return g.affine(y, column(a), column(c), label)


def mid_end_block(g: Graph, ckpt: Checkpoint, x: str, index: int, label: str) -> str:
    """Convolution over 7 frames, ReLU, batch norm: [1, C, 187] -> [1, 64, 187]."""
    kernel = ckpt.layer("conv2d", index, "kernel")  # [7, C, 1, 64]
    weights = g.constant(f"{label}_w", f32(kernel[:, :, 0, :].transpose(2, 1, 0)))
    biases = g.constant(f"{label}_b", f32(ckpt.layer("conv2d", index, "bias")))
    y = g.op("Conv", [x, weights, biases], f"{label}_conv",
             kernel_shape=[7], pads=[3, 3], strides=[1])
    y = g.op("Relu", [y], f"{label}_relu")
    a, c = ckpt.batch_norm(index + 1)
    return g.affine(y, column(a), column(c), label)


def back_end(g: Graph, ckpt: Checkpoint, x: str) -> None:
    """Global pooling and the two dense layers: [1, 753, 187] -> the two outputs."""
    pooled = g.op("Concat", [
        g.op("ReduceMax", [x], "pool_max", axes=[2], keepdims=0),
        g.op("ReduceMean", [x], "pool_mean", axes=[2], keepdims=0),
    ], "pool", axis=1)
    a, c = ckpt.batch_norm(9)  # [1506]
    kernel = ckpt.layer("dense", 0, "kernel")  # [1506, 200], rows max0, mean0, max1, ...
    bias = ckpt.layer("dense", 0, "bias") + c @ kernel
    kernel = kernel * a[:, None]
    kernel = np.concatenate([kernel[0::2], kernel[1::2]])
    y = g.op("Gemm", [pooled, g.constant("dense_w", f32(kernel)),
                      g.constant("dense_b", f32(bias))], "dense")
    y = g.op("Relu", [y], "dense_relu")
    a, c = ckpt.batch_norm(10)
    embedding = g.affine(y, f32(a)[None], f32(c)[None], "embedding")
    g.op("Gemm", [embedding, g.constant("tags_w", f32(ckpt.layer("dense", 1, "kernel"))),
                  g.constant("tags_b", f32(ckpt.layer("dense", 1, "bias")))], "tag_logits")


def build(ckpt: Checkpoint, name: str) -> onnx.ModelProto:
    g = Graph()
    x = g.op("Unsqueeze", ["log_mel", g.constant("channel_axis", np.array([1]))], "image")
    a, c = ckpt.batch_norm(0)
    x = g.affine(x, f32(a).reshape(1, 1, 1, 1), f32(c).reshape(1, 1, 1, 1), "normalised")
    # pads: [time before, band before, time after, band after]; for an even kernel
    # TensorFlow's "same" padding puts the odd frame at the end.
    features = g.op("Concat", [
        front_end_block(g, ckpt, x, 0, [3, 0, 3, 0], "timbral38"),
        front_end_block(g, ckpt, x, 1, [3, 0, 3, 0], "timbral67"),
        front_end_block(g, ckpt, x, 2, [63, 0, 64, 0], "temporal128"),
        front_end_block(g, ckpt, x, 3, [31, 0, 32, 0], "temporal64"),
        front_end_block(g, ckpt, x, 4, [15, 0, 16, 0], "temporal32"),
    ], "front_end", axis=1)
    one = mid_end_block(g, ckpt, features, 5, "mid1")
    two = g.op("Add", [mid_end_block(g, ckpt, one, 6, "mid2"), one], "mid2_sum")
    three = g.op("Add", [mid_end_block(g, ckpt, two, 7, "mid3"), two], "mid3_sum")
    back_end(g, ckpt, g.op("Concat", [features, one, two, three], "mid_end", axis=1))

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
        model = build(Checkpoint(CACHE / f"{network}_variables.npz"), package_name)
        path = folder / f"{network}_musicnn.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
