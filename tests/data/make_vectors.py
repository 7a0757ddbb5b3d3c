#!/usr/bin/env python3
"""Makes the decoder vectors of this directory: short mp3 files and their PCM.

usage: make_vectors.py [--out DIR]

Every file is encoded with LAME and decoded with three independent decoders:
mpg123, madplay (libmad) and FFmpeg. The reference PCM is that of mpg123,
rounded to 16 bits; manifest.json records how closely the others agree, as a
peak signal-to-noise ratio

    PSNR = 10 log10(1 / mean((a - b)^2)) dB,  samples in -1..1,

of the unrounded outputs. Rounding to 16 bits alone leaves about 101 dB.

Needs numpy, and lame, ffmpeg, mpg123 and madplay on PATH. The files here were made with
LAME 3.100, FFmpeg 5.1.9, mpg123 1.31.2, madplay 0.15.2b and numpy 2.4.6. The
music is taken from the two MIT-licensed clips of examples/ (see LICENSES.md
there), the rest is synthetic.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import tempfile
import wave

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
BEAT = EXAMPLES / "happy-electronic-immich-memories.mp3"
CALM = EXAMPLES / "nostalgic-acoustic-immich-memories.mp3"

# name, source, rate [Hz], channels, seconds, LAME options, what it tests
VECTORS = [
    ("mpeg1-44k-joint-cbr128", BEAT, 44100, 2, 1.0, "-b 128 -m j", "MPEG-1, joint stereo, constant bit rate"),
    ("mpeg1-48k-stereo-vbr", CALM, 48000, 2, 0.7, "-V 4 -m s", "MPEG-1, plain stereo, variable bit rate"),
    ("mpeg1-32k-mono-cbr64", BEAT, 32000, 1, 1.0, "-b 64 -m m", "MPEG-1, mono, constant bit rate"),
    ("mpeg1-32k-forced-ms-cbr320", "sweep", 32000, 2, 0.6, "-b 320 -m f", "every frame mid/side, highest bit rate"),
    ("mpeg1-44k-mono-crc", CALM, 44100, 1, 1.0, "-b 80 -m m -p", "CRC-protected frames"),
    ("mpeg1-44k-mono-no-xing", BEAT, 44100, 1, 1.0, "-b 64 -m m -t", "no Xing/LAME header: nothing is trimmed"),
    ("mpeg1-44k-mono-short-blocks", "clicks", 44100, 1, 0.8, "-b 96 -m m --allshort", "short blocks only"),
    ("mpeg1-32k-stereo-free200", BEAT, 32000, 2, 0.8, "--freeformat -b 200 -m s", "free format, 200 kbit/s"),
    ("mpeg2-22k-joint-abr56", CALM, 22050, 2, 1.0, "--abr 56 -m j", "MPEG-2, joint stereo, average bit rate"),
    ("mpeg2-24k-mono-cbr64", BEAT, 24000, 1, 1.0, "-b 64 -m m", "MPEG-2, mono, constant bit rate; FFmpeg 5.1.9 is wrong in places"),
    ("mpeg2-16k-stereo-vbr", "clicks", 16000, 2, 0.8, "-V 5 -m s", "MPEG-2, plain stereo, variable bit rate"),
    ("mpeg25-12k-mono-vbr", "sweep", 12000, 1, 1.2, "-V 4 -m m", "MPEG-2.5, mono, variable bit rate"),
    ("mpeg25-11k-mono-cbr24", CALM, 11025, 1, 1.5, "-b 24 -m m", "MPEG-2.5, mono, constant bit rate; frames too small for a LAME header: nothing is trimmed"),
    ("mpeg25-8k-joint-cbr24", BEAT, 8000, 2, 1.5, "-b 24 -m j", "MPEG-2.5, joint stereo, constant bit rate"),
]

# The tagged files all hold this stream, so they share its reference PCM.
TAGGED = "mpeg1-32k-mono-cbr64"


def run(*command, stdin=None):
    """Runs a command and returns its standard output."""
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


# ---- sources: float arrays [samples, channels] in -1..1 ----


def sweep(rate, channels, seconds):
    """Exponential sine sweep from 60 Hz to 0.45 of the rate; the right channel runs backwards at half amplitude."""
    time = np.arange(round(rate * seconds)) / rate
    ratio = np.log(0.45 * rate / 60)
    left = 0.8 * np.sin(2 * np.pi * 60 * seconds / ratio * (np.exp(time / seconds * ratio) - 1))
    return np.stack([left, 0.5 * left[::-1]][:channels], axis=1)


def clicks(rate, channels, seconds):
    """Decaying noise bursts every 90 ms (every 130 ms in the right channel), which call for short blocks."""
    random = np.random.Generator(np.random.PCG64(1))
    sides = []
    for period in (0.09, 0.13)[:channels]:
        time = np.arange(round(rate * seconds)) / rate % period
        sides.append(0.7 * random.uniform(-1, 1, len(time)) * np.exp(-time / 0.008))
    return np.stack(sides, axis=1)


def music(path, rate, channels, seconds):
    """The stretch of an example clip that starts at 2 s."""
    raw = run("ffmpeg", "-v", "error", "-nostdin", "-i", path, "-ss", 2, "-t", seconds,
              "-ar", rate, "-ac", channels, "-f", "f32le", "-")
    return np.frombuffer(raw, "<f4").reshape(-1, channels)


def write_wav(path, samples, rate):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(to_16_bits(samples))


def to_16_bits(samples):
    return np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes()


# ---- decoders: float arrays [samples, channels] ----


def decode_mpg123(path, channels, *options):
    raw = run("mpg123", "-q", "-e", "f32", *options, "-s", path)
    return np.frombuffer(raw, "<f4").reshape(-1, channels).astype(float)


def decode_ffmpeg(path, channels):
    raw = run("ffmpeg", "-v", "error", "-nostdin", "-i", path, "-f", "f32le", "-")
    return np.frombuffer(raw, "<f4").reshape(-1, channels).astype(float)


def decode_madplay(path, channels):
    """Everything madplay decodes, untrimmed."""
    raw = run("madplay", "-Q", "-d", "-b", 24, "-o", "raw:-", path)
    bytes_ = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
    values = bytes_[:, 0] | bytes_[:, 1] << 8 | bytes_[:, 2] << 16
    values = np.where(values >= 1 << 23, values - (1 << 24), values)
    return values.reshape(-1, channels) / float(1 << 23)


def psnr(a, b):
    error = np.mean((a - b) ** 2)
    return float("inf") if error == 0 else float(-10 * np.log10(error))


# ---- tags ----


def syncsafe(value):
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3v2(stream):
    """ID3v2.3 tag with a title, a cover and padding. The cover is a JPEG whose comment
    segments hold whole mp3 frames: a decoder that hunts for a sync word inside the tag
    plays them."""
    image = run("ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=1",
                "-frames:v", 1, "-bitexact", "-q:v", 8, "-f", "mjpeg", "-")
    decoy = stream[len(stream) // 2 :][:4000]
    image = image[:2] + b"\xff\xfe" + struct.pack(">H", len(decoy) + 2) + decoy + image[2:]
    frames = b""
    for name, body in ((b"TIT2", b"\x00Tagged"), (b"APIC", b"\x00image/jpeg\x00\x03cover\x00" + image)):
        frames += name + struct.pack(">IH", len(body), 0) + body
    frames += bytes(512)
    return b"ID3\x03\x00\x00" + syncsafe(len(frames)) + frames


def id3v1():
    return b"TAG" + b"Tagged".ljust(30, b"\0") + b"Nobody".ljust(30, b"\0") + bytes(64) + b"\x0c"


def apev2(stream):
    """APEv2 tag with header and footer; its binary item again holds mp3 frames."""
    items = b""
    for key, value, flags in ((b"Title", b"Tagged", 0), (b"Cover Art (Front)", b"c.bin\0" + stream[2000:5000], 2)):
        items += struct.pack("<II", len(value), flags) + key + b"\0" + value
    ends = [b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, 2, flags) + bytes(8)
            for flags in (0xA0000000, 0x80000000)]
    return ends[0] + items + ends[1]


def tagged_files(stream):
    """Name, bytes and purpose of the files that wrap `stream`."""
    return [
        ("tag-id3v2-art", id3v2(stream) + stream, "ID3v2 with cover art that contains mp3 frames"),
        ("tag-id3v1", stream + id3v1(), "ID3v1 at the end"),
        ("tag-apev2", stream + apev2(stream), "APEv2 at the end, with an item that contains mp3 frames"),
        ("tag-all", id3v2(stream) + stream + apev2(stream) + id3v1(), "ID3v2, APEv2 and ID3v1 around one stream"),
    ]


# ---- the whole ----


def version(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0].split(" Copyright")[0]


def encode(out, name, source, rate, channels, seconds, options, scratch):
    if source == "sweep":
        samples = sweep(rate, channels, seconds)
    elif source == "clicks":
        samples = clicks(rate, channels, seconds)
    else:
        samples = music(source, rate, channels, seconds)
    write_wav(scratch / "source.wav", samples, rate)
    run("lame", "--quiet", *options.split(), "--resample", rate / 1000, scratch / "source.wav", out / f"{name}.mp3")
    return len(samples)


def ffmpeg_agreement(path, pcm):
    """PSNR of FFmpeg's output over the length of the reference, and its own length in
    frames; None for free format, which FFmpeg 5.1 does not decode."""
    try:
        other = decode_ffmpeg(path, pcm.shape[1])
    except SystemExit:
        return None, None
    common = min(len(pcm), len(other))
    return round(psnr(pcm[:common], other[:common]), 1), len(other)


def madplay_agreement(path, channels):
    """PSNR of madplay, which knows no gapless trimming and clips, against mpg123 made to do the same."""
    ours = np.clip(decode_mpg123(path, channels, "--no-gapless"), -1, 1)
    theirs = decode_madplay(path, channels)
    common = min(len(ours), len(theirs))
    return round(psnr(ours[:common], theirs[:common]), 1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", type=pathlib.Path, default=HERE)
    options = arguments.parse_args()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)

    tools = {"lame": version("lame", "--version"), "ffmpeg": version("ffmpeg", "-version"),
             "mpg123": version("mpg123", "--version"), "madplay": version("madplay", "--version")}
    entries = []

    def entry(name, reference, rate, channels, encoder, notes, source_frames):
        path = out / f"{name}.mp3"
        pcm = decode_mpg123(path, channels)
        if name == reference:
            (out / f"{name}.pcm").write_bytes(to_16_bits(pcm))
        ffmpeg_db, ffmpeg_frames = ffmpeg_agreement(path, pcm)
        entries.append({
            "file": path.name, "reference": f"{reference}.pcm", "sample_rate": rate, "channels": channels,
            "frames": len(pcm), "source_frames": source_frames, "decoder": "mpg123",
            "ffmpeg_frames": ffmpeg_frames, "ffmpeg_psnr_db": ffmpeg_db,
            "madplay_psnr_db": madplay_agreement(path, channels),
            "encoder_options": encoder, "notes": notes,
        })

    with tempfile.TemporaryDirectory() as scratch:
        for name, source, rate, channels, seconds, encoder, notes in VECTORS:
            frames = encode(out, name, source, rate, channels, seconds, encoder, pathlib.Path(scratch))
            entry(name, name, rate, channels, encoder, notes, frames)
    base = next(item for item in entries if item["file"] == f"{TAGGED}.mp3")
    stream = (out / f"{TAGGED}.mp3").read_bytes()
    for name, data, notes in tagged_files(stream):
        (out / f"{name}.mp3").write_bytes(data)
        entry(name, TAGGED, base["sample_rate"], base["channels"], base["encoder_options"], notes, base["source_frames"])

    manifest = {"pcm": "16-bit little endian, interleaved; a frame is one sample per channel", "tools": tools,
                "vectors": entries}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    for item in entries:
        print(f"{item['file']:36} {item['frames']:6} frames (source {item['source_frames']}, ffmpeg "
              f"{item['ffmpeg_frames']}); ffmpeg {item['ffmpeg_psnr_db']} dB, madplay {item['madplay_psnr_db']} dB")


if __name__ == "__main__":
    main()
