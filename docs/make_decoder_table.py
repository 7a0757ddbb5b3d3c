#!/usr/bin/env python3
"""Writes docs/decoder.md: the decoder on conformance streams and hostile files.

    docs/make_decoder_table.py SHARED_DIR

SHARED_DIR holds `mp3-vectors/` and `hostile-mp3/` (see the test `decoder`). The first table is what
that test prints, the second what `fma-genre check` says. Standard library only.
"""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTRO = """\
# The decoder on difficult files

Made by `docs/make_decoder_table.py`, from the test `decoder` and `fma-genre check`.

## Conformance streams

Layer III streams with their reference PCM (16 bit). The noise of a reference that was rounded to
16 bit is about 101 dB below full scale, so that is the most that can be seen; 96 dB is required.
The references of some streams lack the last frame, and that of `he_44_48khz` ends at the change of
sample rate, where this program goes on.

| stream | PSNR in dB | samples decoded | samples in the reference | frames | without reservoir | damaged |
|---|---:|---:|---:|---:|---:|---:|
"""
HOSTILE = """
## Damaged, lying and odd files

`ok`: classified. `warning`: classified, and a message tells what is wrong. `unusable`: the row is the
class prior, and a message tells why. The same files never end a run.

| file | status | seconds | Hz | channels | frames | damaged | remark |
|---|---|---:|---:|---:|---:|---:|---|
"""
LINE = re.compile(
    r"^(?P<name>\S+): (?P<psnr>\S+) dB, (?P<got>\d+) of (?P<want>\d+) samples, "
    r".*frames: (?P<frames>\d+), frames_without_reservoir: (?P<reservoir>\d+), "
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
        *"cargo test --release --locked --test decoder -- --nocapture conformance".split(),
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
         f["damaged_frames"], f["remark"])
        for f in csv.DictReader(io.StringIO(report))
    ]  # fmt: skip
    table = lambda lines: "".join(f"| {' | '.join(line)} |\n" for line in lines)  # noqa: E731
    (ROOT / "docs/decoder.md").write_text(INTRO + table(rows) + HOSTILE + table(findings))
    print(f"docs/decoder.md: {len(rows)} streams, {len(findings)} files")


if __name__ == "__main__":
    main()
