"""Writes head.onnx and model.json: the contract with the program's `--model` folder.

Network ONNX: `log_mel` [n, frames, bands] -> `tag_logits` [n, tags], `embedding` [n, units] and, unless
model.json says 0, `pooled` [n, channels]. Of a patch a network sees `windows` spectrograms of its
front end, and its features are the mean of what it says of them; it looks at `patches` of a clip's
patches, the others get their mean; `batch` is how many windows the engine takes at once.
Head ONNX: `features` [1, D] -> `logits` [1, 16]. The D features are, for each statistic of
`pooling` and within it for each network in order: its tag logits, its embedding, its pooled layer; then those of the
recording (recording.py), if model.json lists them.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline import front_end, yamnet
from pipeline.front_end import MAX_PATCHES
from pipeline.genres import GENRES, UNIFORM_PRIOR

MODEL_FOLDER = Path(__file__).resolve().parents[2] / "models" / "full"
FORMAT_VERSION = 4
OPSET = 13

FRONT_ENDS = {
    "musicnn": {
        "sample_rate": front_end.SAMPLE_RATE,
        "n_fft": front_end.N_FFT,
        "window_length": front_end.N_FFT,
        "hop_length": front_end.HOP,
        "n_mels": front_end.BANDS,
        "log_multiplier": front_end.LOG_MULTIPLIER,
    },
    "yamnet": {
        "sample_rate": yamnet.SAMPLE_RATE,
        "n_fft": yamnet.N_FFT,
        "window_length": yamnet.WINDOW_LENGTH,
        "hop_length": yamnet.HOP,
        "n_mels": yamnet.BANDS,
        "min_hz": yamnet.MIN_HZ,
        "max_hz": yamnet.MAX_HZ,
        "log_offset": yamnet.LOG_OFFSET,
    },
}


def linear_head(weights: np.ndarray, bias: np.ndarray) -> onnx.ModelProto:
    """logits = features @ weights + bias, weights [D, 16], bias [16]."""
    return _head(len(weights), [_linear(weights, bias, "logits", "0")])


def mixture_head(weights: tuple[float, ...], layers: list[tuple[np.ndarray, np.ndarray]]
                 ) -> onnx.ModelProto:
    """logits = ln of the sum over layers of weight x softmax(features @ layer weights + bias)."""
    parts, logs = [], []
    for i, (weight, layer) in enumerate(zip(weights, layers)):
        parts += [
            _linear(*layer, f"part{i}", str(i)),
            ([helper.make_node("LogSoftmax", [f"part{i}"], [f"log{i}"], name=f"log{i}", axis=1),
              helper.make_node("Add", [f"log{i}", f"share{i}"], [f"weighted{i}"],
                               name=f"weighted{i}")],
             [numpy_helper.from_array(np.full((1, 1), np.log(weight), np.float32), f"share{i}")]),
        ]
        logs.append(f"weighted{i}")
    # The largest term is taken out of the sum, so that none overflows and the sum is not zero.
    nodes = [helper.make_node("Max", logs, ["most"], name="most")]
    for i, log in enumerate(logs):
        nodes += [helper.make_node("Sub", [log, "most"], [f"below{i}"], name=f"below{i}"),
                  helper.make_node("Exp", [f"below{i}"], [f"term{i}"], name=f"term{i}")]
    nodes += [helper.make_node("Sum", [f"term{i}" for i in range(len(logs))], ["sum"], name="sum"),
              helper.make_node("Log", ["sum"], ["log"], name="log"),
              helper.make_node("Add", ["log", "most"], ["logits"], name="logits")]
    return _head(len(layers[0][0]), [*parts, (nodes, [])])


def _linear(weights: np.ndarray, bias: np.ndarray, output: str, suffix: str
            ) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Features that have no weight are left out first: most of them, in a layer that takes tags alone."""
    if weights.shape[1:] != bias.shape or len(bias) != len(GENRES):
        raise ValueError(f"weights {weights.shape} and bias {bias.shape} do not fit")
    taken = np.flatnonzero(weights.any(axis=1))
    if len(taken) == 0:
        taken = np.arange(1)  # of an untrained head; a matrix product needs a row
    constants = {f"taken{suffix}": taken, f"weights{suffix}": weights[taken].astype(np.float32),
                 f"bias{suffix}": bias.astype(np.float32)}
    return ([helper.make_node("Gather", ["features", f"taken{suffix}"], [f"features{suffix}"],
                              name=f"features{suffix}", axis=1),
             helper.make_node("Gemm", [f"features{suffix}", f"weights{suffix}", f"bias{suffix}"],
                              [output], name=output)],
            [numpy_helper.from_array(values, name) for name, values in constants.items()])


def _head(features: int, parts: list[tuple[list[onnx.NodeProto], list[onnx.TensorProto]]]
          ) -> onnx.ModelProto:
    """`features` [1, D] -> `logits` [1, 16], from nodes and constants in parts."""
    graph = helper.make_graph(
        [node for nodes, _ in parts for node in nodes],
        "head",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, features])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(GENRES)])],
        [tensor for _, tensors in parts for tensor in tensors],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=7,
        producer_name="fma-genre training")
    onnx.checker.check_model(model, full_check=True)
    return model


def network_entry(name: str, file: Path, tags: list[str], front_end: str = "musicnn",
                  windows: int = 1, patches: int = MAX_PATCHES, batch: int = 1) -> dict:
    """The sizes are those that the ONNX file declares; it may lack `pooled`."""
    sizes = {output.name: output.type.tensor_type.shape.dim[1].dim_value
             for output in onnx.load(file).graph.output}
    if sizes["tag_logits"] != len(tags):
        raise ValueError(f"{file} has {sizes['tag_logits']} tags, not {len(tags)}")
    # YAMNet's convolutions are depthwise.
    layout = {"channels_last": True} if front_end == "yamnet" else {}
    return {"name": name, "file": file.name, "front_end": front_end, **layout, "windows": windows,
            "patches": patches, "batch": batch, "tags": tags, "embedding": sizes["embedding"],
            "pooled": sizes.get("pooled", 0)}


def front_ends(networks: list[dict]) -> dict[str, dict]:
    """Parameters of the front ends that the networks need."""
    return {name: FRONT_ENDS[name] for name in dict.fromkeys(n["front_end"] for n in networks)}


def width(network: dict) -> int:
    """Features per patch of one of `networks`."""
    return len(network["tags"]) + network["embedding"] + network["pooled"]


def features(manifest: dict) -> int:
    """Features per patch: of all networks, and of the recording where the head is given them."""
    return sum(map(width, manifest["networks"])) + len(manifest.get("recording", ()))


def manifest(*, name: str, version: str, networks: list[dict], head_version: str,
             pooling: list[str], training_prior: np.ndarray, temperature: float,
             floor: float, max_patches: int = front_end.MAX_PATCHES,
             min_dbfs: float = -120.0) -> dict:
    """`min_dbfs`: clips of a lower level are raised to it; by default none."""
    return {
        "format_version": FORMAT_VERSION,
        "name": name,
        "version": version,
        "front_ends": front_ends(networks),
        "level": {"min_dbfs": min_dbfs},
        "patch": {"frames": front_end.FRAMES, "max_patches": max_patches},
        "networks": networks,
        "head": {
            "file": "head.onnx",
            "version": head_version,
            "pooling": pooling,
            "classes": list(GENRES),
            "training_prior": [float(p) for p in training_prior],
            "temperature": temperature,
            "floor": floor,
        },
    }


def write(folder: Path, model: dict, head: onnx.ModelProto) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "head.onnx").write_bytes(head.SerializeToString(deterministic=True))
    (folder / "model.json").write_text(json.dumps(model, indent=2) + "\n")


def write_untrained(folder: Path, manifest: dict) -> None:
    """model.json with the front ends that its networks need, and a head of zero weights that fits them:
    every clip gets the class prior, until one is trained."""
    head = manifest["head"] | {
        "version": "untrained", "pooling": ["mean"], "temperature": 1.0,
        "training_prior": [float(p) for p in UNIFORM_PRIOR]}
    write(folder, manifest | {"head": head, "front_ends": front_ends(manifest["networks"])},
          linear_head(np.zeros((features(manifest), len(GENRES))), np.zeros(len(GENRES))))


def copy_networks(source: Path, out: Path, networks: list[dict]) -> None:
    """The ONNX files and the notices that go with them; nothing if it is the same folder."""
    out.mkdir(parents=True, exist_ok=True)
    if out.resolve() == source.resolve():
        return
    notices = [path.name for path in source.glob("LICENSE*")]
    for name in [network["file"] for network in networks] + notices:
        shutil.copy(source / name, out / name)


def read(folder: Path = MODEL_FOLDER) -> dict:
    manifest = json.loads((folder / "model.json").read_text())
    if manifest["format_version"] != FORMAT_VERSION:
        raise SystemExit(f"{folder}: format_version is {manifest['format_version']}, "
                         f"must be {FORMAT_VERSION}")
    return manifest
