"""The peers: each turns an mp3 into genre features in a way of its own, in Python.

A pipeline is made in a worker process before the clock starts (imports, networks, buffers) and is
then called once per clip. Every library is held to one thread; work is spread over processes.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

# Before numpy and the others are imported: they read these once.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                 "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[variable] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402

TRAINING = Path(__file__).resolve().parents[2] / "training"
sys.path.insert(0, str(TRAINING))

STATISTICS = {
    "mean": lambda x: x.mean(axis=0),
    "max": lambda x: x.max(axis=0),
    "std": lambda x: x.std(axis=0),
}


class Clock:
    """Processor time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def stage(self, name: str) -> None:
        """What was done since the last call belongs to `name`."""
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now


def pooled(patches: np.ndarray, pooling: list[str]) -> np.ndarray:
    """[patches, values] -> [len(pooling) * values], as the program pools."""
    return np.concatenate([STATISTICS[name](patches) for name in pooling])


class _LogMelPatches:
    """The same patches for all networks: librosa's decoder and resampler, and each front end."""

    def __init__(self, manifest: dict) -> None:
        from pipeline import front_end, yamnet
        self.front_end, self.yamnet = front_end, yamnet
        self.cut = manifest["patch"]

    def samples(self, path: Path, clock: Clock) -> np.ndarray:
        samples = self.front_end.load_audio(path)
        clock.stage("load")
        return samples

    def patches(self, samples: np.ndarray, clock: Clock) -> np.ndarray:
        """[patches, frames, 96]"""
        patches = self.front_end.patches(samples, self.cut["max_patches"], self.cut["frames"])
        clock.stage("log-mel")
        return patches

    def windows(self, samples: np.ndarray, count: int, clock: Clock) -> np.ndarray:
        """[patches, count, 96, 64]"""
        windows = self.yamnet.patch_windows(samples, self.cut["max_patches"], count,
                                            self.cut["frames"])
        clock.stage("log-mel")
        return windows


class OnnxRuntime(_LogMelPatches):
    """librosa, and the program's own ONNX files under onnxruntime."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from pipeline.networks import Network
        self.manifest = json.loads((folder / "model.json").read_text())
        super().__init__(self.manifest)
        self.networks = [Network.of_model(folder, network, threads=1)
                         for network in self.manifest["networks"]]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.head = onnxruntime.InferenceSession(
            str(folder / self.manifest["head"]["file"]), options,
            providers=["CPUExecutionProvider"])

    def __call__(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        from pipeline.genres import FMA_PRIOR
        from pipeline.posterior import posterior
        samples = self.samples(path, clock)
        inputs = {"musicnn": self.patches(samples, clock)}
        for entry in self.manifest["networks"]:
            if entry["front_end"] == "yamnet":
                inputs["yamnet"] = self.windows(samples, entry["windows"], clock)
        features = np.concatenate(
            [part for network, entry in zip(self.networks, self.manifest["networks"])
             for part in network.run(inputs[entry["front_end"]])], axis=1)
        clock.stage("network")
        features = pooled(features, self.manifest["head"]["pooling"])
        logits = self.head.run(["logits"], {"features": features[None].astype(np.float32)})[0]
        probabilities = posterior(logits, FMA_PRIOR, self.manifest["head"])[0]
        clock.stage("head")
        return {"features": features, "probabilities": probabilities}


class TensorFlow(_LogMelPatches):
    """librosa, and the original networks: the package's own graph code and checkpoints.

    The package builds the graph and reads the checkpoint anew for every file; here both are done
    once. It sends one patch at a time; here all patches of a clip go in one batch, which takes as
    long.
    """

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf
        from conversion.checkpoint import Checkpoint
        from conversion.package import CACHE, CHECKPOINTS, PACKAGE
        from conversion.weights import of_checkpoint
        sys.path.insert(0, str(PACKAGE))
        from musicnn import models
        self.manifest = json.loads((folder / "model.json").read_text())
        super().__init__(self.manifest)
        tf.compat.v1.disable_eager_execution()
        bands = self.manifest["front_ends"]["musicnn"]["n_mels"]
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        # That its layers are of an old kind is known.
        warnings.filterwarnings("ignore", category=UserWarning, module="musicnn")
        self.networks = []
        for network in self.manifest["networks"]:
            if network["name"] not in CHECKPOINTS:
                continue  # YAMNet is no part of the original pipeline
            graph = tf.Graph()
            with graph.as_default():
                x = tf.compat.v1.placeholder(
                    tf.float32, [None, self.manifest["patch"]["frames"], bands])
                is_training = tf.compat.v1.placeholder(tf.bool)
                name = CHECKPOINTS[network["name"]]
                logits, *_, mean_pool, max_pool, penultimate = models.define_model(
                    x, is_training, name, num_classes=len(network["tags"]))
                outputs = [logits, penultimate]
                if network["pooled"]:
                    # The original also pools the channels that are off.
                    weights = of_checkpoint(Checkpoint(CACHE / f"{network['name']}_variables.npz"))
                    outputs.append(tf.gather(tf.concat([max_pool, mean_pool], axis=1),
                                             weights.pooled_columns, axis=1))
                session = tf.compat.v1.Session(graph=graph, config=config)
                tf.compat.v1.train.Saver().restore(session, str(CACHE / name))
            self.networks.append((session, outputs, x, is_training))

    def __call__(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        patches = self.patches(self.samples(path, clock), clock)
        features = np.concatenate(
            [part for session, outputs, x, is_training in self.networks
             for part in session.run(outputs, {x: patches, is_training: False})], axis=1)
        clock.stage("network")
        return {"features": pooled(features, self.manifest["head"]["pooling"])}


class OneTensorFlow(TensorFlow):
    """As above with the first network alone (trained on the Million Song Dataset)."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for session, *_ in self.networks[1:]:
            session.close()
        del self.networks[1:]


class Essentia:
    """Essentia's MusicExtractor: hand-made descriptors, no network. Another kind of work; it is here
    because two of the challenge's entries began like this."""

    def __init__(self, _folder: Path) -> None:
        import essentia
        essentia.log.infoActive = essentia.log.warningActive = False
        from essentia.standard import MusicExtractor
        self.extract = MusicExtractor()

    def __call__(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        pool, _ = self.extract(str(path))
        clock.stage("descriptors")
        return {"features": np.float32([pool[name] for name in sorted(pool.descriptorNames())
                                        if isinstance(pool[name], float)])}


PIPELINES = {
    "onnxruntime": OnnxRuntime,
    "tensorflow": TensorFlow,
    "tensorflow-one": OneTensorFlow,
    "essentia": Essentia,
}


def versions(name: str) -> dict[str, str]:
    """Of Python and the packages that do a pipeline's work."""
    from importlib.metadata import version
    packages = {
        "onnxruntime": ("onnxruntime", "librosa", "numpy", "soundfile", "soxr"),
        "tensorflow": ("tensorflow-cpu", "librosa", "numpy", "soundfile", "soxr"),
        "tensorflow-one": ("tensorflow-cpu", "librosa", "numpy", "soundfile", "soxr"),
        "essentia": ("essentia", "numpy"),
    }
    found = {package: version(package) for package in packages[name]}
    return {"python": ".".join(map(str, sys.version_info[:3]))} | found
