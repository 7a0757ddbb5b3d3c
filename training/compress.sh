#!/usr/bin/env bash
# An experiment: models/musicnn/msd_musicnn.onnx -> .cache/compress/msd_student.onnx, a coarser
# network distilled from it, and reports/compression.json.
# Usage: training/compress.sh CLIPS...   (manifests with file,group,source, or folders of mp3s)
# Needs the checkpoints that convert.sh has unpacked. Can be interrupted and started again.
set -euo pipefail
[ $# -gt 0 ] || { sed -n 2,5p "$0"; exit 1; }
clips=()
for argument in "$@"; do clips+=("$(realpath "$argument")"); done
cd "$(dirname "$0")"
./setup.sh --tensorflow
cache=.cache/compress

[ -f "$cache/spectrograms.npz" ] || .venv/bin/python -m compress.spectrograms "${clips[@]}"
[ -f "$cache/lessons.npz" ] || .venv/bin/python -m compress.teach
.venv-tensorflow/bin/python -m compress.distill
.venv/bin/python -m compress.finish
