#!/usr/bin/env python3
"""The same answers on other processors, and no memory errors.

usage: tests/peers/processors.py target/release/fma-genre

The program runs on processors that qemu-user emulates: with AVX2 (Haswell), with SSE alone (Nehalem), and, as this machine
has it, with what it has. Probabilities must agree within 1e-4. Then once under valgrind, which watches every access to memory, those of the
one unsafe call and of the engine's assembly included. Needs x86-64, qemu-x86_64 and valgrind (Debian: qemu-user, valgrind).
"""

import csv
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIPS = ["lincity-pronobozo.mp3", "city-blues-robert-van-herk.mp3"]
TOLERANCE = 1e-4
HASWELL = ["qemu-x86_64", "-cpu", "Haswell-v4"]
NEHALEM = ["qemu-x86_64", "-cpu", "Nehalem-v1"]
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=9"]
# Emulation is slow: two clips where it is quickest, one elsewhere.
RUNS = [
    ("compact", "Haswell, AVX2", HASWELL, 2),
    ("compact", "Nehalem, no AVX", NEHALEM, 2),
    ("full", "Haswell, AVX2", HASWELL, 1),
    ("full", "Nehalem, no AVX", NEHALEM, 1),
    ("compact", "valgrind", VALGRIND, 1),
]


def predict(program, model, folder, out, wrapper=()):
    command = [*wrapper, program, "predict", folder, "-o", out, "--model", model, "-q", "-j1", "--force"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    with open(out, newline="", encoding="utf-8") as file:
        return {row[0]: [float(p) for p in row[1:]] for row in list(csv.reader(file))[1:]}


def main():
    program = Path(sys.argv[1]).resolve()
    if platform.machine() != "x86_64":
        print(f"not tried on {platform.machine()}")
        return
    failed = False
    for model, name, wrapper, clips in RUNS:
        with tempfile.TemporaryDirectory() as scratch:
            folder, out = Path(scratch, "in"), Path(scratch, "out.csv")
            folder.mkdir()
            for clip in CLIPS[:clips]:
                shutil.copy(ROOT / "examples" / clip, folder)
            here = predict(program, model, folder, out)
            there = predict(program, model, folder, out, wrapper)
        worst = max(abs(a - b) for clip in here for a, b in zip(here[clip], there[clip], strict=True))
        ok = here.keys() == there.keys() and worst <= TOLERANCE
        failed |= not ok
        print(f"{'ok' if ok else 'FAILED'}: {model} on {name}: at most {worst:.1e} from this processor's", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
