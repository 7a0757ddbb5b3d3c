"""Where the PyPI package `musicnn` is kept, and how it gets there.

Run as a module (`python -m conversion.package`) it downloads the wheel with pip, checks its
SHA-256 and unpacks it. Standard library only: both environments import this file.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

TRAINING = Path(__file__).resolve().parent.parent
CACHE = TRAINING / ".cache"
PACKAGE = CACHE / "musicnn-0.1.0"
WHEEL = "musicnn-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"

# Our short network name -> the package's name of checkpoint and model.
CHECKPOINTS = {"msd": "MSD_musicnn", "mtt": "MTT_musicnn"}


def fetch() -> Path:
    """Downloads (once) and unpacks the wheel; returns the folder that holds `musicnn/`."""
    wheel = CACHE / WHEEL
    if not wheel.exists():
        CACHE.mkdir(exist_ok=True)
        # The package pins ancient versions of numpy, hence --no-deps: only its files are wanted.
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
             "--no-deps", "--dest", str(CACHE), "musicnn==0.1.0"],
            check=True,
        )
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise SystemExit(f"{wheel}: SHA-256 is {found}, expected {WHEEL_SHA256}")
    if not PACKAGE.exists():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(PACKAGE)
    return PACKAGE


def tags(network: str) -> list[str]:
    """The package's tag names of `network` ("msd" or "mtt"), in output order."""
    namespace: dict = {}
    exec((PACKAGE / "musicnn" / "configuration.py").read_text(), namespace)
    return namespace[f"{network.upper()}_LABELS"]


if __name__ == "__main__":
    print(fetch())
