#!/usr/bin/env bash
# The small networks, models/compact/{msd,mtt}_small.onnx, distilled from the originals, and
# reports/compression.json. The folder's head is trained anew by train.sh afterwards.
# Usage: training/compress.sh CLIPS...   (manifests with file,group,source, or folders of mp3s)
# Needs the checkpoints that convert.sh has unpacked. Can be interrupted and started again.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0"; exit 1; }
clips=()
for argument in "$@"; do clips+=("$(realpath "$argument")"); done
cd "$(dirname "$0")"
./setup.sh --tensorflow
cache=.cache/compress
py=.venv/bin/python
tf=.venv-tensorflow/bin/python

[ -f "$cache/spectrograms.npz" ] || $py -m compress.spectrograms "${clips[@]}"
[ -f "$cache/patches.npz" ] || $py -m compress.lessons
for network in msd mtt; do
    [ -f "$cache/$network/answers.npz" ] || $py -m compress.teach $network
    [ -f "$cache/$network/importance.npz" ] || $tf -m compress.importance $network
    $tf -m compress.distill $network
done
$py -m compress.finish
