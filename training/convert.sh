#!/usr/bin/env bash
# musicnn checkpoints -> models/full/{msd,mtt}_musicnn.onnx, compared with TensorFlow;
# YAMNet -> models/{full,compact}/yamnet.onnx, compared with the export that it comes from.
# Usage: training/convert.sh [CLIPS_DIR]   (default: the project's examples/)
set -euo pipefail
clips="$(realpath "${1:-$(dirname "$0")/../examples}")"
cd "$(dirname "$0")"
./setup.sh --tensorflow
py=.venv/bin/python
tf=.venv-tensorflow/bin/python

$py -m conversion.package
$tf -m conversion.dump_checkpoint
$py -m conversion.build_onnx
$py -m conversion.collect_patches "$clips"
$tf -m conversion.reference
$py -m conversion.verify
$py -m conversion.build_yamnet
$py -m conversion.verify_yamnet "$clips"
