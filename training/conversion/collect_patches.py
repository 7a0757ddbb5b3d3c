"""Picks real log-mel patches for the verification: `.cache/verification_patches.npy`.

Usage: python -m conversion.collect_patches CLIPS_DIR [COUNT]

The clips are taken evenly from the sorted folder, the patches in turn from each clip, so that
as many clips as possible take part.
"""

import sys
from pathlib import Path

import numpy as np

from conversion.package import CACHE
from pipeline import front_end

OUTPUT = CACHE / "verification_patches.npy"


def collect(folder: Path, count: int) -> np.ndarray:
    clips = sorted(folder.rglob("*.mp3"))
    if not clips:
        raise SystemExit(f"{folder}: no mp3 files")
    picked = [clips[i * len(clips) // min(count, len(clips))]
              for i in range(min(count, len(clips)))]
    by_clip = [front_end.patches(front_end.load_audio(c)) for c in picked]
    rounds = max(len(p) for p in by_clip)
    in_turn = [p[r] for r in range(rounds) for p in by_clip if r < len(p)]
    if len(in_turn) < count:
        raise SystemExit(f"{folder}: only {len(in_turn)} patches, {count} wanted")
    print(f"{count} patches from {min(count, len(picked))} clips")
    return np.stack(in_turn[:count])


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    np.save(OUTPUT, collect(Path(sys.argv[1]), count))


if __name__ == "__main__":
    main()
