#!/usr/bin/env python3
"""What other programs see of files that `fma-genre tag` wrote.

For each format: a file with many tags (mutagen makes it) is tagged, and then
- mutagen and ffprobe read the genre,
- mutagen finds every other tag with the bytes that it had,
- ffmpeg finds the same audio packets (their SHA-256) and the same decoded samples,
- owner, mode and dates are the same, and --undo gives the very bytes back.

usage: tests/peers/tags.py target/release/fma-genre
needs: ffmpeg, pip install -r tests/peers/requirements.txt
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from mutagen import File
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, POPM, PRIV, RVA2, TCON, TDRC, TIT2, TPE1, TXXX, TYER, UFID, USLT
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "examples" / "city-blues-robert-van-herk.mp3"
PROGRAM = ROOT / "target" / "release" / "fma-genre"
ART = bytes(range(256)) * 300
# Sure enough for every clip to get its first two genres.
CHOICE = ["--min-probability", "0", "--top", "2"]


def run(*command, check=True, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def convert(target, *options):
    run("ffmpeg", "-v", "error", "-i", CLIP, "-t", "6", "-map_metadata", "-1", *options, target)


def id3_frames():
    return [
        TIT2(encoding=1, text=["Blüte 花"]),
        TPE1(encoding=0, text=["Somebody"]),
        TXXX(encoding=3, desc="REPLAYGAIN_TRACK_GAIN", text=["-6.50 dB"]),
        COMM(encoding=3, lang="eng", desc="", text=["a remark"]),
        USLT(encoding=1, lang="deu", desc="", text=["Zeile\nZeile"]),
        POPM(email="a@b.c", rating=200, count=7),
        PRIV(owner="someone", data=b"\x00\xff\x01\xfe" * 9),
        UFID(owner="http://musicbrainz.org", data=b"0123456789"),
        APIC(encoding=0, mime="image/png", type=3, desc="front", data=ART),
    ]


def mp3(path, version, with_others=False):
    shutil.copy(CLIP, path)
    tag = ID3()
    for frame in id3_frames():
        tag.add(frame)
    tag.add(TYER(encoding=0, text=["1999"]) if version == 3 else TDRC(encoding=0, text=["1999"]))
    if version == 4:
        tag.add(RVA2(desc="track", channel=1, gain=-2.5, peak=0.5))
    tag.save(path, v1=2 if with_others else 0, v2_version=version)
    if with_others:
        ape = APEv2()
        ape["Artist"] = "Somebody"
        ape["Catalog"] = ["1", "2"]
        ape.save(path)


def mp3_without_tags(path):
    shutil.copy(CLIP, path)
    ID3(path).delete(path) if ID3_is_in(path) else None


def ID3_is_in(path):
    return path.read_bytes()[:3] == b"ID3"


def flac(path):
    convert(path, "-c:a", "flac")
    file = FLAC(path)
    file["title"] = ["Blüte 花"]
    file["artist"] = ["One", "Two"]
    file["Custom Key"] = ["kept as it is"]
    picture = Picture()
    picture.type, picture.mime, picture.desc, picture.data = 3, "image/png", "front", ART
    picture.width, picture.height, picture.depth, picture.colors = 500, 501, 24, 0
    file.add_picture(picture)
    file.save()


def ogg(path):
    convert(path, "-c:a", "libvorbis")
    file = OggVorbis(path)
    file["title"] = ["Blüte 花"]
    file["artist"] = ["One", "Two"]
    file["long"] = ["x" * 70_000]
    file.save()


def m4a(path, *codec):
    convert(path, *codec)
    file = MP4(path)
    file["\xa9nam"] = ["Blüte 花"]
    file["trkn"] = [(3, 12)]
    file["covr"] = [MP4Cover(ART, MP4Cover.FORMAT_PNG)]
    file["----:com.apple.iTunes:MusicBrainz Track Id"] = [MP4FreeForm(b"0123")]
    file.save()


def riff(path, kind):
    convert(path)
    file = kind(path)
    file.add_tags()
    for frame in id3_frames():
        file.tags.add(frame)
    file.save()


FORMATS = {
    "v24.mp3": lambda path: mp3(path, 4),
    "v23.mp3": lambda path: mp3(path, 3),
    "all.mp3": lambda path: mp3(path, 4, with_others=True),
    "none.mp3": mp3_without_tags,
    "a.flac": flac,
    "bare.flac": lambda path: convert(path, "-c:a", "flac"),
    "a.ogg": ogg,
    "aac.m4a": lambda path: m4a(path, "-c:a", "aac"),
    "faststart.m4a": lambda path: m4a(path, "-c:a", "aac", "-movflags", "+faststart"),
    "alac.m4a": lambda path: m4a(path, "-c:a", "alac"),
    "bare.m4a": lambda path: convert(path, "-c:a", "aac"),
    "a.wav": lambda path: riff(path, WAVE),
    "bare.wav": convert,
    "a.aiff": lambda path: riff(path, AIFF),
}


def is_genre(key):
    return key.upper() in ("TCON", "GENRE") or key in ("\xa9gen", "gnre")


def tags(path):
    """All tags but the genre, each as bytes or text that shows every byte."""
    found = {}
    file = File(path)
    if file is None:
        return found
    if isinstance(file.tags, ID3) or hasattr(file.tags, "getall"):
        version = 4 if file.tags.version[1] != 3 else 3
        raw = ID3(path, translate=False) if path.suffix == ".mp3" else file.tags
        for key, frame in raw.items():
            found["id3 " + key] = (type(frame).__name__, repr(frame), version)
    elif file.tags is not None:
        for key, value in file.tags.items() if hasattr(file.tags, "items") else file.tags:
            values = value if isinstance(value, list) else [value]
            found[key] = [bytes(v) if isinstance(v, bytes) else v for v in values]
    if isinstance(file, FLAC):
        found["pictures"] = [picture.write() for picture in file.pictures]
        found["vendor"] = file.tags.vendor if file.tags else None
    if path.suffix == ".mp3":
        try:
            found["ape"] = {key: str(value) for key, value in APEv2(path).items() if not is_genre(key)}
        except Exception:
            found["ape"] = None
        # Title to comment; the last byte is the genre.
        found["id3v1"] = path.read_bytes()[-128:-1] if path.read_bytes()[-128:-125] == b"TAG" else None
    return {key: value for key, value in found.items() if not is_genre(key.removeprefix("id3 "))}


def genres_of_mutagen(path):
    file = File(path)
    for key in ("TCON", "genre", "\xa9gen"):
        if file.tags is not None and key in file.tags:
            value = file.tags[key]
            return value.genres if hasattr(value, "genres") else list(value)
    return []


def genre_of_ffprobe(path):
    shown = run("ffprobe", "-v", "error", "-of", "json", "-show_entries", "format_tags:stream_tags", path)
    shown = json.loads(shown)
    places = [shown.get("format", {}), *shown.get("streams", [])]
    found = {k.lower(): v for place in places for k, v in place.get("tags", {}).items()}
    return found.get("genre")


def packets(path):
    return run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "hash", "-")


def samples(path):
    return hashlib.sha256(run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "s16le", "-")).hexdigest()


class Tags(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tag(self, *arguments, code=0):
        done = subprocess.run([str(PROGRAM), "tag", *map(str, arguments)], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode() + done.stdout.decode())
        return done.stdout.decode()

    def test_every_format(self):
        for name, make in FORMATS.items():
            with self.subTest(name):
                path = self.folder / name
                make(path)
                os.utime(path, (1_000_000_000, 1_100_000_000))
                path.chmod(0o640)
                before = path.read_bytes(), tags(path), packets(path), samples(path), path.stat()
                self.assertIn("would get a genre", self.tag(name, *CHOICE))
                self.assertEqual(path.read_bytes(), before[0], "a dry run changes nothing")

                said = self.tag(name, *CHOICE, "--write")
                wanted = said.split(": ")[1].rsplit(" (")[0].split("; ")
                self.assertEqual(len(wanted), 2, said)
                seen = genres_of_mutagen(path)
                if name == "v23.mp3":
                    # ID3v2.3 has one text for all genres.
                    seen = [part for text in seen for part in text.split("; ")]
                self.assertEqual(seen, wanted)
                probed = genre_of_ffprobe(path)
                self.assertIsNotNone(probed, "ffprobe sees a genre")
                self.assertTrue(probed.startswith(wanted[0]), probed)

                self.assertEqual(tags(path), before[1])
                self.assertEqual(packets(path), before[2])
                self.assertEqual(samples(path), before[3])
                after = path.stat()
                for field in ("st_mode", "st_uid", "st_gid", "st_mtime_ns"):
                    self.assertEqual(getattr(after, field), getattr(before[4], field), field)

                self.assertIn("kept, its genre is", self.tag(name, *CHOICE, "--write"))
                self.tag("--undo", "genre-backup.jsonl")
                self.assertEqual(path.read_bytes(), before[0], "undo gives the bytes back")
                self.assertEqual(path.stat().st_mtime_ns, before[4].st_mtime_ns)
                path.unlink()
                (self.folder / "genre-backup.jsonl").unlink()

    def test_genres_that_are_there_are_replaced_only_when_asked(self):
        path = self.folder / "all.mp3"
        mp3(path, 4, with_others=True)
        tag = ID3(path)
        tag.add(TCON(encoding=3, text=["Polka", "Ska"]))
        tag.save(path, v1=2)
        ape = APEv2(path)
        ape["Genre"] = "Polka"
        ape.save(path)
        self.assertIn('kept, its genre is "Polka; Ska"', self.tag(path, *CHOICE, "--write"))
        said = self.tag(path, "--min-probability", "0", "--overwrite", "--write")
        self.assertIn('instead of "Polka; Ska"', said)
        wanted = said.split(": ")[1].rsplit(" (")[0]
        self.assertEqual(ID3(path)["TCON"].genres, [wanted])
        self.assertEqual(str(APEv2(path)["Genre"]), wanted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("program", nargs="?", type=Path, default=PROGRAM)
    options, rest = parser.parse_known_args()
    PROGRAM = options.program.resolve()
    unittest.main(argv=["tags.py", *rest])
