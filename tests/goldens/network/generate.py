"""Makes the goldens of the front networks: what onnxruntime gives for real patches.

Usage (Python environment of training/): training/.venv/bin/python tests/goldens/network/generate.py

  patches.npy           [4, 187, 96]  log-mel patches, each from the middle of one example clip
and, for every network FILE of the bundled models (msd_musicnn, mtt_musicnn, msd_small, mtt_small), of as many
of the first frames as it takes,

  FILE_tag_logits.npy   [4, 50]
  FILE_embedding.npy    [4, 200]
  FILE_pooled.npy       [4, two per channel that the network's first dense layer sees]

All float32. The patches come from librosa, the outputs from onnxruntime: both independent of
the program under test.

  yamnet_tag_logits.npy [3, 521]
  yamnet_embedding.npy  [3, 1024]

The same of yamnet, for the windows of music in ../logmel/yamnet, which come from TensorFlow.

  first_16.onnx         features [1, any number] -> logits [1, 16], the first of them

Stands for the head of models that are made up for a test.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "training"))

from pipeline import front_end, model_folder  # noqa: E402
from pipeline.networks import OUTPUTS, Network  # noqa: E402

CLIPS = (
    "city-blues-robert-van-herk.mp3",
    "happy-electronic-immich-memories.mp3",
    "palace-will-savino.mp3",
    "traveling-minstrels-mattias-westlund.mp3",
)


WINDOWS = ("electronic", "metal", "minstrels")


def middle_patch(clip: str) -> np.ndarray:
    samples = front_end.load_audio(ROOT / "examples" / clip)
    return front_end.patches(samples, max_patches=1)[0]


def first_16() -> onnx.ModelProto:
    """A network that gives the first 16 of its features."""
    node = helper.make_node("Slice", ["features", "start", "end", "axis"], ["logits"])
    constants = {"start": 0, "end": 16, "axis": 1}
    graph = helper.make_graph(
        [node], "first_16",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, "features"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 16])],
        [helper.make_tensor(name, TensorProto.INT64, [1], [value])
         for name, value in constants.items()])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model)
    return model


def save_outputs(file: str, inputs: np.ndarray, outputs: tuple[str, ...] = OUTPUTS) -> None:
    path = ROOT / "models" / f"{file}.onnx"
    results = Network(path, outputs=outputs).run(inputs)
    for output, values in zip(outputs, results, strict=True):
        np.save(HERE / f"{path.stem}_{output}.npy", values)


def main() -> None:
    patches = np.stack([middle_patch(clip) for clip in CLIPS])
    np.save(HERE / "patches.npy", patches)
    for folder, files in (("full", ("msd_musicnn", "mtt_musicnn")),
                          ("compact", ("msd_small", "mtt_small"))):
        frames = model_folder.read(ROOT / "models" / folder)["patch"]["frames"]
        for file in files:
            save_outputs(f"{folder}/{file}", patches[:, :frames])
    windows = np.stack([np.load(HERE.parent / f"logmel/yamnet/{name}.logmel.npy") for name in WINDOWS])
    save_outputs("compact/yamnet", windows, OUTPUTS[:-1])
    onnx.save(first_16(), HERE / "first_16.onnx")
    print(f"{len(CLIPS)} patches, {len(WINDOWS)} windows -> {HERE}")


if __name__ == "__main__":
    main()
