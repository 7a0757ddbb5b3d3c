"""The genre head: from labelled clips to head.onnx, model.json and their tables.

`python -m head STAGE ...` runs one stage, `training/train.sh` all of them. The order:

clips      who is labelled what, from a manifest or from the FMA metadata
augment    degraded copies of the clips, as mp3 files in the cache
embed      features of clips and copies, from the program itself
evaluate   source-held-out predictions of every candidate head
export     the winner, fitted to everything: head.onnx and model.json
card       tables of models/README.md, docs/model-evaluation.md, docs/reliability.png
"""

import os

# Before numpy is imported: sums over several threads differ in their last bits from run to run.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
