"""Makes the files of this folder and their reference PCM with ffmpeg (written with 5.1).

    python3 tests/data/formats/make_formats.py

The sound is made here, so it is nobody's: two sweeps with a little noise, one per channel. It
has 16 kHz, the rate that the networks hear, so that no resampler stands between the decoders
that are compared; `44k.*` are there to show that another rate gives the same from either file.
The references are what ffmpeg decodes: 16-bit, little endian, interleaved.
"""

import array
import json
import math
import random
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 1.0

# Name, channels, sample rate, encoder arguments of ffmpeg.
FILES = [
    ("flac-16.flac", 2, 16_000, ["-c:a", "flac"]),
    ("flac-24.flac", 1, 16_000, ["-c:a", "flac", "-sample_fmt", "s32"]),
    ("flac-in-ogg.oga", 1, 16_000, ["-c:a", "flac", "-f", "ogg"]),
    ("vorbis.ogg", 2, 16_000, ["-c:a", "libvorbis", "-q:a", "5"]),
    ("vorbis-mono.ogg", 1, 16_000, ["-c:a", "libvorbis", "-q:a", "5"]),
    ("pcm-16.wav", 2, 16_000, ["-c:a", "pcm_s16le"]),
    ("pcm-24.wav", 1, 16_000, ["-c:a", "pcm_s24le"]),
    ("pcm-8.wav", 1, 16_000, ["-c:a", "pcm_u8"]),
    ("float.wav", 1, 16_000, ["-c:a", "pcm_f32le"]),
    ("pcm-16.aiff", 2, 16_000, ["-c:a", "pcm_s16be"]),
    ("aac.m4a", 2, 16_000, ["-c:a", "aac", "-b:a", "64k"]),
    ("aac.aac", 1, 16_000, ["-c:a", "aac", "-b:a", "48k", "-f", "adts"]),
    ("alac.m4a", 2, 16_000, ["-c:a", "alac"]),
    ("44k.flac", 2, 44_100, ["-c:a", "flac"]),
    ("44k.wav", 2, 44_100, ["-c:a", "pcm_s16le"]),
]


def sound(channels: int, rate: int) -> bytes:
    noise = random.Random(7)
    samples = array.array("h")
    for i in range(int(SECONDS * rate)):
        t = i / rate
        for channel in range(channels):
            start, end = ((200, 3_000), (2_500, 400))[channel]
            phase = 2 * math.pi * (start * t + (end - start) * t * t / (2 * SECONDS))
            value = 0.3 * math.sin(phase) + 0.01 * noise.uniform(-1, 1)
            samples.append(round(32_767 * value))
    return samples.tobytes()


def ffmpeg(arguments: list[str], data: bytes | None = None) -> bytes:
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def main() -> None:
    vectors, references = [], {}
    for name, channels, rate, encoder in FILES:
        source = ["-f", "s16le", "-ar", str(rate), "-ac", str(channels), "-i", "-"]
        exact = ["-bitexact", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
        ffmpeg([*source, *encoder, *exact, str(HERE / name)], sound(channels, rate))
        pcm = ffmpeg(["-i", str(HERE / name), "-f", "s16le", "-c:a", "pcm_s16le", "-"])
        entry = {"file": name, "channels": channels, "sample_rate": rate,
                 "samples": len(pcm) // (2 * channels)}
        # Lossless files decode to the same.
        reference = references.setdefault(pcm, f"{name}.pcm")
        if rate == 16_000:
            (HERE / reference).write_bytes(pcm)
            entry["reference"] = reference
        vectors.append(entry)
    version = ffmpeg(["-version"]).decode().split()[2]
    manifest = {"decoder": f"ffmpeg {version}", "vectors": vectors}
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
