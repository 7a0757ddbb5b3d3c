#!/usr/bin/env python3
"""Kills the program at random moments and looks at what is left.

usage: benches/kills.py target/release/fma-genre [--kills 200] [--seed 1]

Each of `predict`, `classify` and `tag --write` is killed (SIGKILL) so many times, at moments drawn evenly over what an
undisturbed run takes. Asked after every kill: is the output absent, old or complete; is every file that was to be tagged as it was,
or as it is when it is done; and after the next run that is left alone: does anything lie around that was not there before.
Raw results: benches/results/kills.json.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIPS = sorted((ROOT / "examples").glob("*.mp3"))
OLD = b"file_id,what an earlier run wrote\n"


def killed(command, moment):
    """Whether the program was still there to be killed."""
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    program.kill()
    return program.wait() == -signal.SIGKILL


def undisturbed(command):
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - start


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def outputs(command, suffix, folder, program, kills, rng):
    """`predict` or `classify`: what the output is after a kill."""
    songs, out = folder / "in", folder / f"out.{suffix}"
    arguments = [program, command, songs, "-o", out, "-q", "--force"]
    seconds = undisturbed(arguments)
    complete = out.read_bytes()
    found = Counter()
    while found["killed"] < kills:
        has_old = found["killed"] % 2 == 0
        if has_old:
            out.write_bytes(OLD)
        else:
            out.unlink(missing_ok=True)
        found["killed" if killed(arguments, rng.uniform(0, seconds)) else "had ended"] += 1
        content = out.read_bytes() if out.exists() else None
        if content == complete:
            found["complete"] += 1
        elif content is None and not has_old:
            found["absent"] += 1
        elif content == OLD and has_old:
            found["old"] += 1
        else:
            found["partial"] += 1
    # Two more that nobody disturbs: the first may find a journal to begin anew, the second finds a tidy folder.
    undisturbed(arguments)
    found["differs after a run that is left alone"] = int(out.read_bytes() != complete)
    found["left behind"] = len(set(names(folder)) - {"in", out.name})
    return dict(found)


def tags(folder, program, kills, rng):
    songs = folder / "in"
    before = {p.name: p.read_bytes() for p in songs.iterdir()}
    results = folder / "results.jsonl"
    undisturbed([program, "classify", songs, "-o", results, "-q"])
    backup = folder / "backup.jsonl"
    arguments = [program, "tag", results, "--write", "--overwrite", "--min-probability", "0", "-q", "--backup", backup]
    seconds = undisturbed(arguments)
    after = {p.name: p.read_bytes() for p in songs.iterdir()}
    found = Counter()
    while found["killed"] < kills:
        for name, content in before.items():
            (songs / name).write_bytes(content)
        backup.unlink(missing_ok=True)
        undisturbed([program, "classify", songs, "-o", results, "-q", "--force"])
        found["killed" if killed(arguments, rng.uniform(0, seconds)) else "had ended"] += 1
        for name in before:
            content = (songs / name).read_bytes()
            kind = "old" if content == before[name] else "new" if content == after[name] else "torn"
            found[f"files {kind}"] += 1
        if backup.exists():
            subprocess.run([program, "tag", "--undo", backup, "-q"], capture_output=True, check=False)
        found["files that --undo did not give back"] += sum((songs / n).read_bytes() != c for n, c in before.items())
        found["left behind"] += len(set(names(songs)) - set(before))
    return dict(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program, rng = options.program.resolve(), random.Random(options.seed)
    result = {"kills": options.kills, "seed": options.seed}
    for what in ("predict", "classify", "tag"):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "in").mkdir()
            for clip in CLIPS:
                shutil.copy(clip, folder / "in" / clip.name)
            if what == "tag":
                result[what] = tags(folder, program, options.kills, rng)
            else:
                suffix = {"predict": "csv", "classify": "jsonl"}[what]
                result[what] = outputs(what, suffix, folder, program, options.kills, rng)
        print(what, json.dumps(result[what]), flush=True)
    (ROOT / "benches" / "results" / "kills.json").write_text(json.dumps(result, indent=1) + "\n")
    bad = ("partial", "differs after a run that is left alone", "left behind", "files torn", "files that --undo did not give back")
    sys.exit(any(counts.get(key, 0) for counts in list(result.values())[2:] for key in bad))


if __name__ == "__main__":
    main()
