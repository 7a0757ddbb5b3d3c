"""Compares the ONNX files with the original networks' outputs on real patches.

Prints the largest absolute differences, writes reports/conversion.json, and fails when one of
them reaches 1e-4.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from conversion.build_onnx import MODEL_FOLDER
from conversion.package import CACHE, CHECKPOINTS, TRAINING, WHEEL_SHA256
from pipeline.networks import Network

TOLERANCE = 1e-4
REPORT = TRAINING / "reports" / "conversion.json"


def compare(network: str, file: Path, patches: np.ndarray, reference) -> dict:
    logits, embedding = Network(file).run(patches)
    wanted_logits = reference[f"{network}_tag_logits"]
    wanted_embedding = reference[f"{network}_embedding"]
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "tag_logits_max_abs_difference": float(np.abs(logits - wanted_logits).max()),
        "embedding_max_abs_difference": float(np.abs(embedding - wanted_embedding).max()),
        # The scale of what is compared, so that the differences mean something.
        "tag_logits_range": [float(wanted_logits.min()), float(wanted_logits.max())],
        "embedding_range": [float(wanted_embedding.min()), float(wanted_embedding.max())],
        "tag_logits_deviation_over_patches": float(wanted_logits.std(axis=0).mean()),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_FOLDER
    patches = np.load(CACHE / "verification_patches.npy")
    reference = np.load(CACHE / "reference.npz")
    networks = {n: compare(n, folder / f"{n}_musicnn.onnx", patches, reference)
                for n in CHECKPOINTS}
    report = {
        "patches": len(patches),
        "tolerance": TOLERANCE,
        "musicnn_wheel_sha256": WHEEL_SHA256,
        "tensorflow": str(reference["tensorflow_version"]),
        "onnxruntime": onnxruntime.__version__,
        "networks": networks,
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    worst = max(v for n in networks.values() for k, v in n.items() if k.endswith("difference"))
    if not worst < TOLERANCE:
        raise SystemExit(f"largest difference {worst:.2e} is not below {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
