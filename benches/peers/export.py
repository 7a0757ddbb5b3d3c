"""Exports the original networks as their makers' own tools do: benches/.cache/exports/{msd,mtt,yamnet}.onnx.

Usage: .venv-tensorflow/bin/python export.py MODEL_FOLDER OUT_FOLDER

musicnn: the package's graph code with its checkpoint, variables made constants, through tf2onnx with its own
optimisers; nothing of it is left out, padded or arranged. YAMNet is exported by `export_yamnet.py`, in the other
environment.
"""

import json
import sys
from pathlib import Path

import pipelines  # first: it sets the number of threads

import tensorflow as tf
import tf2onnx

OPSET = 17


def main() -> None:
    folder, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((folder / "model.json").read_text())
    for network, original in pipelines.originals(manifest):
        graph, session, outputs, x = original
        names = [tensor.name for tensor in outputs]
        with graph.as_default():
            frozen = tf.compat.v1.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), [name.split(":")[0] for name in names])
        tf2onnx.convert.from_graph_def(frozen, input_names=[x.name], output_names=names, opset=OPSET,
                                       output_path=str(out / f"{network['name']}.onnx"))
        print(network["name"], names)


if __name__ == "__main__":
    main()
