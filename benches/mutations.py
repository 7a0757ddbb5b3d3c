#!/usr/bin/env python3
"""A hundred thousand damaged files through the whole program.

usage: benches/mutations.py target/release/fma-genre [--files 100000] [--seed 1] [--batch 2000]

Every file is a short piece of a real one (the clips in examples/, the streams in tests/data), damaged in one of the ways
below by random numbers of the seed. Asked of the program: that it ends, that every file has one row with 16 finite
probabilities that sum to 1, and that no file takes 20 s. Then the ten examples with at most 1 % of their frames damaged:
how far their probabilities move (total variation). Raw results: benches/results/mutations.json.
"""

import argparse
import json
import math
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLIPS = sorted((ROOT / "examples").glob("*.mp3"))
VECTORS = sorted((ROOT / "tests" / "data").glob("*.mp3"))
OTHERS = [p for p in sorted((ROOT / "tests" / "data" / "formats").iterdir()) if p.suffix in (".flac", ".ogg", ".oga", ".m4a", ".wav", ".aiff", ".aac")]
SECONDS = 1.5
FILE_TIMEOUT = "20s"

RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
BITRATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def frame_len(data, at):
    """Bytes of the layer III frame at a position, or 0."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    rate, index, padding = data[at + 2] >> 2 & 3, data[at + 2] >> 4, data[at + 2] >> 1 & 1
    if version == 1 or layer != 1 or rate == 3 or index in (0, 15):
        return 0
    bitrate = BITRATES[3 if version == 3 else 2][index]
    return (144000 if version == 3 else 72000) * bitrate // RATES[version][rate] + padding


def frames(data):
    """Positions of the frames of a tidy file, behind its tag."""
    at = 0
    if data[:3] == b"ID3":
        at = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    found = []
    while size := frame_len(data, at):
        found.append((at, size))
        at += size
    return found


def pieces():
    """Short pieces of the examples: whole frames, some with the tag in front."""
    made = []
    for path in CLIPS:
        data = path.read_bytes()
        found = frames(data)
        count = round(SECONDS * 44100 / 1152)
        for start in (0, len(found) // 2):
            chosen = found[start : start + count]
            body = b"".join(data[at : at + size] for at, size in chosen)
            made.append(data[: found[0][0]] + body if start == 0 else body)
    return made


def synchsafe(size):
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


def id3(rng, body, lie=0):
    frame = b"APIC" + synchsafe(len(body)) + b"\0\0" + body
    return b"ID3\x04\0\0" + synchsafe(max(0, len(frame) + lie) & 0xFFFFFFF) + frame


def flips(rng, data, rate):
    out = bytearray(data)
    for _ in range(max(1, round(8 * len(out) * rate))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def any_boundary(rng, data):
    found = frames(data)
    return rng.choice(found)[0] if found else rng.randrange(len(data))


def insert(data, at, more):
    return data[:at] + more + data[at:]


def icy(rng, data):
    step = 8192
    return b"".join(
        data[at : at + step] + bytes([1]) + b"StreamTitle=''; "[:16] for at in range(0, len(data), step)
    )


def lying_xing(rng, data):
    found = frames(data)
    at, size = found[0]
    frame = bytearray(data[at : at + size])
    side = 36 if frame[3] >> 6 != 3 else 21
    frame[side : side + 16] = rng.choice([b"Xing", b"Info", b"VBRI"]) + bytes([0, 0, 0, 15]) + rng.randbytes(8)
    return data[:at] + bytes(frame) + data[at:]


def spliced(rng, data):
    other = rng.choice(VECTORS).read_bytes()
    at = any_boundary(rng, data)
    return data[:at] + other[: rng.randrange(1, min(len(other), 30_000))] + data[at:]


MP3 = {
    "cut at a frame": lambda rng, d: d[: any_boundary(rng, d)],
    "cut anywhere": lambda rng, d: d[: rng.randrange(len(d))],
    "begun anywhere": lambda rng, d: d[rng.randrange(len(d)) :],
    "bits flipped, 1e-6": lambda rng, d: flips(rng, d, 1e-6),
    "bits flipped, 1e-5": lambda rng, d: flips(rng, d, 1e-5),
    "bits flipped, 1e-4": lambda rng, d: flips(rng, d, 1e-4),
    "bits flipped, 1e-3": lambda rng, d: flips(rng, d, 1e-3),
    "bits flipped, 1e-2": lambda rng, d: flips(rng, d, 1e-2),
    "a hole of zeros": lambda rng, d: (lambda a, n: d[:a] + bytes(n) + d[a + n :])(rng.randrange(len(d)), rng.randrange(1, 5000)),
    "junk inserted": lambda rng, d: insert(d, rng.randrange(len(d)), rng.randbytes(rng.randrange(1, 4000))),
    "another stream spliced in": spliced,
    "a Xing, Info or VBRI tag that lies": lying_xing,
    "an ID3 tag that lies about its size": lambda rng, d: id3(rng, rng.randbytes(400), rng.choice([-300, -7, 9, 500, 90_000_000])) + d,
    "an ID3 tag in mid-stream": lambda rng, d: insert(d, any_boundary(rng, d), id3(rng, rng.randbytes(900))),
    "cover art of sync words": lambda rng, d: id3(rng, b"\xff\xfb\x90\x00" * rng.randrange(50, 2000)) + d,
    "ICY metadata": icy,
    "wrapped in RIFF": lambda rng, d: b"RIFF" + len(d).to_bytes(4, "little") + b"WAVEfmt \x12\0\0\0\x55\0\x02\0" + bytes(14) + b"data" + len(d).to_bytes(4, "little") + d,
    "an APEv2 tag in front": lambda rng, d: b"APETAGEX" + rng.randbytes(24) + d,
    "a random tail": lambda rng, d: d + rng.randbytes(rng.randrange(1, 3000)),
    "one frame": lambda rng, d: (lambda f: d[f[0] : f[0] + f[1]])(rng.choice(frames(d))),
    "noise": lambda rng, d: rng.randbytes(rng.randrange(0, 8000)),
}
VECTOR = {
    "a conformance stream, bits flipped": lambda rng, d: flips(rng, d, 10 ** rng.uniform(-5, -2)),
    "a conformance stream, cut": lambda rng, d: d[rng.randrange(len(d) // 2) : rng.randrange(len(d) // 2, len(d))],
}
OTHER = {
    "another format, cut": lambda rng, d: d[: rng.randrange(len(d))],
    "another format, bits flipped": lambda rng, d: flips(rng, d, 10 ** rng.uniform(-6, -2)),
    "another format, its header damaged": lambda rng, d: flips(rng, d[:300], 10 ** rng.uniform(-3, -1)) + d[300:],
    "another format, a hole of zeros": lambda rng, d: (lambda a, n: d[:a] + bytes(n) + d[a + n :])(rng.randrange(len(d)), rng.randrange(1, 5000)),
    "another format, parts exchanged": lambda rng, d: (lambda a: d[a:] + d[:a])(rng.randrange(len(d))),
}


def batches(options, mp3):
    rng = random.Random(options.seed)
    kinds = [(name, mutate, mp3, "mp3") for name, mutate in MP3.items()]
    kinds += [(name, mutate, [p.read_bytes() for p in VECTORS], "mp3") for name, mutate in VECTOR.items()]
    others = [(p.read_bytes(), p.suffix[1:]) for p in OTHERS]
    kinds += [(name, mutate, others, None) for name, mutate in OTHER.items()] * 2
    for first in range(0, options.files, options.batch):
        files = []
        for number in range(first, min(first + options.batch, options.files)):
            name, mutate, bases, ending = kinds[number % len(kinds)]
            base = rng.choice(bases)
            base, ending = base if ending is None else (base, ending)
            files.append((f"{number:06}.{ending}", name, mutate(rng, base)))
        yield files


def run(program, folder, out):
    command = [program, "classify", folder, "-q", "--force", "--file-timeout", FILE_TIMEOUT, "-o", out]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


def check(done, files, out, tally):
    tally["ends"][str(done.returncode)] += 1
    if done.returncode != 0:
        print(done.stderr[-2000:], file=sys.stderr)
        return
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    by_name = Counter(Path(row["path"]).name for row in rows)
    for name, kind, _ in files:
        tally["missing"] += by_name[name] != 1
    kinds = {name: kind for name, kind, _ in files}
    for row in rows:
        p = list(row["probabilities"].values())
        fine = len(p) == 16 and all(math.isfinite(x) and 0 <= x <= 1 for x in p) and abs(sum(p) - 1) < 1e-6
        tally["not finite"] += not fine
        remark = row["remark"] or ""
        tally["timeouts"] += "took longer" in remark
        tally["panics of the analysis"] += "panic" in remark
        tally["status"][kinds[Path(row["path"]).name]][row["status"]] += 1


def moderate(program, rng, rounds):
    """Total variation between the intact examples and copies of which up to 1 % of the frames are damaged."""
    distances = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as scratch:
        folder, out = Path(scratch, "in"), Path(scratch, "r.jsonl")
        folder.mkdir()
        for path in CLIPS:
            data = path.read_bytes()
            (folder / f"{path.stem}--intact.mp3").write_bytes(data)
            found = frames(data)
            for number in range(rounds):
                out_data = bytearray(data)
                for at, size in rng.sample(found, max(1, len(found) // 100)):
                    how = rng.randrange(3)
                    if how == 0:
                        out_data[at : at + size] = bytes(size)
                    elif how == 1:
                        out_data[at + 40 : at + size] = rng.randbytes(max(0, size - 40))
                    else:
                        out_data[at + rng.randrange(4)] ^= 1 << rng.randrange(8)
                (folder / f"{path.stem}--{number}.mp3").write_bytes(bytes(out_data))
        run(program, folder, out)
        rows = {Path(row["path"]).stem: list(row["probabilities"].values()) for row in map(json.loads, out.read_text().splitlines())}
    for name, row in rows.items():
        stem, copy = name.split("--")
        if copy != "intact":
            distances.append(sum(abs(a - b) for a, b in zip(row, rows[f"{stem}--intact"])) / 2)
    distances.sort()
    return {
        "copies": len(distances),
        "median": statistics.median(distances),
        "95 %": distances[int(0.95 * len(distances))],
        "worst": distances[-1],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=50, help="damaged copies of each example")
    options = parser.parse_args()
    program = options.program.resolve()
    tally = {key: 0 for key in ("missing", "not finite", "timeouts", "panics of the analysis")}
    tally |= {"ends": Counter(), "status": {}}
    for kind in [*MP3, *VECTOR, *OTHER]:
        tally["status"][kind] = Counter()
    start, slowest = time.monotonic(), 0.0
    scratch = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        for files in batches(options, pieces()):
            folder, out = scratch / "in", scratch / "r.jsonl"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, _, content in files:
                (folder / name).write_bytes(content)
            begun = time.monotonic()
            check(run(program, folder, out), files, out, tally)
            slowest = max(slowest, time.monotonic() - begun)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    result = {
        "files": options.files,
        "seed": options.seed,
        "batch": options.batch,
        "seconds": round(time.monotonic() - start),
        "slowest batch, seconds": round(slowest, 1),
        **tally,
        "moderate damage": moderate(program, random.Random(options.seed), options.rounds),
    }
    (ROOT / "benches" / "results" / "mutations.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "status"}, indent=1))
    bad = tally["missing"] + tally["not finite"] + tally["timeouts"]
    sys.exit(bool(bad or set(tally["ends"]) != {"0"}))


if __name__ == "__main__":
    main()
