"""Compares the ONNX files with the original networks' outputs on real patches.

Prints the largest absolute differences, writes reports/conversion.json, and fails when one of
them reaches its tolerance.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from conversion.build_onnx import MODEL_FOLDER
from conversion.checkpoint import Checkpoint
from conversion.package import CACHE, CHECKPOINTS, MUSICNN, TRAINING
from conversion.weights import of_checkpoint
from pipeline.networks import OUTPUTS, Network

# Pooled channels reach 107, the others 12.
TOLERANCES = {"tag_logits": 1e-4, "embedding": 1e-4, "pooled": 1e-3}
REPORT = TRAINING / "reports" / "conversion.json"


def compare(network: str, file: Path, patches: np.ndarray, reference) -> dict:
    found = dict(zip(OUTPUTS, Network(file).run(patches)))
    wanted = {name: reference[f"{network}_{name}"] for name in OUTPUTS}
    # The original also pools the channels that are off.
    weights = of_checkpoint(Checkpoint(CACHE / f"{network}_variables.npz"))
    wanted["pooled"] = wanted["pooled"][:, weights.pooled_columns]
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        **{f"{name}_max_abs_difference": float(np.abs(found[name] - wanted[name]).max())
           for name in OUTPUTS},
        # The scale of what is compared, so that the differences mean something.
        **{f"{name}_range": [float(wanted[name].min()), float(wanted[name].max())]
           for name in OUTPUTS},
        "tag_logits_deviation_over_patches": float(wanted["tag_logits"].std(axis=0).mean()),
    }


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_FOLDER
    patches = np.load(CACHE / "verification_patches.npy")
    reference = np.load(CACHE / "reference.npz")
    networks = {n: compare(n, folder / f"{n}_musicnn.onnx", patches, reference)
                for n in CHECKPOINTS}
    report = {
        "patches": len(patches),
        "tolerances": TOLERANCES,
        "musicnn_wheel_sha256": MUSICNN.sha256,
        "tensorflow": str(reference["tensorflow_version"]),
        "onnxruntime": onnxruntime.__version__,
        "networks": networks,
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    for name, tolerance in TOLERANCES.items():
        worst = max(n[f"{name}_max_abs_difference"] for n in networks.values())
        if not worst < tolerance:
            raise SystemExit(f"{name}: largest difference {worst:.2e} is not below {tolerance:.0e}")


if __name__ == "__main__":
    main()
