#!/usr/bin/env bash
# Measures fma-genre and its peers on the same 50 clips, in turns: benches/results/peers.json.
# Usage: benches/peers/run.sh [--quick] [CLIPS_DIR]   (default: clips made of examples/)
set -euo pipefail
cd "$(dirname "$0")/.."
peers/setup.sh
PYTHONPATH=. exec peers/.venv/bin/python peers/run.py "$@"
