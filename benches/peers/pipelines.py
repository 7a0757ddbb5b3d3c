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
# Where export.py puts the networks as their makers' tools export them.
EXPORTS = Path(__file__).resolve().parents[1] / ".cache" / "exports"

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
        self.least_level = manifest["level"]["min_dbfs"]

    def samples(self, path: Path, clock: Clock) -> np.ndarray:
        samples = self.front_end.load_audio(path)
        clock.stage("load")
        return samples * self.gain(
            self.front_end.patch_samples(samples, self.cut["max_patches"], self.cut["frames"]))

    def gain(self, heard: list[np.ndarray]) -> np.float32:
        """What the program multiplies clips with whose patches, here their samples, are quiet."""
        level = 10 * np.log10(np.mean(np.concatenate(heard) ** 2) + 1e-12)
        return np.float32(10 ** (max(0.0, self.least_level - level) / 20))

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

    def inputs(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        """By front end, the spectrograms of all patches."""
        samples = self.samples(path, clock)
        inputs = {"musicnn": self.patches(samples, clock)}
        for entry in self.manifest["networks"]:
            if entry["front_end"] == "yamnet":
                inputs["yamnet"] = self.windows(samples, entry["windows"], clock)
        return inputs

    def __call__(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        from pipeline.genres import FMA_PRIOR
        from pipeline.posterior import posterior
        inputs = self.inputs(path, clock)
        parts = [part for network, entry in zip(self.networks, self.manifest["networks"])
                 for part in network.run(inputs[entry["front_end"]])]
        if self.manifest.get("recording"):
            from pipeline import recording
            parts.append(recording.per_patch(inputs["musicnn"]))
        features = np.concatenate(parts, axis=1)
        clock.stage("network")
        features = pooled(features, self.manifest["head"]["pooling"])
        logits = self.head.run(["logits"], {"features": features[None].astype(np.float32)})[0]
        probabilities = posterior(logits, FMA_PRIOR, self.manifest["head"])[0]
        clock.stage("head")
        return {"features": features, "probabilities": probabilities}


class Shortcut(OnnxRuntime):
    """The same with this program's shortcut: libsndfile seeks, so that only what the patches need is decoded,
    resampled and transformed."""

    # Resampled on either side of a patch, in frames of the log-mel: more than soxr's filter and an STFT window.
    MARGIN = 8

    def inputs(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        import soundfile
        import soxr
        front_end, length = self.front_end, self.cut["frames"]
        hop, rate = front_end.HOP, front_end.SAMPLE_RATE
        windows = next((entry["windows"] for entry in self.manifest["networks"]
                        if entry["front_end"] == "yamnet"), 0)
        parts: list[tuple[np.ndarray, int]] = []  # samples, and in which frame of theirs the patch begins
        with soundfile.SoundFile(path) as file:
            # Cuts are made where a sample of the file falls on one at 16 kHz.
            divisor = np.gcd(file.samplerate, rate)
            step, step_out = file.samplerate // divisor, rate // divisor
            samples = file.frames * step_out // step
            for start in front_end.patch_starts(1 + samples // hop, self.cut["max_patches"], length):
                first = max(0, (start - self.MARGIN) * hop) // step_out
                last = -(-(start + length + self.MARGIN) * hop // step_out)
                file.seek(first * step)
                part = file.read((last - first) * step, dtype="float32", always_2d=True)
                part = soxr.resample(part.mean(axis=1), file.samplerate, rate)
                # Begins where a frame does.
                offset = -first * step_out % hop
                parts.append((part[offset:], start - (first * step_out + offset) // hop))
        clock.stage("load")
        half = front_end.N_FFT // 2
        gain = self.gain([part[max(0, frame * hop - half):(frame + length - 1) * hop + half]
                          for part, frame in parts])
        found = {"musicnn": [], "yamnet": []}
        for part, frame in parts:
            part = part * gain
            found["musicnn"].append(front_end.log_mel(part)[frame:frame + length])
            found["yamnet"].append(np.stack([
                self.yamnet.log_mel(part[at:at + self.yamnet.WINDOW_SAMPLES])
                for at in (frame * hop + w for w in self.yamnet.window_starts(windows, length))]))
        clock.stage("log-mel")
        return {name: np.stack(patches) for name, patches in found.items()}


class MakersExports(_LogMelPatches):
    """librosa, and the original networks under onnxruntime as their makers' tools export them (export.py): musicnn
    with all its channels through tf2onnx, YAMNet in the package's own export without its 8-bit activations.
    onnxruntime optimises as it does by default."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        self.manifest = json.loads((folder / "model.json").read_text())
        super().__init__(self.manifest)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.networks = [
            (onnxruntime.InferenceSession(str(EXPORTS / f"{network['name']}.onnx"), options,
                                          providers=["CPUExecutionProvider"]), network)
            for network in self.manifest["networks"]]

    def __call__(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        samples = self.samples(path, clock)
        patches = self.patches(samples, clock)
        features = []
        for session, network in self.networks:
            name = session.get_inputs()[0].name
            if network["front_end"] == "yamnet":
                windows = self.windows(samples, network["windows"], clock)
                # The export takes one window at a time.
                features.append(np.concatenate([
                    session.run(None, {name: window[None, None]})[0]
                    for window in windows.reshape(-1, *windows.shape[-2:])]).mean(axis=0))
            else:
                features += [part.mean(axis=0) for part in session.run(None, {name: patches})]
            clock.stage("network")
        return {"features": np.concatenate(features)}


def originals(manifest: dict):
    """The original networks: the `musicnn` package's own graph code and checkpoints. For each network of the
    manifest that it has, its entry there and (graph, session, [logits, embedding, pooled], input)."""
    import tensorflow as tf
    from conversion.checkpoint import Checkpoint
    from conversion.package import CACHE, CHECKPOINTS, PACKAGE
    from conversion.weights import of_checkpoint
    sys.path.insert(0, str(PACKAGE))
    from musicnn import models
    tf.compat.v1.disable_eager_execution()
    bands = manifest["front_ends"]["musicnn"]["n_mels"]
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    # That its layers are of an old kind is known.
    warnings.filterwarnings("ignore", category=UserWarning, module="musicnn")
    for network in manifest["networks"]:
        if network["name"] not in CHECKPOINTS:
            continue  # YAMNet is no part of the original pipeline
        graph = tf.Graph()
        with graph.as_default():
            x = tf.compat.v1.placeholder(tf.float32, [None, manifest["patch"]["frames"], bands])
            name = CHECKPOINTS[network["name"]]
            logits, *_, mean_pool, max_pool, penultimate = models.define_model(
                x, False, name, num_classes=len(network["tags"]))
            outputs = [logits, penultimate]
            if network["pooled"]:
                # The original also pools the channels that are off.
                weights = of_checkpoint(Checkpoint(CACHE / f"{network['name']}_variables.npz"))
                outputs.append(tf.gather(tf.concat([max_pool, mean_pool], axis=1),
                                         weights.pooled_columns, axis=1))
            session = tf.compat.v1.Session(graph=graph, config=config)
            tf.compat.v1.train.Saver().restore(session, str(CACHE / name))
        yield network, (graph, session, outputs, x)


class TensorFlow(_LogMelPatches):
    """librosa, and the original networks in TensorFlow.

    The package builds the graph and reads the checkpoint anew for every file; here both are done
    once. It sends one patch at a time; here all patches of a clip go in one batch, which takes as
    long.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "model.json").read_text())
        super().__init__(self.manifest)
        self.networks = [(session, outputs, x)
                         for _, (_, session, outputs, x) in originals(self.manifest)]

    def __call__(self, path: Path, clock: Clock) -> dict[str, np.ndarray]:
        patches = self.patches(self.samples(path, clock), clock)
        features = np.concatenate(
            [part for session, outputs, x in self.networks
             for part in session.run(outputs, {x: patches})], axis=1)
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
    "shortcut": Shortcut,
    "exports": MakersExports,
    "tensorflow": TensorFlow,
    "tensorflow-one": OneTensorFlow,
    "essentia": Essentia,
}


def versions(name: str) -> dict[str, str]:
    """Of Python and the packages that do a pipeline's work."""
    from importlib.metadata import version
    packages = {
        "onnxruntime": ("onnxruntime", "librosa", "numpy", "soundfile", "soxr"),
        "shortcut": ("onnxruntime", "librosa", "numpy", "soundfile", "soxr"),
        "exports": ("onnxruntime", "librosa", "numpy", "soundfile", "soxr"),
        "tensorflow": ("tensorflow-cpu", "librosa", "numpy", "soundfile", "soxr"),
        "tensorflow-one": ("tensorflow-cpu", "librosa", "numpy", "soundfile", "soxr"),
        "essentia": ("essentia", "numpy"),
    }
    found = {package: version(package) for package in packages[name]}
    return {"python": ".".join(map(str, sys.version_info[:3]))} | found
