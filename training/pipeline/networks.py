"""The front networks under onnxruntime, patch by patch."""

from pathlib import Path

import numpy as np
import onnxruntime

# In the order of a patch's features. The last is missing where model.json says "pooled": 0.
OUTPUTS = ("tag_logits", "embedding", "pooled")


class Network:
    """One ONNX file: `log_mel` [1, 187, 96] -> `tag_logits` [1, tags], `embedding` [1, units],
    `pooled` [1, channels]; `outputs` names those that are wanted."""

    def __init__(self, file: Path, threads: int = 1, outputs: tuple[str, ...] = OUTPUTS) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.outputs = list(outputs)
        self.session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"])

    @classmethod
    def of_model(cls, folder: Path, entry: dict, threads: int = 1) -> "Network":
        """The network of one entry of `networks` in a model folder's model.json."""
        return cls(folder / entry["file"], threads, OUTPUTS if entry["pooled"] else OUTPUTS[:-1])

    def run(self, patches: np.ndarray) -> tuple[np.ndarray, ...]:
        """[n, 187, 96] -> [n, values] per output."""
        outputs = [self.session.run(
            self.outputs, {"log_mel": patch[None].astype(np.float32, copy=False)})
            for patch in patches]
        return tuple(np.concatenate(part) for part in zip(*outputs))
