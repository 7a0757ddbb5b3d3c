#!/usr/bin/env python3
"""Records what `fma-genre classify` shows on a terminal, as docs/terminal.svg.

usage: docs/make_terminal_picture.py target/release/fma-genre
needs: pip install rich==14.2.0; script (util-linux)
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 96
COMMAND = "fma-genre classify Music"


def record(program):
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder, "Music")
        music.mkdir()
        for clip in sorted((ROOT / "examples").glob("*.mp3")):
            shutil.copy(clip, music)
        shell = f"stty cols {COLUMNS} rows 40; exec {program} classify Music -q"
        done = subprocess.run(
            ["script", "-qec", shell, "/dev/null"], cwd=folder, capture_output=True, check=True, stdin=subprocess.DEVNULL
        )
    return done.stdout.decode().replace("\r\n", "\n")


def main():
    program = Path(sys.argv[1]).resolve()
    console = Console(record=True, width=COLUMNS, file=open("/dev/null", "w"), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), COMMAND))
    console.print(Text.from_ansi(record(program).rstrip("\n")))
    svg = console.export_svg(title="fma-genre", unique_id="fma-genre")
    # A picture must not load a font from elsewhere.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)
    (ROOT / "docs" / "terminal.svg").write_text(svg)


if __name__ == "__main__":
    main()
