#!/usr/bin/env python3
"""Writes two tables of docs/decoder.md: the decoder on conformance streams and hostile files.

    docs/make_decoder_table.py SHARED_DIR

SHARED_DIR holds `mp3-vectors/` and `hostile-mp3/` (see the test `decoder`). The first table is what
that test prints, the second what `fma-genre check` says. The third, of lost sync, is make_sync_table.py's. Standard
library only.
"""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

from marked_tables import write_between_markers

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "decoder.md"
STREAMS = """\
| stream | PSNR in dB | samples decoded | samples in the reference | frames | without reservoir | damaged |
|---|---:|---:|---:|---:|---:|---:|
"""
FILES = """\
| file | status | seconds | Hz | channels | frames | damaged | bytes skipped | remark |
|---|---|---:|---:|---:|---:|---:|---:|---|
"""
LINE = re.compile(
    r"^(?P<name>\S+): (?P<psnr>\S+) dB, (?P<got>\d+) of (?P<want>\d+) samples, "
    r".*\bframes: (?P<frames>\d+), frames_passed_over: \d+, frames_without_reservoir: (?P<reservoir>\d+), "
    r"frames_damaged: (?P<damaged>\d+),",
    re.MULTILINE,
)


def run(*command: str, **environment: str) -> str:
    env = os.environ | environment
    result = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return result.stdout


def main() -> None:
    shared = Path(sys.argv[1]).resolve()
    printed = run(
        *"cargo test --release --locked --test decoder -- --nocapture --include-ignored conformance".split(),
        FMA_GENRE_SHARED=str(shared),
    )
    rows = []
    for match in LINE.finditer(printed):
        psnr = {"NaN": "no audio expected", "300.0": "identical"}.get(match["psnr"], match["psnr"])
        rows.append((match["name"], psnr, *match.group("got", "want", "frames", "reservoir", "damaged")))
    if not rows:
        sys.exit("the decoder test printed no streams; is SHARED_DIR right?")
    report = run("target/release/fma-genre", "check", str(shared / "hostile-mp3"), "--quiet")
    findings = [
        (f["file"], f["status"], f["seconds"], f["sample_rate"], f["channels"], f["frames"],
         f["damaged_frames"], f["skipped_bytes"], f["remark"])
        for f in csv.DictReader(io.StringIO(report))
    ]  # fmt: skip
    for name, head, body in (("streams", STREAMS, rows), ("files", FILES, findings)):
        lines = [f"| {' | '.join(line)} |" for line in body]
        write_between_markers(DOCUMENT, name, head.splitlines() + lines)
    print(f"docs/decoder.md: {len(rows)} streams, {len(findings)} files")


if __name__ == "__main__":
    main()
