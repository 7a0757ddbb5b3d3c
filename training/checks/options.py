"""The options that checks on labelled clips have in common."""

import argparse
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def of_clips(doc: str) -> argparse.Namespace:
    """`clips`, `program` and `jobs`; the help begins with the first line of `doc`."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--program", type=Path, default=PROJECT / "target" / "release" / "fma-genre")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()
