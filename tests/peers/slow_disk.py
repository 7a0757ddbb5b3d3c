#!/usr/bin/env python3
"""A disk that gives little and late: `--file-timeout` and `--deadline` on a file system in user space.

usage: tests/peers/slow_disk.py target/release/fma-genre

A folder of two songs is mounted (FUSE) in which every read of one takes 0.4 s. The other has its row, the slow one a
row that says why, and the run ends in time. Needs Linux with /dev/fuse, the right to mount, libfuse3 and the Python package mfusepy.
"""

import csv
import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "examples" / "lincity-pronobozo.mp3"
SECONDS_PER_READ = 0.4
MOST_BYTES_PER_READ = 4096


def mount(folder):
    """Serves the folder from a thread of this process; returns when it is there."""
    import mfusepy as fuse

    class Disk(fuse.Operations):
        use_ns = True
        files = {"/quick.mp3": CLIP.read_bytes(), "/slow.mp3": CLIP.read_bytes() * 20}

        def getattr(self, path, fh=None):
            if path == "/":
                return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
            if path not in self.files:
                raise fuse.FuseOSError(errno.ENOENT)
            return {"st_mode": stat.S_IFREG | 0o444, "st_nlink": 1, "st_size": len(self.files[path])}

        def readdir(self, path, fh):
            return [".", "..", *(name[1:] for name in self.files)]

        def read(self, path, size, offset, fh):
            if path == "/slow.mp3":
                time.sleep(SECONDS_PER_READ)
                size = min(size, MOST_BYTES_PER_READ)
            return self.files[path][offset : offset + size]

    # Without the page cache, so that a short read is one.
    serve = threading.Thread(
        target=lambda: fuse.FUSE(Disk(), str(folder), foreground=True, direct_io=True), daemon=True
    )
    serve.start()
    start = time.monotonic()
    while not (folder / "quick.mp3").exists():
        if time.monotonic() - start > 10:
            print("NOT TRIED: the file system could not be mounted")
            os._exit(0)
        time.sleep(0.05)


def main():
    program = Path(sys.argv[1]).resolve()
    if not os.path.exists("/dev/fuse"):
        print("NOT TRIED: there is no /dev/fuse")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch, "disk"), Path(scratch, "r.jsonl")
        folder.mkdir()
        mount(folder)
        try:
            start = time.monotonic()
            command = [program, "classify", folder, "-o", out, "-q", "-j1", "--file-timeout", "3s"]
            subprocess.run(command, check=True, timeout=60)
            seconds = time.monotonic() - start
            quick, slow = map(json.loads, out.read_text().splitlines())
            assert quick["status"] != "unusable", quick
            assert slow["status"] == "unusable" and slow["remark"] == "took longer than 3s", slow
            assert seconds < 6, f"{seconds:.1f} s"
            print(f"ok: --file-timeout 3s: the slow file has a row, the run took {seconds:.1f} s")

            table, start = Path(scratch, "out.csv"), time.monotonic()
            command = [program, "predict", folder, "-o", table, "-q", "-j1", "--deadline", "5s"]
            subprocess.run(command, check=True, timeout=60)
            seconds = time.monotonic() - start
            with table.open(newline="", encoding="utf-8") as file:
                assert [row[0] for row in csv.reader(file)] == ["file_id", "quick", "slow"]
            assert seconds < 10, f"{seconds:.1f} s"
            print(f"ok: --deadline 5s: both files have a row, the run took {seconds:.1f} s")
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False)


if __name__ == "__main__":
    main()
