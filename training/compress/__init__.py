"""Makes models/compact/msd_compact.onnx: the MSD network, cut down and distilled."""
