"""The first head: genres from tags by a hand-written matrix, without training."""
