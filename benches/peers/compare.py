"""Is it the same work? Compares what the peers wrote; prints JSON.

Usage: python compare.py OUTPUTS_FOLDER [FAILED_PEER...]
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

YAMNET_CLASSES = 521


def probabilities(file: Path) -> np.ndarray:
    """[clips, 16] of our CSV, which is sorted by path as the peers' clips are."""
    with file.open(newline="") as lines:
        _header, *rows = csv.reader(lines)
    return np.array([row[1:] for row in rows], float)


def difference(ours: np.ndarray, theirs: np.ndarray) -> dict:
    gap = np.abs(ours - theirs)
    return {
        "values": ours.size,
        "correlation": float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]),
        "mean_abs_difference": float(gap.mean()),
        "max_abs_difference": float(gap.max()),
    }


def main() -> None:
    folder, failed = Path(sys.argv[1]), sys.argv[2:]
    found = []

    def exists(*keys: str) -> bool:
        return not set(keys) & set(failed) and all(list(folder.glob(f"{k}-1.*")) for k in keys)

    for kind in ("default", "full"):
        if exists(f"ours-{kind}", f"onnxruntime-{kind}"):
            ours = probabilities(folder / f"ours-{kind}-1.csv")
            theirs = np.load(folder / f"onnxruntime-{kind}-1.npz")["probabilities"]
            same_top = ours.argmax(axis=1) == theirs.argmax(axis=1)
            found.append({"what": "probabilities", "ours": f"ours-{kind}",
                          "peer": f"onnxruntime-{kind}", "clips": len(ours),
                          "same_top_genre": int(same_top.sum()), **difference(ours, theirs)})
        if exists(f"onnxruntime-{kind}", f"shortcut-{kind}"):
            whole, parts = (np.load(folder / f"{peer}-{kind}-1.npz")["probabilities"]
                            for peer in ("onnxruntime", "shortcut"))
            same_top = whole.argmax(axis=1) == parts.argmax(axis=1)
            found.append({"what": "probabilities", "ours": f"onnxruntime-{kind}",
                          "peer": f"shortcut-{kind}", "clips": len(whole),
                          "same_top_genre": int(same_top.sum()), **difference(whole, parts)})
    if exists("onnxruntime-full", "exports-full"):
        with np.load(folder / "onnxruntime-full-1.npz") as data:
            onnx = data["features"]
        with np.load(folder / "exports-full-1.npz") as data:
            exports = data["features"]
        # Last in the export is what YAMNet says of its tags, which the program takes otherwise.
        musicnn = exports.shape[1] - YAMNET_CLASSES
        found.append({"what": "features before the head, of musicnn", "ours": "onnxruntime-full",
                      "peer": "exports-full", "clips": len(onnx),
                      **difference(onnx[:, :musicnn], exports[:, :musicnn])})
    # The full model's networks are the original ones; a compressed one's are not.
    full = "full" if exists("onnxruntime-full") else "default"
    if exists(f"onnxruntime-{full}", "tensorflow"):
        with np.load(folder / f"onnxruntime-{full}-1.npz") as data:
            onnx = data["features"]
        with np.load(folder / "tensorflow-1.npz") as data:
            original = data["features"]
        # The original pipeline has musicnn's networks alone, which come first: the means over
        # patches are all there is.
        onnx = onnx[:, :original.shape[1]]
        found.append({"what": "features before the head", "ours": f"onnxruntime-{full}",
                      "peer": "tensorflow", "clips": len(onnx), **difference(onnx, original)})
    print(json.dumps(found))


if __name__ == "__main__":
    main()
