"""Writes msd_student.onnx and compares it with the original.

Usage: python -m compress.finish [FOLDER]     (default .cache/compress)

The report, reports/compression.json, holds R2 = 1 - (mean square error) / variance over patches,
per tag and as a mean over the embedding's dimensions that vary, on the two held-out sets: for
the student before and after distillation, and for variants that were only made coarser.
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from compress import FOLDER
from compress.student import from_arrays, initial
from compress.teach import OUTPUT as LESSONS
from conversion.build_onnx import MODEL_FOLDER, build
from conversion.checkpoint import Checkpoint
from conversion.package import CACHE, TRAINING, tags
from conversion.weights import Weights, of_checkpoint
from pipeline.networks import Network

REPORT = TRAINING / "reports" / "compression.json"


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


def compared(model: onnx.ModelProto, lessons) -> dict:
    file = FOLDER / "compared.onnx"
    onnx.save(model, file)
    network = Network(file, outputs=("tag_logits", "embedding"))
    result = {"multiplications": multiplications(model)}
    for kind in ("groups", "sources"):
        logits, embedding = network.run(lessons[f"{kind}_patches"].astype(np.float32))
        by_tag = r2(lessons[f"{kind}_tag_logits"], logits)
        result[f"other_{kind}"] = {
            "patches": len(logits),
            "tag_logits_r2_mean": float(by_tag.mean()),
            "tag_logits_r2_min": float(by_tag.min()),
            "embedding_r2_mean": float(r2(lessons[f"{kind}_embedding"], embedding).mean()),
            "tag_logits_r2": dict(zip(tags("msd"), by_tag.round(4).tolist())),
        }
    return result


def coarser(positions: tuple[int, int]) -> Weights:
    """The exact network with every n-th frequency position left out."""
    w = of_checkpoint(Checkpoint(CACHE / "msd_variables.npz"))
    for block, step in zip(w.front, positions):
        block.position_step = step
    return w


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with np.load(FOLDER / "student.npz") as arrays:
        student = build(from_arrays(dict(arrays)), "MSD_musicnn_student", "compress")
    path = folder / "msd_student.onnx"
    path.write_bytes(student.SerializeToString(deterministic=True))
    with np.load(LESSONS) as file:
        lessons = dict(file)
    variants = {
        "exact": onnx.load(MODEL_FOLDER / "msd_musicnn.onnx"),
        "positions_2_1": build(coarser((2, 1)), "variant", "compress"),
        "positions_2_2": build(coarser((2, 2)), "variant", "compress"),
        "student_initial": build(initial(), "variant", "compress"),
        "student_distilled": student,
    }
    report = {
        "file": path.name, "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "lessons": len(lessons["patches"]), "onnxruntime": onnxruntime.__version__,
        "networks": {name: compared(model, lessons) for name, model in variants.items()},
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    for name, result in report["networks"].items():
        print(name, f"{result['multiplications'] / 1e6:.0f} M",
              *(f"{kind}: tags {v['tag_logits_r2_mean']:.4f} (worst {v['tag_logits_r2_min']:.4f})"
                f" embedding {v['embedding_r2_mean']:.4f}"
                for kind, v in result.items() if isinstance(v, dict)), sep="; ")


if __name__ == "__main__":
    main()
