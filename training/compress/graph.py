"""A network's numbers as a differentiable function (TensorFlow environment)."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from compress.student import to_arrays
from conversion.weights import Weights

TRAINED = ("kernel", "bias", "/a", "/c", "embedding_a", "embedding_c")


class Graph(tf.Module):
    def __init__(self, w: Weights) -> None:
        super().__init__()
        self.arrays = to_arrays(w)
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

    def front_end(self, patches: tf.Tensor) -> tf.Tensor:
        """[batch, 187, 96] -> [batch, 187, C]"""
        x = patches * float(self.arrays["input_a"]) + float(self.arrays["input_c"])
        return tf.concat([self.front(x[..., None], i) for i in range(5)], axis=2)

    def back_end(self, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Tag logits, embedding and pooled channels of a front end's output."""
        one = self.mid(features, 0)
        two = self.mid(one, 1) + one
        three = self.mid(two, 2) + two
        x = tf.concat([features, one, two, three], axis=2)
        pooled = tf.concat([tf.reduce_max(x, axis=1), tf.reduce_mean(x, axis=1)], axis=1)
        y = tf.nn.relu(pooled @ self.v["dense_kernel"] + self.v["dense_bias"])
        embedding = y * self.v["embedding_a"] + self.v["embedding_c"]
        return embedding @ self.v["tags_kernel"] + self.v["tags_bias"], embedding, pooled

    def __call__(self, patches: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return self.back_end(self.front_end(patches))

    def trained(self) -> dict[str, np.ndarray]:
        """What `student.from_arrays` reads."""
        result = {name: variable.numpy() for name, variable in self.v.items()}
        for i in range(5):
            sign = np.where(self.arrays[f"front{i}/a"] < 0, -1.0, 1.0)
            result[f"front{i}/a"] = np.abs(result[f"front{i}/a"]) * sign
        return self.arrays | result
