"""YAMNet as the package that ships it exported it, all channels, with its own weights, and without its 8-bit
activations: OUT_FOLDER/yamnet.onnx.

Usage: .venv/bin/python export_yamnet.py OUT_FOLDER
"""

import sys
from pathlib import Path

import onnx

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))

from conversion.build_yamnet import export_of_package  # noqa: E402
from conversion.verify_yamnet import without_quantisers  # noqa: E402

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
onnx.save(without_quantisers(export_of_package()), out / "yamnet.onnx")
