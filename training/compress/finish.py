"""Writes the small network into a model folder and compares it with the original.

Usage: python -m compress.finish [FOLDER]     (default models/compact)

FOLDER becomes a model folder with the exact MSD network and the small MTT network. If a network
changed, its head no longer fits: it becomes one that knows nothing, until `train.sh` has run.

The report, reports/compression.json, holds R2 = 1 - (mean square error) / variance over patches,
per tag and as a mean over the embedding's dimensions that vary, on the two held-out sets: for
the student before and after distillation, and for the steps on the way there.
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from compress import ANSWERS, FOLDER, NETWORK, PATCHES, STUDENT
from compress.student import BUDGET, POSITION_STEPS, coarser, from_arrays, initial, teacher
from conversion.build_onnx import MODEL_FOLDER, build
from conversion.package import CHECKPOINTS, TRAINING, tags
from conversion.weights import Weights
from head.single_network import write_untrained
from pipeline import model_folder
from pipeline.networks import Network

REPORT = TRAINING / "reports" / "compression.json"
COMPACT = TRAINING.parent / "models" / "compact"
FILE = f"{NETWORK}_small.onnx"
NAME = "musicnn-small"


def multiplications(model: onnx.ModelProto) -> int:
    """Multiplications of all convolutions and dense layers for one patch."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
              for v in [*inferred.value_info, *inferred.output]}
    weights = {c.name: c.dims for c in inferred.initializer}
    return sum(math.prod(weights[node.input[1]]) * math.prod(shapes[node.output[0]][2:])
               for node in inferred.node if node.op_type in ("Conv", "Gemm"))


def r2(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Per dimension; dimensions that never vary are left out."""
    varies = wanted.var(axis=0) > 1e-6
    return 1 - ((found - wanted) ** 2).mean(axis=0)[varies] / wanted.var(axis=0)[varies]


def compared(w: Weights) -> dict:
    model = build(w, "variant", "compress")
    file = FOLDER / "compared.onnx"
    onnx.save(model, file)
    session = Network(file, outputs=("tag_logits", "embedding"))
    result = {"multiplications": multiplications(model),
              "filters": [len(block.bias) for block in w.front]}
    with np.load(PATCHES) as patches, np.load(ANSWERS) as answers:
        for kind in ("groups", "sources"):
            logits, embedding = session.run(patches[kind].astype(np.float32))
            by_tag = r2(answers[f"{kind}_tag_logits"], logits)
            result[f"other_{kind}"] = {
                "patches": len(logits),
                "tag_logits_r2_mean": float(by_tag.mean()),
                "tag_logits_r2_min": float(by_tag.min()),
                "embedding_r2_mean": float(r2(answers[f"{kind}_embedding"], embedding).mean()),
                "tag_logits_r2": dict(zip(tags(NETWORK), by_tag.round(4).tolist())),
            }
    return result


def write(folder: Path, student: Weights) -> None:
    """The networks of a model folder and its model.json, of which the rest stays."""
    manifest = model_folder.read(folder if (folder / "model.json").exists() else MODEL_FOLDER)
    networks = model_folder.read(MODEL_FOLDER)["networks"]
    serialized = {entry["file"]: (MODEL_FOLDER / entry["file"]).read_bytes() for entry in networks}
    model = build(student, f"{CHECKPOINTS[NETWORK]}_small", "compress")
    for entry in networks:
        if entry["name"] == NETWORK:
            del serialized[entry["file"]]
            entry |= {"file": FILE, "pooled": len(student.dense_kernel)}
            serialized[FILE] = model.SerializeToString(deterministic=True)
    folder.mkdir(parents=True, exist_ok=True)
    same = manifest["name"] == NAME and manifest["networks"] == networks and all(
        (folder / name).exists() and (folder / name).read_bytes() == content
        for name, content in serialized.items())
    if same:
        return
    for name, content in serialized.items():
        (folder / name).write_bytes(content)
    write_untrained(folder, manifest | {"name": NAME, "networks": networks})


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else COMPACT
    with np.load(STUDENT) as arrays:
        student = from_arrays(dict(arrays))
    write(folder, student)
    file = folder / FILE
    report = {
        "file": FILE, "bytes": file.stat().st_size,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "budget": BUDGET, "position_steps": POSITION_STEPS, "onnxruntime": onnxruntime.__version__,
        "networks": {name: compared(w) for name, w in {
            "original": teacher(), "every second position": coarser(teacher()),
            "and fewer filters": initial(), "distilled": student}.items()},
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    for name, result in report["networks"].items():
        print(name, f"{result['multiplications'] / 1e6:.0f} M",
              *(f"{kind}: tags {v['tag_logits_r2_mean']:.4f} (worst {v['tag_logits_r2_min']:.4f})"
                f" embedding {v['embedding_r2_mean']:.4f}"
                for kind, v in result.items() if isinstance(v, dict)), sep="; ")


if __name__ == "__main__":
    main()
