#!/usr/bin/env bash
# Fits, calibrates, evaluates and exports the genre head.
# Usage: training/train.sh CLIPS_DIR [--networks MODEL_DIR] [--out MODEL_DIR] [--copies N]
#                          [--seed N] [--jobs N] [--without-librosa] ...
# CLIPS_DIR holds manifest.csv, or fma_metadata/tracks.csv and fma_medium/. Stages are resumed from
# training/.cache/head. One stage alone: cd training && .venv/bin/python -m head STAGE CLIPS_DIR
set -euo pipefail
if [ $# -lt 1 ] || [ "$1" = --help ]; then
    sed -n '2,6s/^# //p' "$0"
    exit 1
fi
clips="$(realpath "$1")"
shift
project="$(realpath "$(dirname "$0")/..")"
# Paths among the options are relative to where the user stands.
options=()
while [ $# -gt 0 ]; do
    options+=("$1")
    case "$1" in
        --networks | --out | --program | --cache | --report | --docs | --model-card | --beside)
            shift
            options+=("$(realpath -m "$1")")
            ;;
    esac
    shift
done

"$project/training/setup.sh"
cd "$project/training"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r head/requirements.txt
if [ ! -x "$project/target/release/fma-genre" ]; then
    (cd "$project" && cargo build --release --locked)
fi
# A fixed hash seed, and one thread per process (head/__init__.py): the same bytes on every run.
export PYTHONHASHSEED=0
exec .venv/bin/python -m head all "$clips" "${options[@]}"
