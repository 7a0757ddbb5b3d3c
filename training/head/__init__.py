"""The genre head: from labelled clips to head.onnx, model.json and their tables.

`python -m head STAGE ...` runs one stage, `training/train.sh` all of them. The order:

clips      who is labelled what, from a manifest or from the FMA metadata
augment    degraded copies of the clips, as mp3 files in the cache
embed      features of clips and copies, from the program itself
evaluate   source-held-out predictions of every candidate head
fit        the winner on everything, its temperature and floor
export     head.onnx and model.json
card       tables of models/README.md, docs/model-evaluation.md, docs/reliability.png
"""
