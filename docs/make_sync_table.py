#!/usr/bin/env python3
"""Writes the table of lost sync in docs/decoder.md: what this program, mpg123, libsndfile and ffmpeg make of
streams with holes and wrong bits.

Usage: python3 docs/make_sync_table.py [--folder KEEP_FILES_HERE]

Needs target/release/fma-genre and mpg123, ffmpeg, sndfile-convert (Debian: sndfile-programs). The
damage is seeded; the streams are those of tests/data. All figures are shares of the time that the frames last: the
sum of samples by sample rate.
"""

import argparse
import csv
import io
import random
import subprocess
import tempfile
from pathlib import Path

from marked_tables import write_between_markers

PROJECT = Path(__file__).resolve().parents[1]
PROGRAM = PROJECT / "target" / "release" / "fma-genre"
DOCUMENT = PROJECT / "docs" / "decoder.md"
STREAMS = {
    "MPEG-1 44.1 kHz stereo": "mpeg1-44k-joint-cbr128.mp3",
    "MPEG-1 44.1 kHz mono": "mpeg1-44k-mono-no-xing.mp3",
    "MPEG-1 32 kHz mono": "mpeg1-32k-mono-cbr64.mp3",
    "MPEG-1 48 kHz stereo VBR": "mpeg1-48k-stereo-vbr.mp3",
    "MPEG-2 22.05 kHz stereo": "mpeg2-22k-joint-abr56.mp3",
    "MPEG-2 24 kHz mono": "mpeg2-24k-mono-cbr64.mp3",
    "MPEG-2.5 8 kHz stereo": "mpeg25-8k-joint-cbr24.mp3",
    "MPEG-2.5 11.025 kHz mono": "mpeg25-11k-mono-cbr24.mp3",
}
BIT_RATES = {  # kbit/s of Layer III, by MPEG-1 or not
    True: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    False: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
RATES = [44_100, 48_000, 32_000]
PAIRS = {  # streams whose frames take turns
    "44.1 and 48 kHz": ("MPEG-1 44.1 kHz stereo", "MPEG-1 48 kHz stereo VBR"),
    "44.1 and 22.05 kHz": ("MPEG-1 44.1 kHz stereo", "MPEG-2 22.05 kHz stereo"),
    "stereo and mono": ("MPEG-1 44.1 kHz stereo", "MPEG-1 44.1 kHz mono"),
}
TURNS = (1, 2, 3, 5, 10)
EVERY = (2, 3, 5, 10, 11, 20, 40)
JUNK = (1, 4, 26, 100, 417, 1_000, 4_000)


def format_of(frame: bytes) -> tuple[bool, int]:
    """Whether it is MPEG-1, and its sample rate in Hz."""
    mpeg1, mpeg25 = frame[1] & 8 != 0, frame[1] & 16 == 0
    return mpeg1, RATES[frame[2] >> 2 & 3] >> (not mpeg1) >> mpeg25


def duration(stream: list[bytes]) -> float:
    """In seconds."""
    formats = map(format_of, stream)
    return sum((1_152 if mpeg1 else 576) / rate for mpeg1, rate in formats)


def frames(data: bytes) -> list[bytes]:
    """The Layer III frames of a tidy stream, without tags and without the Xing frame."""
    position = 0
    if data[:3] == b"ID3":
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte
        position = 10 + size
    found = []
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] & 0xE0 == 0xE0:
        mpeg1, rate = format_of(data[position:])
        bit_rate = 1_000 * BIT_RATES[mpeg1][data[position + 2] >> 4]
        length = (144 if mpeg1 else 72) * bit_rate // rate + (data[position + 2] >> 1 & 1)
        found.append(data[position:position + length])
        position += length
    if b"Xing" in found[0] or b"Info" in found[0]:
        found.pop(0)
    return [frame for frame in found if len(frame) > 4]


def with_junk(stream: list[bytes], every: int, length: int, seed: int) -> bytes:
    """`length` random bytes behind every `every` frames."""
    random.seed(seed)
    parts = []
    for index, frame in enumerate(stream):
        parts.append(frame)
        if index % every == every - 1:
            parts.append(random.randbytes(length))
    return b"".join(parts)


def with_wrong_headers(stream: list[bytes], every: int, seed: int) -> bytes:
    """One wrong bit in the header of every `every`-th frame."""
    random.seed(seed)
    parts = []
    for index, frame in enumerate(stream):
        if index % every == every - 1:
            bit = random.randrange(32)
            frame = bytearray(frame)
            frame[bit // 8] ^= 0x80 >> bit % 8
        parts.append(bytes(frame))
    return b"".join(parts)


def taking_turns(one: list[bytes], other: list[bytes], every: int) -> list[bytes]:
    """`every` frames of one, as many of the other, and so on."""
    parts = []
    for start in range(0, len(one), every):
        parts += one[start:start + every] + other[start:start + every]
    return parts


def seconds_of_wav(path: Path) -> float:
    """By the data there is: tools that write into a pipe do not know the length."""
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=sample_rate,duration_ts",
               "-of", "csv=p=0", str(path)]
    text = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    if not text:
        return 0.0
    rate, samples = text.split(",")[:2]
    if not samples.isdigit():
        return 0.0
    return int(samples) / int(rate)


def seconds(tool: str, mp3: Path, scratch: Path) -> float:
    wav = scratch / "decoded.wav"
    wav.unlink(missing_ok=True)
    command = {
        "mpg123": ["mpg123", "-q", "-w", str(wav), str(mp3)],
        "libsndfile": ["sndfile-convert", "-pcm16", str(mp3), str(wav)],
        "ffmpeg": ["ffmpeg", "-v", "quiet", "-y", "-f", "mp3", "-i", str(mp3), str(wav)],
    }[tool]
    try:
        subprocess.run(command, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return float("nan")
    return seconds_of_wav(wav) if wav.exists() else 0.0


def ours(folder: Path) -> dict[str, float]:
    command = [str(PROGRAM), "-q", "check", str(folder)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {row["file"]: float(row["seconds"] or 0.0) for row in csv.DictReader(io.StringIO(text))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="keep the damaged files here")
    folder = parser.parse_args().folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    cases: dict[str, tuple[str, float]] = {}  # file: damage, seconds

    def add(file: str, damage: str, expected: float, data: bytes) -> None:
        (folder / file).write_bytes(data)
        cases[file] = (damage, expected)

    streams = {}
    for name, file in STREAMS.items():
        stream = frames((PROJECT / "tests" / "data" / file).read_bytes())
        while len(stream) < 400:  # some seconds of each
            stream = stream * 2
        streams[name] = stream = stream[:400]
        expected = duration(stream)
        for every in EVERY:
            for length in JUNK:
                add(f"{file[:-4]}-junk{length}-every{every}.mp3", f"{length} bytes", expected,
                    with_junk(stream, every, length, 1_000 * every + length))
            add(f"{file[:-4]}-header-every{every}.mp3", "a wrong bit in the header", expected,
                with_wrong_headers(stream, every, every))
    for damage, (one, other) in PAIRS.items():
        for every in TURNS:
            stream = taking_turns(streams[one], streams[other], every)
            add(f"turns-{damage.replace(' ', '-')}-{every}.mp3", f"{damage} take turns", duration(stream),
                b"".join(stream))
    found = ours(folder)
    scratch = Path(tempfile.mkdtemp())
    tools = ("mpg123", "libsndfile", "ffmpeg")
    rows: dict[str, dict[str, list[float]]] = {}
    worst: list[tuple[float, str]] = []
    for file, (damage, expected) in sorted(cases.items()):
        measured = {tool: seconds(tool, folder / file, scratch) for tool in tools}
        measured["this program"] = found[file]
        for tool, value in measured.items():
            rows.setdefault(damage, {}).setdefault(tool, []).append(value / expected)
        worst.append((measured["this program"] / max(measured["mpg123"], 1e-9) - 1, file))
    lines = ["| damage | " + " | ".join(("this program", *tools)) + " |", "|---|" + "---|" * 4]
    for damage, by_tool in sorted(rows.items(), key=lambda item: (len(item[0]), item[0])):
        cells = [f"{100 * min(v):.1f} to {100 * max(v):.1f}" for v in
                 (by_tool[tool] for tool in ("this program", *tools))]
        lines.append(f"| {damage} | " + " | ".join(cells) + " |")
    worst.sort()
    print("\n".join(lines))
    print("furthest below mpg123:", [(f"{100 * value:.1f} %", file) for value, file in worst[:6]])
    print("furthest above mpg123:", [(f"{100 * value:.1f} %", file) for value, file in worst[-6:]])
    write_between_markers(DOCUMENT, "sync", lines)


if __name__ == "__main__":
    main()
