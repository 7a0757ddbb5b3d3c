#!/usr/bin/env python3
"""Checks a predictions CSV against the folder it was made from.

Independent of the program on purpose: only the standard library, and the contract's rules
written down a second time. Prints every violation (exit 1) or one line of praise (exit 0).

    check_csv.py PREDICTIONS.csv FOLDER [--distinct N]
"""

import argparse
import collections
import csv
import math
import os
import sys

GENRES = [
    "Blues", "Classical", "Country", "Easy Listening", "Electronic", "Experimental",
    "Folk", "Hip-Hop", "Instrumental", "International", "Jazz", "Old-Time / Historic",
    "Pop", "Rock", "Soul-RnB", "Spoken",
]  # fmt: skip
SUM_TOLERANCE = 1e-6


def mp3_paths(folder, below=b"", ancestors=()):
    """Relative paths (bytes) of the mp3s: any case, subfolders and links followed, loops not."""
    real = os.path.realpath(os.path.join(folder, below))
    if real in ancestors:
        return
    for name in os.listdir(os.path.join(folder, below)):
        path = os.path.join(below, name)
        if os.path.isdir(os.path.join(folder, path)):
            yield from mp3_paths(folder, path, (*ancestors, real))
        elif len(name) > 4 and name.lower().endswith(b".mp3") and not name.startswith(b"._"):
            yield path


def expected_ids(paths):
    """The file name without its ending; shared ones: the path without, then with its ending."""
    level = dict.fromkeys(paths, 0)
    while True:
        ids = {path: (os.path.basename(path)[:-4], path[:-4], path)[level[path]] for path in paths}
        count = collections.Counter(ids.values())
        shared = [path for path in paths if count[ids[path]] > 1]
        if not shared:
            return [ids[path] for path in paths]
        for path in shared:
            level[path] = min(level[path] + 1, 2)


def problems(rows, folder, distinct):
    """Yields what is wrong with the CSV's rows, the header included."""
    if not rows:
        yield "the file is empty"
        return
    if rows[0] != ["file_id", *GENRES]:
        yield f"header: {rows[0]}"

    paths = sorted(mp3_paths(os.fsencode(folder)))
    ids = [os.fsencode(row[0]) if row else b"" for row in rows[1:]]
    expected = expected_ids(paths)
    if ids != expected:
        for missing in sorted(set(expected) - set(ids)):
            yield f"no row for {missing}"
        for extra in sorted(set(ids) - set(expected)):
            yield f"a row for {extra}, which is no file's id"
        if sorted(ids) == sorted(expected):
            yield "the rows are not in the order of the paths' bytes"
        elif len(ids) != len(expected):
            yield f"{len(ids)} rows for {len(expected)} mp3s"

    for line, row in enumerate(rows[1:], start=2):
        if len(row) != 1 + len(GENRES):
            yield f"record {line}: {len(row)} fields"
            continue
        try:
            values = [float(field) for field in row[1:]]
        except ValueError as error:
            yield f"record {line}: {error}"
            continue
        if not all(math.isfinite(value) and 0.0 < value < 1.0 for value in values):
            yield f"record {line}: a value is not within (0, 1): {row[1:]}"
        elif abs(math.fsum(values) - 1.0) > SUM_TOLERANCE:
            yield f"record {line}: sum {math.fsum(values)!r}"

    found = len({tuple(row[1:]) for row in rows[1:]})
    if found < distinct:
        yield f"only {found} different rows, at least {distinct} wanted"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("folder")
    parser.add_argument(
        "--distinct", type=int, default=1, metavar="N", help="at least N different predictions"
    )
    options = parser.parse_args()

    # File names are bytes: whatever is not UTF-8 survives the way in and out.
    with open(options.csv, encoding="utf-8", errors="surrogateescape", newline="") as stream:
        rows = list(csv.reader(stream, strict=True))
    found = list(problems(rows, options.folder, options.distinct))
    for problem in found:
        print(problem.encode("utf-8", "backslashreplace").decode(), file=sys.stderr)
    if found:
        return 1
    print(f"{len(rows) - 1} rows, all well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
