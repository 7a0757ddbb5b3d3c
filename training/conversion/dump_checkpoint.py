"""Copies the trained variables of both checkpoints into .npz files (TensorFlow environment).

`.cache/msd_variables.npz` then holds e.g. `conv2d/kernel` [7, 38, 1, 204]. Optimiser state is
left out. Everything after this step works without TensorFlow.
"""

import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from conversion.package import CACHE, CHECKPOINTS, PACKAGE

OPTIMISER = ("Adam", "beta1_power", "beta2_power")


def checkpoint_prefix(network: str) -> str:
    """A usable prefix: the package's is empty (`.index`), which TensorFlow cannot load."""
    name = CHECKPOINTS[network]
    prefix = CACHE / name
    for ending in ("index", "data-00000-of-00001"):
        shutil.copyfile(PACKAGE / "musicnn" / name / f".{ending}", f"{prefix}.{ending}")
    return str(prefix)


def main() -> None:
    for network in CHECKPOINTS:
        reader = tf.train.load_checkpoint(checkpoint_prefix(network))
        names = [n for n in sorted(reader.get_variable_to_shape_map())
                 if not any(part in n for part in OPTIMISER)]
        variables = {name: reader.get_tensor(name) for name in names}
        np.savez(CACHE / f"{network}_variables.npz", **variables)
        print(f"{network}: {len(names)} variables, "
              f"{sum(v.size for v in variables.values()):,} numbers")


if __name__ == "__main__":
    main()
