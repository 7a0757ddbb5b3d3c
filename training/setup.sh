#!/usr/bin/env bash
# Makes the Python 3.11 environments of this folder: .venv always, .venv-tensorflow
# only with --tensorflow (1.3 GB; needed by convert.sh alone).
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3.11}"

make_environment() {  # folder, requirements file
    [ -x "$1/bin/python" ] || "$python" -m venv "$1"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$2"
    echo "ready: training/$1"
}

make_environment .venv requirements.txt
if [ "${1:-}" = --tensorflow ]; then
    make_environment .venv-tensorflow requirements-tensorflow.txt
fi
