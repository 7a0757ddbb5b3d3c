"""Distils the teacher's answers into the student (TensorFlow environment).

Usage: python -m compress.distill NETWORK

The loss is the mean square error of tag logits, embedding and pooled channels, each dimension
divided by its variance over the lessons. State is saved every SAVE steps, and a second call goes
on from there; the result does not depend on where it was interrupted. Writes
`.cache/compress/NETWORK/student.npz` and `training.json`.
"""

import json

import numpy as np
import tensorflow as tf

from compress import PATCHES, answers_of, network_argument, save_whole, student_of
from compress.graph import Graph
from compress.student import initial, teacher

STEPS = {"msd": 12_000, "mtt": 12_000}
SAVE = 200
BATCH = 16
# Reached after WARM_UP steps, falls to 0 as a cosine.
LEARNING_RATES = {"msd": 1e-4, "mtt": 5e-4}
WARM_UP = 200  # Adam's first steps are as large as its last and would undo what the student knows
OUTPUTS = ("tag_logits", "embedding", "pooled")
EMBEDDING, POOLED = 0.5, 0.25  # weights of these against the tags
SEED = 7
THREADS = 2


def r2(wanted: np.ndarray, found: np.ndarray) -> float:
    varies = wanted.var(axis=0) > 1e-6
    error = ((found - wanted) ** 2).mean(axis=0)[varies]
    return float((1 - error / wanted.var(axis=0)[varies]).mean())


def main() -> None:
    network = network_argument(__doc__)
    state, steps = student_of(network).parent, STEPS[network]
    log_file = state / "training.json"
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    weights = initial(network)
    with np.load(PATCHES) as file:
        patches = dict(file)
    with np.load(answers_of(network)) as file:
        answers = dict(file)
    own = np.isin(teacher(network).channels, weights.channels)
    answers["train_pooled"] = answers["train_pooled"][:, np.tile(own, 2)]
    wanted = [answers[f"train_{name}"] for name in OUTPUTS]
    variances = [values.var(axis=0) for values in wanted]
    scales = [tf.constant(1 / (v + 1e-3 * v.mean())) for v in variances]
    student = Graph(weights)
    rate = tf.Variable(0.0)
    optimiser = tf.keras.optimizers.legacy.Adam(rate)
    done = tf.Variable(0, dtype=tf.int64)
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(student=student, optimiser=optimiser, done=done),
        str(state / "state"), max_to_keep=1)

    @tf.function
    def learn(patches, *wanted):
        with tf.GradientTape() as tape:
            errors = [tf.reduce_mean((f - w) ** 2 * s)
                      for f, w, s in zip(student(patches), wanted, scales)]
            loss = errors[0] + EMBEDDING * errors[1] + POOLED * errors[2]
        variables = list(student.v.values())
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
        optimiser.apply_gradients(zip(gradients, variables))
        return loss

    forward = tf.function(student.__call__)

    def report(losses: list[float]) -> None:
        entry = {"step": int(done), "loss": float(np.mean(losses)) if losses else None}
        for kind in ("groups", "sources"):
            found = [forward(tf.constant(patches[kind][i:i + 100], tf.float32))
                     for i in range(0, len(patches[kind]), 100)]
            for k, name in enumerate(OUTPUTS[:2]):
                entry[f"{kind}_{name}_r2"] = r2(answers[f"{kind}_{name}"],
                                               np.concatenate([f[k] for f in found]))
        log.append(entry)
        log_file.write_text(json.dumps(log, indent=2) + "\n")
        print(entry, flush=True)

    log, losses = [], []
    if manager.restore_or_initialize() is None:
        report([])
    else:
        log = json.loads(log_file.read_text())
    per_epoch = len(patches["train"]) // BATCH
    while (step := int(done)) < steps:
        rate.assign(LEARNING_RATES[network] * min(1, (step + 1) / WARM_UP)
                    * 0.5 * (1 + np.cos(np.pi * step / steps)))
        epoch, i = divmod(step, per_epoch)
        order = np.random.default_rng([SEED, epoch]).permutation(len(patches["train"]))
        batch = np.sort(order[i * BATCH:(i + 1) * BATCH])
        losses.append(float(learn(tf.constant(patches["train"][batch], tf.float32),
                                  *(tf.constant(values[batch]) for values in wanted))))
        done.assign_add(1)
        if int(done) % SAVE == 0 or int(done) == steps:
            manager.save()
            save_whole(student_of(network), **student.trained())
            report(losses)
            losses = []


if __name__ == "__main__":
    main()
