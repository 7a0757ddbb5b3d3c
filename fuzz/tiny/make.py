"""Makes the tiny model in this folder, which the fuzz target `model` damages: python3 make.py (needs onnx)."""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent
BANDS, FRAMES = 96, 8


def constant(name, values):
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def model(name, nodes, inputs, outputs, constants):
    def value(of):
        return helper.make_tensor_value_info(of[0], TensorProto.FLOAT, of[1])

    graph = helper.make_graph(nodes, name, list(map(value, inputs)), list(map(value, outputs)), constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(made, full_check=True)
    save(made, HERE / f"{name}.onnx")


rng = np.random.default_rng(1)
# A convolution per channel, a ReLU, a mean, two products: what the real networks are made of.
model(
    "network",
    [
        helper.make_node("Reshape", ["log_mel", "image_shape"], ["image"]),
        helper.make_node("Conv", ["image", "filters"], ["map"], kernel_shape=[3, 96]),
        helper.make_node("Relu", ["map"], ["active"]),
        helper.make_node("ReduceMean", ["active"], ["pooled"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["pooled", "to_tags"], ["tag_logits"]),
        helper.make_node("MatMul", ["pooled", "to_embedding"], ["embedding"]),
    ],
    [("log_mel", ["n", FRAMES, BANDS])],
    [("tag_logits", ["n", 2]), ("embedding", ["n", 3])],
    [
        numpy_helper.from_array(np.array([-1, 1, FRAMES, BANDS], np.int64), "image_shape"),
        constant("filters", rng.normal(size=(4, 1, 3, BANDS)) * 0.05),
        constant("to_tags", rng.normal(size=(4, 2))),
        constant("to_embedding", rng.normal(size=(4, 3))),
    ],
)
model(
    "head",
    [helper.make_node("Gemm", ["features", "weights", "bias"], ["logits"])],
    [("features", [1, 5])],
    [("logits", [1, 16])],
    [constant("weights", rng.normal(size=(5, 16))), constant("bias", np.zeros(16))],
)
bundled = json.loads((HERE / "../../models/compact/model.json").read_text())
bundled.update(name="tiny", patch={"frames": FRAMES, "max_patches": 2})
bundled["front_ends"] = {"musicnn": bundled["front_ends"]["musicnn"]}
bundled["networks"] = [
    {
        "name": "tiny",
        "file": "network.onnx",
        "front_end": "musicnn",
        "windows": 1,
        "patches": 2,
        "batch": 1,
        "tags": ["loud", "quiet"],
        "embedding": 3,
        "pooled": 0,
    }
]
bundled["head"].update(version="1", pooling=["mean"])
(HERE / "model.json").write_text(json.dumps(bundled, indent=1) + "\n")
