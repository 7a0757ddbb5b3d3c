#!/usr/bin/env python3
"""The same damaged mp3s through fma-genre, librosa (soundfile and audioread), ffmpeg and Symphonia.

usage: benches/peers/hostile.py target/release/fma-genre [--per-kind 20] [--seed 1] [--also FOLDER]

Makes files of 4 s, damaged as benches/mutations.py does, asks each program how long each file is, and counts: files that
got an answer, wrong durations, errors, crashes, and files that took more than 20 s. A duration is judged only where the damage takes nothing
away that should be heard (tags that lie, tags in mid-stream, ICY metadata, RIFF, a random tail, junk between frames, a
few wrong bits): it may differ from the intact piece's by 0.1 s. `--also` adds the mp3s of a
folder; their durations are not judged.

Needs ffmpeg, Rust, and a Python with librosa, soundfile and audioread (training/setup.sh makes one). Raw results:
benches/results/hostile.json; docs/make_reliability_tables.py makes the table of docs/reliability.md.
"""

import argparse
import json
import random
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches"))
import mutations  # noqa: E402

LIMIT = 20.0
SECONDS = 4.0
TOLERANCE = 0.1
KEEPS_ITS_LENGTH = {
    "bits flipped, 1e-6",
    "bits flipped, 1e-5",
    "junk inserted",
    "a Xing, Info or VBRI tag that lies",
    "an ID3 tag that lies about its size",
    "an ID3 tag in mid-stream",
    "cover art of sync words",
    "ICY metadata",
    "wrapped in RIFF",
    "an APEv2 tag in front",
    "a random tail",
}
LIBROSA = """
import sys, warnings
warnings.simplefilter("ignore")
import librosa
for line in sys.stdin:
    try:
        samples, rate = librosa.load(line.rstrip("\\n"), sr=None, mono=True)
        print(f"{len(samples) / rate:.4f}", flush=True)
    except Exception as error:
        print("error:", type(error).__name__, flush=True)
"""


def in_riff(_, data):
    """As an encoder writes it: MPEGLAYER3WAVEFORMAT, with the rate and channels of the first frame."""
    at = mutations.frames(data)[0][0]
    version, rate, mode = data[at + 1] >> 3 & 3, data[at + 2] >> 2 & 3, data[at + 3] >> 6
    hertz, channels = mutations.RATES[version][rate], 1 if mode == 3 else 2
    layout = struct.pack("<HHIIHHH HIHHH", 0x55, channels, hertz, 16_000, 1, 0, 12, 1, 2, 418, 1, 1393)
    body = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


class Worker:
    """A program that reads paths and answers each with a line; started anew when it ends or hangs."""

    def __init__(self, command):
        self.command, self.process = command, None

    def ask(self, path):
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT)
        answer = self.process.stdout.readline().strip() if ready else "hang"
        if answer in ("", "hang"):
            self.process.kill()
            self.process.wait()
            self.process = None
        return answer or "crash"


def ffmpeg(path):
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", "16000", "-f", "s16le", "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return "hang"
    if done.returncode < 0:
        return "crash"
    return f"{len(done.stdout) / 32000:.4f}" if done.stdout else "error: no audio"


def fma_genre(program, folder, out):
    """Every file at once, as it is meant to be used: path -> answer."""
    command = [program, "classify", folder, "-o", out, "-q", "--file-timeout", f"{LIMIT:.0f}s"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answers = {}
    if done.returncode == 0:
        for row in map(json.loads, out.read_text().splitlines()):
            seconds, remark = row["seconds"], row["remark"] or ""
            hung = "took longer" in remark
            unusable = row["status"] == "unusable" and not seconds
            answers[Path(row["path"]).name] = "hang" if hung else f"error: {remark}" if unusable else str(seconds or 0.0)
    return answers


def duration(data):
    """Seconds of audio in a tidy file: its frames but one with a Xing or Info tag."""
    total = 0.0
    for at, size in mutations.frames(data):
        version, rate = data[at + 1] >> 3 & 3, data[at + 2] >> 2 & 3
        if not any(tag in data[at : at + min(size, 64)] for tag in (b"Xing", b"Info")):
            total += (1152 if version == 3 else 576) / mutations.RATES[version][rate]
    return total


def make(folder, per_kind, seed):
    """Damaged files; name -> (kind, duration that is to be found, or None)."""
    mutations.SECONDS = SECONDS
    rng, files = random.Random(seed), {}
    bases = mutations.pieces()
    for kind, mutate in (mutations.MP3 | {"wrapped in RIFF": in_riff}).items():
        for number in range(per_kind):
            base = rng.choice(bases)
            seconds = duration(base)
            name = f"{re.sub('[^a-z0-9]+', '-', kind.lower())}-{number:02}.mp3"
            (folder / name).write_bytes(mutate(rng, base))
            files[name] = (kind, seconds if kind in KEEPS_ITS_LENGTH else None)
    return files


def tally(files, answers):
    counts = {"files": len(files), "answered": 0, "errors": 0, "crashes": 0, "hangs": 0, "judged": 0, "wrong durations": 0}
    wrong = {}
    for name, (kind, seconds) in files.items():
        answer = answers.get(name, "missing")
        if answer in ("crash", "hang"):
            counts["crashes" if answer == "crash" else "hangs"] += 1
        elif answer == "missing" or answer.startswith("error"):
            counts["errors"] += 1
        else:
            counts["answered"] += 1
        if seconds is not None:
            counts["judged"] += 1
            try:
                right = abs(float(answer) - seconds) <= TOLERANCE
            except ValueError:
                right = False
            if not right:
                counts["wrong durations"] += 1
                wrong[kind] = wrong.get(kind, 0) + 1
    return counts | {"wrong by kind": wrong}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--per-kind", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--also", type=Path)
    options = parser.parse_args()
    symphonia = ROOT / "benches" / "peers" / "symphonia"
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=symphonia, check=True)
    found = json.loads(subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=symphonia, check=True, capture_output=True, text=True).stdout)
    symphonia = Path(found["target_directory"], "release", "symphonia-duration")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "in")
        folder.mkdir()
        files = make(folder, options.per_kind, options.seed)
        for path in sorted(options.also.glob("*.mp3")) if options.also else []:
            shutil.copy(path, folder / path.name)
            files[path.name] = ("other", None)
        answers = {"fma-genre": fma_genre(options.program.resolve(), folder, Path(scratch, "r.jsonl"))}
        for peer, worker in {
            "librosa (soundfile, audioread)": Worker([sys.executable, "-c", LIBROSA]),
            "Symphonia": Worker([symphonia]),
        }.items():
            answers[peer] = {name: worker.ask(folder / name) for name in files}
        answers["ffmpeg"] = {name: ffmpeg(folder / name) for name in files}
    import librosa
    import soundfile

    first = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]
    result = {
        "seed": options.seed,
        "also": len(files) - options.per_kind * len(mutations.MP3),
        "versions": {
            "ffmpeg": first,
            "librosa": f"{librosa.__version__}, libsndfile {soundfile.__libsndfile_version__}",
            "Symphonia": "0.6.1",
        },
        "peers": {peer: tally(files, found) for peer, found in answers.items()},
    }
    (ROOT / "benches" / "results" / "hostile.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
