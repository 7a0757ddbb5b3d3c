"""Clips to measure with: real music, re-encoded to one format with ffmpeg.

The sources (the project's `examples/`, or any folder of mp3s) are too few and too short, so a clip
is a sequence of the beginnings of different sources, each at most half as long as the clip: 44.1 kHz,
stereo, 256 kbit/s, as many clips of the Free Music Archive are. Which sources make up which clip is
fixed. Clips are kept in `benches/.cache`.
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from common.environment import CACHE, ROOT

EXAMPLES = ROOT / "examples"
FORMAT = "44.1 kHz stereo mp3 at 256 kbit/s (libmp3lame)"


def _source_seconds(path: Path) -> float:
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", str(path)],
        capture_output=True, text=True, check=True)
    return float(json.loads(probe.stdout)["format"].get("duration", 0))


def _sequences(sources: list[Path], count: int, seconds: float) -> list[list[Path]]:
    """For each of `count` clips the sources to join: clip i starts with source i mod n and goes on
    in steps that grow with every round through the sources, so that no two clips are alike."""
    lengths = {path: min(seconds / 2, _source_seconds(path)) for path in sources}
    sequences = []
    for index in range(count):
        position, step = index % len(sources), 1 + index // len(sources)
        sequence: list[Path] = []
        while sum(lengths[path] for path in sequence) < seconds:
            sequence.append(sources[position])
            position = (position + step) % len(sources)
            if len(sequence) > 1000:
                raise SystemExit("the source clips are empty")
        sequences.append(sequence)
    return sequences


def _encode(sequence: list[Path], seconds: float, target: Path) -> None:
    # Sources differ in rate and channels: each is brought to the common format before joining.
    longest = str(seconds / 2)
    inputs = [part for path in sequence for part in ("-t", longest, "-i", str(path))]
    chains = [f"[{i}:a]aformat=sample_rates=44100:channel_layouts=stereo[a{i}]"
              for i in range(len(sequence))]
    joined = "".join(f"[a{i}]" for i in range(len(sequence)))
    graph = ";".join([*chains, f"{joined}concat=n={len(sequence)}:v=0:a=1[out]"])
    partial = target.with_suffix(".part")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", graph, "-map", "[out]",
         "-t", str(seconds), "-map_metadata", "-1", "-codec:a", "libmp3lame", "-b:a", "256k",
         "-f", "mp3", str(partial)], check=True, stdin=subprocess.DEVNULL)
    partial.rename(target)


def make(sources: Path, count: int, seconds: float) -> Path:
    """A folder with `count` clips of `seconds` made of the mp3s in `sources`."""
    if not shutil.which("ffmpeg") or not shutil.which("ffprobe"):
        raise SystemExit("ffmpeg and ffprobe are needed to make the clips (apt install ffmpeg)")
    # Not more than can occur, and evenly spread over a large folder.
    files = sorted(sources.glob("*.mp3"))
    files = files[::max(1, len(files) // (3 * count))]
    if not files:
        raise SystemExit(f"no mp3 in {sources}")
    identity = "\n".join(f"{file.name} {file.stat().st_size}" for file in files)
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    folder = CACHE / f"clips-{count}x{seconds:g}s-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    targets = [folder / f"clip{index:03}.mp3" for index in range(count)]
    if not all(target.exists() for target in targets):
        print(f"making {count} clips of {seconds:g} s ...", flush=True)
        for sequence, target in zip(_sequences(files, count, seconds), targets):
            if not target.exists():
                _encode(sequence, seconds, target)
    return folder


def describe(folder: Path, sources: Path) -> dict:
    """What the clips are, for a results file."""
    files = sorted(folder.glob("*.mp3"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return {
        "count": len(files),
        "format": FORMAT,
        "made_of": "examples/" if sources == EXAMPLES else "other mp3s",
        "mebibytes": round(sum(file.stat().st_size for file in files) / 2**20, 2),
        "sha256_of_all": digest.hexdigest(),
    }


def hard_links(folder: Path, count: int, target: Path) -> Path:
    """Fills `target` with `count` names for the clips in `folder`."""
    files = sorted(folder.glob("*.mp3"))
    target.mkdir(parents=True)
    for index in range(count):
        os.link(files[index % len(files)], target / f"{index:05}.mp3")
    return target
