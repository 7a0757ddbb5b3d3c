"""Pooled features per clip, from the patch features of `pipeline.extract`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

NETWORKS = ("msd", "mtt")  # those of musicnn
LAYERS = ("tags", "embedding", "pooled")  # of a network, in the order of its outputs


@dataclass
class PatchFeatures:
    """Patch features of many clips. `clip` [patches] gives the index of each patch's clip."""

    files: list[str]
    clip: np.ndarray
    blocks: dict[str, np.ndarray]  # "msd_tags" [patches, 50], "msd_embedding" [patches, 200], ...

    @classmethod
    def load(cls, path: Path) -> "PatchFeatures":
        with np.load(path) as data:
            arrays = {key: data[key] for key in data.files}
        files = [str(name) for name in arrays.pop("clip_file")]
        return cls(files, arrays.pop("clip"), arrays)

    def mean(self, block: str) -> np.ndarray:
        """[clips, width]: the mean over each clip's patches; NaN for a clip without any."""
        values = self.blocks[block]
        total = np.zeros((len(self.files), values.shape[1]))
        np.add.at(total, self.clip, values)
        count = np.bincount(self.clip, minlength=len(self.files))
        with np.errstate(invalid="ignore", divide="ignore"):
            return total / count[:, None]

    def mean_tags(self) -> np.ndarray:
        """[clips, 100]: mean tag logits of the msd network, then of the mtt network."""
        return np.concatenate([self.mean(f"{n}_tags") for n in NETWORKS], axis=1)
