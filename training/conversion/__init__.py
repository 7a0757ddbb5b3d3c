"""Turns the two musicnn checkpoints of the PyPI package into ONNX, and proves it."""
