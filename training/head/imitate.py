"""Tags of one network as linear functions of what another computes: the imitated tags.

The MTT network names what the MSD network has no tag for (classical, opera, Indian music, voices),
but costs five times as much. What the MSD network computes anyway tells most of it: ridge regression of
the MTT tag logits on all layers of the MSD network, patch by patch, on all clips and their copies
with or without label, is one matrix more at the end of the network. No genre label plays a part.

`write` makes such a network of a teacher's folder. A head that is evaluated on the same clips must not
see tags that were fitted to the clip at hand: `cross_fitted` gives every recording the tags of a
regression that saw nothing of its fold.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from head import single_network
from head.embed import Column, Networks
from head.knowledge import LEAST_DEVIATION
from head.regression import Linear

# Share of the features' variance that is added to its diagonal.
RIDGE = 0.01


def fit(x: np.ndarray, y: np.ndarray) -> Linear:
    """Ridge regression of `y` [n, tags] on standardised `x` [n, features], for `x` as it is."""
    mean, centre = x.mean(axis=0), y.mean(axis=0)
    deviation = np.maximum(x.std(axis=0), LEAST_DEVIATION)
    z = (x - mean) / deviation
    gram = z.T @ z / len(z) + RIDGE * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, z.T @ (y - centre) / len(z)) / deviation[:, None]
    return Linear(weights, centre - mean @ weights)


@dataclass(frozen=True)
class Lesson:
    """Which features of the teacher's folder are the student's own layers, and which the tags that it
    is to imitate."""

    own: np.ndarray
    tags: np.ndarray
    names: list[str]

    @classmethod
    def of(cls, columns: list[Column], student: str) -> "Lesson":
        own = [i for i, column in enumerate(columns) if column.network == student]
        tags = [i for i, column in enumerate(columns)
                if column.network != student and column.layer == "tag"]
        if not own or not tags:
            raise SystemExit(f"the folder to imitate must hold the network {student} and another")
        return cls(np.array(own), np.array(tags),
                   [f"{columns[i].network}:{columns[i].tag}" for i in tags])

    def fit(self, recordings: list[np.ndarray]) -> Linear:
        """`recordings`: the teacher's features [patches, features] of each."""
        patches = np.concatenate(recordings).astype(float)
        return fit(patches[:, self.own], patches[:, self.tags])


def cross_fitted(lesson: Lesson, teacher: dict[str, np.ndarray], student: dict[str, np.ndarray],
                 columns: list[Column], folds: dict[str, set[int]]) -> dict[str, np.ndarray]:
    """`student`'s features, which `columns` describe, with other imitated tags: those of a regression
    on recordings without the folds of the recording at hand (`folds`: those of its parents; empty:
    it is never held out). The two may have been cut into patches differently."""
    imitated = np.array([column.imitated for column in columns])
    models: dict[frozenset[int], Linear] = {}
    result = {}
    for name, patches in student.items():
        out = frozenset(folds[name])
        if out not in models:
            models[out] = lesson.fit([values for other, values in teacher.items()
                                      if not folds[other] & out])
        patches = patches.copy()
        patches[:, imitated] = models[out].logits(patches[:, ~imitated].astype(float))
        result[name] = patches
    return result


def quality(lesson: Lesson, teacher: dict[str, np.ndarray], folds: dict[str, set[int]],
            judged: set[str]) -> dict[str, float]:
    """Tag -> R2 over the patches of the `judged` recordings, each imitated by a regression without
    its fold."""
    wanted, found = [], []
    for fold in sorted(set().union(*folds.values())):
        model = lesson.fit([values for name, values in teacher.items() if fold not in folds[name]])
        held = np.concatenate([values for name, values in teacher.items()
                               if name in judged and folds[name] == {fold}])
        wanted.append(held[:, lesson.tags].astype(float))
        found.append(model.logits(held[:, lesson.own].astype(float)))
    y, wrong = np.concatenate(wanted), np.concatenate(found) - np.concatenate(wanted)
    r2 = 1 - (wrong ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    return dict(zip(lesson.names, map(float, r2)))


def extended(network: onnx.ModelProto, model: Linear) -> onnx.ModelProto:
    """The network with the imitated tags behind its own in `tag_logits`."""
    graph = network.graph
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = ["own_tags" if name == "tag_logits" else name for name in names]
        if node.name == "tag_logits":
            node.name = "own_tags"
    layers = ["own_tags"] + [output.name for output in graph.output if output.name != "tag_logits"]
    graph.initializer.extend([
        numpy_helper.from_array(model.weights.astype(np.float32), "imitated_w"),
        numpy_helper.from_array(model.bias.astype(np.float32), "imitated_b")])
    graph.node.extend([
        helper.make_node("Concat", layers, ["layers"], name="layers", axis=1),
        helper.make_node("Gemm", ["layers", "imitated_w", "imitated_b"], ["imitated_tags"],
                         name="imitated_tags"),
        helper.make_node("Concat", ["own_tags", "imitated_tags"], ["tag_logits"],
                         name="tag_logits", axis=1)])
    for output in graph.output:
        if output.name == "tag_logits":
            output.type.tensor_type.shape.dim[1].dim_value += len(model.bias)
    onnx.checker.check_model(network, full_check=True)
    return network


def write(lesson: Lesson, model: Linear, teacher: Networks, student: Networks) -> None:
    """Puts the extended network and its tags into the student's folder. If that changes it, its head
    no longer fits: it becomes one that knows nothing."""
    manifest = student.manifest
    (entry,) = manifest["networks"]
    (source,) = [n for n in teacher.manifest["networks"] if n["name"] == entry["name"]]
    network = extended(onnx.load(teacher.folder / source["file"]), model)
    serialized = network.SerializeToString(deterministic=True)
    path = student.folder / entry["file"]
    tags = source["tags"] + lesson.names
    if entry["tags"] == tags and path.read_bytes() == serialized:
        return
    entry["tags"] = tags
    path.write_bytes(serialized)
    single_network.write_untrained(student.folder, manifest)


def student_name(student: Networks) -> str:
    """The one network of a folder that imitates."""
    if len(student.manifest["networks"]) != 1:
        raise SystemExit(f"{student.folder} must hold one network to imitate another")
    return student.manifest["networks"][0]["name"]

