"""Log-mel spectrograms of all training clips, computed once: `.cache/compress/spectrograms.npz`.

Usage: python -m compress.spectrograms MANIFEST.csv|FOLDER...

A manifest has the columns file, group and source beside its clips; of a folder every mp3 is
taken, as a group of its own, with the folder's name as source. Written in one file:
  frames   float16 [all frames, 96]    one clip after the other
  starts   int64 [clips + 1]           first frame of each clip
  files, groups, sources   str [clips]
"""

import csv
import sys
import warnings
from pathlib import Path

import numpy as np

from compress import FOLDER, save_whole
from pipeline import front_end

OUTPUT = FOLDER / "spectrograms.npz"


def clips(argument: Path) -> list[tuple[Path, str, str]]:
    """(file, group, source) of every clip that a manifest or a folder names."""
    if argument.suffix == ".csv":
        with argument.open(newline="") as file:
            return [(argument.parent / row["file"], row["group"], row["source"])
                    for row in csv.DictReader(file)]
    return [(path, path.stem, argument.resolve().name) for path in sorted(argument.rglob("*.mp3"))]


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    warnings.filterwarnings("ignore")
    wanted = [clip for argument in sys.argv[1:] for clip in clips(Path(argument))]
    frames, kept = [], []
    for number, clip in enumerate(wanted):
        spectrogram = front_end.log_mel(front_end.load_audio(clip[0]))
        if len(spectrogram) >= front_end.FRAMES:
            frames.append(spectrogram.astype(np.float16))
            kept.append(clip)
        if number % 200 == 199:
            print(f"{number + 1} of {len(wanted)} clips", flush=True)
    save_whole(
        OUTPUT, frames=np.concatenate(frames),
        starts=np.cumsum([0] + [len(f) for f in frames]),
        files=[c[0].name for c in kept], groups=[c[1] for c in kept],
        sources=[c[2] for c in kept])
    print(f"{len(kept)} clips, {sum(map(len, frames)):,} frames")


if __name__ == "__main__":
    main()
