"""The front networks under onnxruntime, patch by patch."""

from pathlib import Path

import numpy as np
import onnxruntime


class Network:
    """One ONNX file: `log_mel` [1, 187, 96] -> `tag_logits` [1, tags], `embedding` [1, units]."""

    def __init__(self, file: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"])

    def run(self, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """[n, 187, 96] -> ([n, tags], [n, units])."""
        outputs = [self.session.run(["tag_logits", "embedding"], {"log_mel": patch[None]})
                   for patch in patches.astype(np.float32, copy=False)]
        return tuple(np.concatenate(part) for part in zip(*outputs))
