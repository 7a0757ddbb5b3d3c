"""The front networks under onnxruntime, patch by patch."""

from pathlib import Path

import numpy as np
import onnxruntime

from pipeline.front_end import spread

# In the order of a patch's features. The last is missing where model.json says "pooled": 0.
OUTPUTS = ("tag_logits", "embedding", "pooled")


class Network:
    """One ONNX file: `log_mel` [n, frames, bands] -> `tag_logits` [n, tags], `embedding` [n, units],
    `pooled` [n, channels]; `outputs` names those that are wanted. Of a patch it sees `windows`
    spectrograms, of a clip at most `patches` patches (by default all)."""

    def __init__(self, file: Path, threads: int = 1, outputs: tuple[str, ...] = OUTPUTS,
                 windows: int = 1, patches: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.outputs = list(outputs)
        self.windows = windows
        self.patches = patches
        self.session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"])
        # Whether the first axis is open.
        self.batches = not isinstance(self.session.get_inputs()[0].shape[0], int)

    @classmethod
    def of_model(cls, folder: Path, entry: dict, threads: int = 1) -> "Network":
        """The network of one entry of `networks` in a model folder's model.json."""
        return cls(folder / entry["file"], threads, OUTPUTS if entry["pooled"] else OUTPUTS[:-1],
                   entry["windows"], entry["patches"])

    def run(self, patches: np.ndarray) -> tuple[np.ndarray, ...]:
        """[n, 187, 96], or [n, windows, 96, 64] for a network with YAMNet's front end, -> [n, values]
        per output: the mean over the windows. Patches that it does not look at get the mean of the
        others."""
        chosen = spread(len(patches), self.patches or len(patches))
        inputs = patches[chosen].astype(np.float32, copy=False)
        if self.batches:
            # All windows at once, as the program does.
            found = self.session.run(
                self.outputs, {"log_mel": inputs.reshape(-1, *inputs.shape[-2:])})
        else:
            found = [np.concatenate(part) for part in zip(*(
                self.session.run(self.outputs, {"log_mel": patch[None]}) for patch in inputs))]
        outputs = []
        for part in found:
            means = part.reshape(len(chosen), self.windows, -1).mean(axis=1)
            rows = np.tile(means.mean(axis=0), (len(patches), 1))
            rows[chosen] = means
            outputs.append(rows)
        return tuple(outputs)
