#!/usr/bin/env bash
# Installs the Python package into an environment of its own and tests it: python/test.sh [PYTEST ARGUMENTS]
# Needs Rust, the program in target/release, and Java 17 for Spark (installed on Debian if it is missing).
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname -- "$here")

if ! command -v java >/dev/null; then
    sudo=$([[ $(id -u) == 0 ]] || echo sudo)
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
        openjdk-17-jre-headless >/dev/null
fi

python3 -m venv "$here/.venv"
python=$here/.venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements-test.txt"
# Beside the program's own build, so that the networks' engine is compiled once.
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target} \
    "$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$here"

"$python" - <<'PYTHON'
import importlib.metadata
names = [str(path) for path in importlib.metadata.files("fma-genre")]
for part in ("LICENSE.txt", "NOTICE", "LICENSE-yamnet.txt", "LICENSE-musicnn.txt", "py.typed", "_native.pyi"):
    assert any(name.endswith(part) for name in names), f"the wheel lacks {part}"
PYTHON
(cd -- "$here" && "$python" -m mypy)
# Not from the package's folder: Python would take its sources for the package.
cd -- "$root" && "$python" -m pytest -q -c python/pyproject.toml --rootdir python "${@:-python/tests}"
