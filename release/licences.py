#!/usr/bin/env python3
"""Copies the licence texts of all crates that are linked into the program.

usage: cargo metadata --locked --format-version 1 --filter-platform TARGET | release/licences.py FOLDER
"""

import json
import shutil
import sys
from pathlib import Path

NAMES = ("license", "licence", "copying", "notice", "copyright", "unlicense")


def linked(metadata):
    """The packages that the program is built from, without those of tests alone."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    queue, seen = [metadata["resolve"]["root"]], set()
    while queue:
        package = queue.pop()
        if package in seen:
            continue
        seen.add(package)
        for dependency in nodes[package]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                queue.append(dependency["pkg"])
    seen.discard(metadata["resolve"]["root"])
    return sorted((p for p in metadata["packages"] if p["id"] in seen), key=lambda p: (p["name"], p["version"]))


def main():
    target = Path(sys.argv[1])
    metadata = json.load(sys.stdin)
    lines = []
    for package in linked(metadata):
        name = f"{package['name']}-{package['version']}"
        source = Path(package["manifest_path"]).parent
        texts = sorted(f for f in source.iterdir() if f.is_file() and f.name.lower().startswith(NAMES))
        for text in texts:
            (target / name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, target / name / text.name)
        lines.append(f"{name}\t{package['license'] or 'see its files'}\t{'' if texts else 'no text in the crate'}".rstrip())
    target.mkdir(parents=True, exist_ok=True)
    (target / "CRATES.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
