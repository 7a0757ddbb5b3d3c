"""A small helper to write ONNX graphs."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


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

    def reshape(self, x: str, shape: list[int], output: str) -> str:
        return self.op("Reshape", [x, self.constant(f"{output}_shape", np.array(shape))], output)

    def slice(self, x: str, begin: int, end: int, axis: int, output: str) -> str:
        """Elements `begin` to `end` (exclusive) of one axis."""
        bounds = [self.constant(f"{output}_{name}", np.array([value]))
                  for name, value in (("from", begin), ("to", end), ("axis", axis))]
        return self.op("Slice", [x, *bounds], output)

    def maximum(self, parts: list[str], output: str) -> str:
        """Elementwise maximum of all parts, as a chain that engines can fuse."""
        y = parts[0]
        for i, part in enumerate(parts[1:]):
            y = self.op("Max", [y, part], f"{output}_{i}")
        return y


def f32(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32)


def column(x: np.ndarray) -> np.ndarray:
    """[channels] -> [1, channels, 1], to broadcast over [1, channels, frames]."""
    return f32(x).reshape(1, -1, 1)
