"""Builds models/full/{msd,mtt}_musicnn.onnx from the dumped variables.

Input  `log_mel`     float32 [1, 187, 96]  (frame, mel band), log10(10000 x + 1); or fewer frames
Output `tag_logits`  float32 [1, 50]       before the sigmoid
Output `embedding`   float32 [1, 200]      penultimate dense layer after ReLU *and* after its
                                           batch norm: what the package calls `penultimate`
Output `pooled`      float32 [1, 2 C]      maxima over time of the C channels that enter the back
                                           end, then their means, before batch norm: what the
                                           package calls `max_pool` and `mean_pool`

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
  The C channels (256 for MSD, 510 for MTT) are those of the front end's live filters and all of
  the mid end, in the original's order; `Weights.channels` says which of the 753 they are.
* All other batch norms follow a ReLU and precede zero padding or a sum, where folding is not
  exact; they stay as a multiplication and an addition over 64 to 200 channels.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from conversion.checkpoint import Checkpoint
from conversion.front_blocks import temporal, timbral
from conversion.graph import Graph, column, f32
from conversion.package import CACHE, CHECKPOINTS, TRAINING
from conversion.weights import BANDS, FRAMES, MidBlock, Weights, of_checkpoint

OPSET = 13
MODEL_FOLDER = TRAINING.parent / "models" / "full"


def mid_end_block(g: Graph, block: MidBlock, x: str, label: str, frames: int) -> str:
    """Convolution over time, ReLU, batch norm: [1, inputs, frames] -> [1, 64, frames]."""
    reach = len(block.kernel) // 2
    inputs = [x, g.constant(f"{label}_w", f32(block.kernel.transpose(2, 1, 0)))]
    per_frame = block.bias.ndim == 2
    if not per_frame:
        inputs.append(g.constant(f"{label}_b", f32(block.bias)))
    y = g.op("Conv", inputs, f"{label}_conv", kernel_shape=[len(block.kernel)],
             pads=[reach, reach], strides=[1])
    if per_frame:
        bias = of_ends(block.bias, frames)
        y = g.op("Add", [y, g.constant(f"{label}_b", f32(bias)[None])], f"{label}_biased")
    y = g.op("Relu", [y], f"{label}_relu")
    return g.affine(y, column(block.a), column(block.c), label)


def of_ends(bias: np.ndarray, frames: int) -> np.ndarray:
    """A bias [channels, 187] for fewer frames: that of the first ones and the last, because what makes it
    differ between frames is how far the ends are."""
    first = frames // 2
    return np.concatenate([bias[:, :first], bias[:, bias.shape[1] - (frames - first):]], axis=1)


def back_end(g: Graph, w: Weights, x: str) -> None:
    """Global pooling and the two dense layers: [1, channels, frames] -> the three outputs."""
    pooled = g.op("Concat", [
        g.op("ReduceMax", [x], "pool_max", axes=[2], keepdims=0),
        g.op("ReduceMean", [x], "pool_mean", axes=[2], keepdims=0),
    ], "pooled", axis=1)
    y = g.op("Gemm", [pooled, g.constant("dense_w", f32(w.dense_kernel)),
                      g.constant("dense_b", f32(w.dense_bias))], "dense")
    y = g.op("Relu", [y], "dense_relu")
    embedding = g.affine(y, f32(w.embedding_a)[None], f32(w.embedding_c)[None], "embedding")
    g.op("Gemm", [embedding, g.constant("tags_w", f32(w.tags_kernel)),
                  g.constant("tags_b", f32(w.tags_bias))], "tag_logits")


def build(w: Weights, name: str, producer: str = "conversion", frames: int = FRAMES
          ) -> onnx.ModelProto:
    """The network for patches of `frames`, 187 or fewer."""
    g = Graph()
    x = g.affine("log_mel", f32(np.full((1, 1, 1), w.input_a)),
                 f32(np.full((1, 1, 1), w.input_c)), "normalised")
    bands = g.op("Transpose", [x], "bands", perm=[0, 2, 1])
    image = g.op("Unsqueeze", [bands, g.constant("channel_axis", np.array([1]))], "image")
    in_time = partial(temporal, frames=frames)
    blocks = ((timbral, bands, "timbral38"), (timbral, bands, "timbral67"),
              (in_time, image, "temporal128"), (in_time, image, "temporal64"),
              (in_time, image, "temporal32"))
    # A pruned network may have no filter left in a block.
    features = g.op("Concat", [
        write(g, block, source, label)
        for (write, source, label), block in zip(blocks, w.front) if len(block.bias)
    ], "front_end", axis=1)
    one = mid_end_block(g, w.mid[0], features, "mid1", frames)
    two = g.op("Add", [mid_end_block(g, w.mid[1], one, "mid2", frames), one], "mid2_sum")
    three = g.op("Add", [mid_end_block(g, w.mid[2], two, "mid3", frames), two], "mid3_sum")
    back_end(g, w, g.op("Concat", [features, one, two, three], "mid_end", axis=1))

    def value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        g.nodes, name, [value("log_mel", [1, frames, BANDS])],
        [value("tag_logits", [1, 50]), value("embedding", [1, 200]),
         value("pooled", [1, len(w.dense_kernel)])], g.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=7,
        producer_name=f"fma-genre training/{producer}",
        doc_string="Weights: musicnn 0.1.0, Copyright (c) Music Technology Group, "
                   "Universitat Pompeu Fabra 2019, ISC licence.")
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for network, package_name in CHECKPOINTS.items():
        weights = of_checkpoint(Checkpoint(CACHE / f"{network}_variables.npz"))
        model = build(weights, package_name)
        path = folder / f"{network}_musicnn.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        live = [len(block.bias) for block in weights.front]
        print(f"{path.name}: {path.stat().st_size:,} bytes, live filters {live}")


if __name__ == "__main__":
    main()
