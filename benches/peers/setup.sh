#!/usr/bin/env bash
# Makes the Python 3.11 environments of the peers: .venv (librosa, onnxruntime, essentia and, for
# the plots, matplotlib) and .venv-tensorflow (librosa and the TensorFlow of the original network).
# Also unpacks the original musicnn package with its checkpoints, as training/convert.sh does.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3.11}"

make_environment() {  # folder, requirements file
    [ -x "$1/bin/python" ] || "$python" -m venv "$1"
    cmp -s "$2" "$1/installed.txt" && return
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2"
    cp "$2" "$1/installed.txt"
    echo "ready: benches/peers/$1"
}

make_environment .venv requirements.txt
make_environment .venv-tensorflow requirements-tensorflow.txt
cd ../../training
../benches/peers/.venv/bin/python -m conversion.package >/dev/null
# The original network's checkpoints, and which of its channels are on.
../benches/peers/.venv-tensorflow/bin/python -m conversion.dump_checkpoint >/dev/null
# The same networks as their makers' tools export them.
exports=../benches/.cache/exports
if [ ! -f "$exports/yamnet.onnx" ]; then
    ../benches/peers/.venv-tensorflow/bin/python ../benches/peers/export.py ../models/full "$exports" >/dev/null 2>&1
    ../benches/peers/.venv/bin/python ../benches/peers/export_yamnet.py "$exports"
fi
