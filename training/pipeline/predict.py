"""mp3 to 16 probabilities with librosa and onnxruntime: the whole program once more, for checks.

Silences are not cut out: it is for clips that have none of half a second or more.
"""

from pathlib import Path

import numpy as np
import onnxruntime

from pipeline import front_end, model_folder, recording, yamnet
from pipeline.networks import Network
from pipeline.posterior import posterior


class Predictor:
    """A model folder, loaded."""

    def __init__(self, folder: Path) -> None:
        self.manifest = model_folder.read(folder)
        self.networks = [Network.of_model(folder, entry) for entry in self.manifest["networks"]]
        self.head = onnxruntime.InferenceSession(
            str(folder / self.manifest["head"]["file"]), providers=["CPUExecutionProvider"])

    def inputs(self, samples: np.ndarray) -> list[np.ndarray]:
        """Per network, the spectrograms of the patches [patches, ...] of mono samples at 16 kHz that are loud
        enough."""
        frames, most = (self.manifest["patch"][key] for key in ("frames", "max_patches"))
        return [front_end.patches(samples, most, frames) if entry["front_end"] == "musicnn"
                else yamnet.patch_windows(samples, most, entry["windows"], frames)
                for entry in self.manifest["networks"]]

    def raised(self, samples: np.ndarray) -> np.ndarray:
        """The samples, louder if the mean level of their patches is below the least one of the model."""
        frames, most = (self.manifest["patch"][key] for key in ("frames", "max_patches"))
        heard = front_end.patch_samples(samples, most, frames)
        level = 10 * np.log10(np.mean(np.concatenate(heard).astype(np.float64) ** 2))
        gain_db = max(0.0, self.manifest["level"]["min_dbfs"] - level)
        return (samples * 10 ** (gain_db / 20)).astype(np.float32)

    def patch_features(self, inputs: list[np.ndarray]) -> np.ndarray:
        """[patches, features] of the networks' inputs, in the program's order."""
        parts = [part for network, patches in zip(self.networks, inputs)
                 for part in network.run(patches)]
        if self.manifest.get("recording"):
            log_mel = next(patches for patches, entry in zip(inputs, self.manifest["networks"])
                           if entry["front_end"] == "musicnn")
            parts.append(recording.per_patch(log_mel))
        return np.concatenate(parts, axis=1)

    def probabilities(self, features: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """[16] from patch features [patches, features]."""
        if self.manifest["head"]["pooling"] != ["mean"]:
            raise ValueError("only heads on means are supported")
        pooled = features.mean(axis=0, dtype=np.float64).astype(np.float32)
        logits = self.head.run(["logits"], {"features": pooled[None]})[0].astype(np.float64)
        return posterior(logits, prior, self.manifest["head"])[0]

    def predict(self, samples: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """[16] for mono samples at 16 kHz."""
        return self.probabilities(self.patch_features(self.inputs(self.raised(samples))), prior)
