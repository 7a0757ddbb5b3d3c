"""Distils the teacher's answers into the student (TensorFlow environment).

Usage: python -m compress.distill [CYCLES]     (default 1)

The loss is the mean square error of tag logits, embedding and pooled channels, each dimension
divided by its variance over the lessons. State is saved every SAVE steps, and a second call goes
on from there; on one thread the result does not depend on where it was interrupted. Writes
`.cache/compress/student.npz` and `training.json`.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from compress import FOLDER, save_whole
from compress.student import initial, to_arrays

LESSONS = FOLDER / "lessons.npz"
STUDENT = FOLDER / "student.npz"
STATE = FOLDER / "state"
LOG = FOLDER / "training.json"
CYCLES = 1
STEPS = 1000  # of a cycle
SAVE = 100
BATCH = 32
LEARNING_RATE = 1e-3  # falls to 0 as a cosine in every cycle, from half as much as in the last
HINT = 0.5  # weight of the pooled channels against tags and embedding
TRAINED = ("kernel", "bias", "/a", "/c", "embedding_a", "embedding_c")
SEED = 7


class Student(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.arrays = to_arrays(initial())
        self.v = {name: tf.Variable(value, dtype=tf.float32, name=name.replace("/", "_"))
                  for name, value in self.arrays.items() if name.endswith(TRAINED)}

    def front(self, x: tf.Tensor, i: int) -> tf.Tensor:
        """[batch, 187, 96, 1] -> [batch, frames, C]"""
        part = {k: self.v[f"front{i}/{k}"] for k in ("kernel", "bias", "a", "c")}
        taps = part["kernel"].shape[0]
        steps = [int(self.arrays[f"front{i}/{k}_step"]) for k in ("frame", "position")]
        x = tf.pad(x, [[0, 0], [(taps - 1) // 2, taps // 2], [0, 0], [0, 0]])
        sign = tf.constant(np.where(self.arrays[f"front{i}/a"] < 0, -1.0, 1.0), tf.float32)
        y = tf.nn.conv2d(x, (part["kernel"] * sign)[:, :, None, :], steps, "VALID")
        y = tf.nn.relu((tf.reduce_max(y, axis=2) + part["bias"] * sign) * sign)
        # The sign of `a` must stay what the graph's maximum was built for.
        return y * tf.abs(part["a"]) * sign + part["c"]

    def mid(self, x: tf.Tensor, i: int) -> tf.Tensor:
        bias = self.v[f"mid{i}/bias"]
        bias = tf.transpose(bias) if len(bias.shape) == 2 else bias
        y = tf.nn.relu(tf.nn.conv1d(x, self.v[f"mid{i}/kernel"], 1, "SAME") + bias)
        return y * self.v[f"mid{i}/a"] + self.v[f"mid{i}/c"]

    def __call__(self, patches: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        x = patches * float(self.arrays["input_a"]) + float(self.arrays["input_c"])
        features = tf.concat([self.front(x[..., None], i) for i in range(5)], axis=2)
        one = self.mid(features, 0)
        two = self.mid(one, 1) + one
        three = self.mid(two, 2) + two
        x = tf.concat([features, one, two, three], axis=2)
        pooled = tf.concat([tf.reduce_max(x, axis=1), tf.reduce_mean(x, axis=1)], axis=1)
        y = tf.nn.relu(pooled @ self.v["dense_kernel"] + self.v["dense_bias"])
        embedding = y * self.v["embedding_a"] + self.v["embedding_c"]
        return embedding @ self.v["tags_kernel"] + self.v["tags_bias"], embedding, pooled

    def save(self) -> None:
        trained = {name: variable.numpy() for name, variable in self.v.items()}
        for i in range(5):
            sign = np.where(self.arrays[f"front{i}/a"] < 0, -1.0, 1.0)
            trained[f"front{i}/a"] = np.abs(trained[f"front{i}/a"]) * sign
        save_whole(STUDENT, **(self.arrays | trained))


def r2(wanted: np.ndarray, found: np.ndarray) -> float:
    varies = wanted.var(axis=0) > 1e-6
    error = ((found - wanted) ** 2).mean(axis=0)[varies]
    return float((1 - error / wanted.var(axis=0)[varies]).mean())


def main() -> None:
    steps = STEPS * (int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with np.load(LESSONS) as file:
        data = dict(file)
    names = ("tag_logits", "embedding", "pooled")
    scales = [tf.constant(1 / (data[n].var(axis=0) + 1e-3 * data[n].var(axis=0).mean()))
              for n in names]
    student = Student()
    rate = tf.Variable(0.0)
    optimiser = tf.keras.optimizers.legacy.Adam(rate)
    done = tf.Variable(0, dtype=tf.int64)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(student=student, optimiser=optimiser, done=done), str(STATE),
        max_to_keep=1)

    @tf.function
    def learn(patches, *wanted):
        with tf.GradientTape() as tape:
            errors = [tf.reduce_mean((f - w) ** 2 * s)
                      for f, w, s in zip(student(patches), wanted, scales)]
            loss = errors[0] + errors[1] + HINT * errors[2]
        variables = list(student.v.values())
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
        optimiser.apply_gradients(zip(gradients, variables))
        return loss

    forward = tf.function(student.__call__)

    def report(losses: list[float]) -> None:
        entry = {"step": int(done), "loss": float(np.mean(losses)) if losses else None}
        for kind in ("groups", "sources"):
            patches = data[f"{kind}_patches"]
            found = [forward(tf.constant(patches[i:i + 100], tf.float32))[:2]
                     for i in range(0, len(patches), 100)]
            for k, name in enumerate(names[:2]):
                entry[f"{kind}_{name}_r2"] = r2(data[f"{kind}_{name}"],
                                               np.concatenate([f[k] for f in found]))
        log.append(entry)
        LOG.write_text(json.dumps(log, indent=2) + "\n")
        print(entry, flush=True)

    log, losses = [], []
    if manager.restore_or_initialize() is None:
        report([])
    else:
        log = json.loads(LOG.read_text())
    per_epoch = len(data["patches"]) // BATCH
    while (step := int(done)) < steps:
        cycle, place = divmod(step, STEPS)
        rate.assign(LEARNING_RATE / 2**cycle * 0.5 * (1 + np.cos(np.pi * place / STEPS)))
        epoch, i = divmod(step, per_epoch)
        order = np.random.default_rng([SEED, epoch]).permutation(len(data["patches"]))
        batch = np.sort(order[i * BATCH:(i + 1) * BATCH])
        losses.append(float(learn(tf.constant(data["patches"][batch], tf.float32),
                                  *(tf.constant(data[n][batch]) for n in names))))
        done.assign_add(1)
        if int(done) % SAVE == 0 or int(done) == steps:
            manager.save()
            student.save()
            report(losses)
            losses = []


if __name__ == "__main__":
    main()
