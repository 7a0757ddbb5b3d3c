"""Writes the small networks into a model folder and compares them with the originals.

Usage: python -m compress.finish [FOLDER]     (default models/compact)

FOLDER becomes a model folder with the small networks. If one changed, the head no longer fits: it
becomes one that knows nothing, until `train.sh` has run.

The report, reports/compression.json, holds for each network R2 = 1 - (mean square error) / variance over patches,
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

from compress import FOLDER, PATCHES, answers_of, student_of
from compress.student import BUDGETS, POSITION_STEPS, coarser, from_arrays, initial, teacher
from conversion.build_onnx import MODEL_FOLDER, build
from conversion.package import CHECKPOINTS, TRAINING, tags
from conversion.weights import Weights
from pipeline import model_folder
from pipeline.networks import Network

REPORT = TRAINING / "reports" / "compression.json"
COMPACT = TRAINING.parent / "models" / "compact"
NAME = "compact"
# Five patches of 2 s: as much audio as three of 3 s, from more places of a clip. The networks look at so
# many of them; a second one of MTT's would be worth 0.01 of log loss, for 7 % of the time.
PATCH = {"frames": 124, "max_patches": 5}
PATCHES_LOOKED_AT = {"msd": 3, "mtt": 1}


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


def compared(w: Weights, network: str) -> dict:
    model = build(w, "variant", "compress")
    file = FOLDER / "compared.onnx"
    onnx.save(model, file)
    session = Network(file, outputs=("tag_logits", "embedding"))
    result = {"multiplications": multiplications(model),
              "filters": [len(block.bias) for block in w.front]}
    with np.load(PATCHES) as patches, np.load(answers_of(network)) as answers:
        for kind in ("groups", "sources"):
            logits, embedding = session.run(patches[kind].astype(np.float32))
            by_tag = r2(answers[f"{kind}_tag_logits"], logits)
            result[f"other_{kind}"] = {
                "patches": len(logits),
                "tag_logits_r2_mean": float(by_tag.mean()),
                "tag_logits_r2_min": float(by_tag.min()),
                "embedding_r2_mean": float(r2(answers[f"{kind}_embedding"], embedding).mean()),
                "tag_logits_r2": dict(zip(tags(network), by_tag.round(4).tolist())),
            }
    return result


def write(folder: Path, students: dict[str, Weights]) -> None:
    """The small networks of a model folder and its model.json, of which the rest stays. A new folder
    gets that of the bundled one."""
    is_new = not (folder / "model.json").exists()
    manifest = model_folder.read(COMPACT if is_new else folder)
    originals = model_folder.read(MODEL_FOLDER)["networks"]
    networks = [entry for entry in originals if entry["name"] in students]
    serialized = {}
    for entry in networks:
        student = students[entry["name"]]
        model = build(student, f"{CHECKPOINTS[entry['name']]}_small", "compress", PATCH["frames"])
        entry |= {"file": f"{entry['name']}_small.onnx", "pooled": len(student.dense_kernel),
                  "patches": PATCHES_LOOKED_AT[entry["name"]]}
        serialized[entry["file"]] = model.SerializeToString(deterministic=True)
    # YAMNet is written by convert.sh.
    others = [entry | {"patches": PATCH["max_patches"]}
              for entry in manifest["networks"] if entry["name"] not in students]
    networks += others
    if is_new:
        model_folder.copy_networks(COMPACT, folder, others)
    wanted = manifest | {"name": NAME, "patch": PATCH, "networks": networks}
    same = manifest == wanted and all(
        (folder / name).exists() and (folder / name).read_bytes() == content
        for name, content in serialized.items())
    if same:
        return
    for name, content in serialized.items():
        (folder / name).write_bytes(content)
    model_folder.write_untrained(folder, wanted)


def report_of(network: str, student: Weights, file: Path) -> dict:
    original = teacher(network)
    return {
        "file": file.name, "bytes": file.stat().st_size,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "budget": BUDGETS[network],
        "networks": {name: compared(w, network) for name, w in {
            "original": original, "fewer positions": coarser(original),
            "and fewer filters": initial(network), "distilled": student}.items()},
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else COMPACT
    students = {}
    for network in CHECKPOINTS:
        with np.load(student_of(network)) as arrays:
            students[network] = from_arrays(dict(arrays))
    write(folder, students)
    report = {"position_steps": POSITION_STEPS, "onnxruntime": onnxruntime.__version__} | {
        network: report_of(network, student, folder / f"{network}_small.onnx")
        for network, student in students.items()}
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    for network in students:
        for name, result in report[network]["networks"].items():
            print(network, name, f"{result['multiplications'] / 1e6:.0f} M",
                  *(f"{kind}: tags {v['tag_logits_r2_mean']:.4f} (worst "
                    f"{v['tag_logits_r2_min']:.4f}) embedding {v['embedding_r2_mean']:.4f}"
                    for kind, v in result.items() if isinstance(v, dict)), sep="; ")


if __name__ == "__main__":
    main()
