"""Makes the goldens from mp3 to 16 probabilities, of the ten clips of examples/ under a uniform prior, by the
Python pipeline: libmpg123, scipy, librosa, onnxruntime. None of these is in the program.

Usage (Python environment of training/): training/.venv/bin/python tests/goldens/end_to_end/generate.py

Per model it writes
  MODEL.csv        what the program should answer, in the challenge's format
  MODEL.wrong.csv  what programs with a defect would answer, the defect in the first column

tests/end_to_end.rs compares the program with a tolerance in total variation, half the sum of the absolute
differences of the 16 probabilities: TOLERANCE here, the same there. Most of what it allows is for the resamplers: one
whose edge at 8 kHz is gentler (soxr) moves one of the clips by 0.08. The script prints how far each defect is from
the goldens.
"""

import csv
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "training"))

from pipeline import audio, model_folder  # noqa: E402
from pipeline.genres import GENRES, UNIFORM_PRIOR  # noqa: E402
from pipeline.predict import Predictor  # noqa: E402

# The program's name of a model -> its folder.
MODELS = {"compact": "compact", "full": "full"}
TOLERANCE = 0.02

# Samples at the file's rate that libmpg123 gives and the program does not. This clip was cut from the middle of a
# stream: its first two frames refer to data before the cut, so the program leaves them out, while
# libmpg123 gives silence for them and takes off the decoder's delay of 529 samples.
NOT_IN_THE_PROGRAM = {"battle-epic-doug-kaufman": 2 * 1152 - 529}

# Tags of the last network that change places in a wrong program.
SWAPPED_TAGS = ("Electronic music", "Classical music")


def total_variation(p: np.ndarray, q: np.ndarray) -> float:
    return 0.5 * float(np.abs(p - q).sum())


def swapped_tags(manifest: dict, features: np.ndarray) -> np.ndarray:
    start = sum(map(model_folder.width, manifest["networks"][:-1]))
    one, two = (start + manifest["networks"][-1]["tags"].index(tag) for tag in SWAPPED_TAGS)
    changed = features.copy()
    changed[:, [one, two]] = features[:, [two, one]]
    return changed


def wrong_answers(model: Predictor, samples: np.ndarray) -> dict[str, np.ndarray]:
    """What programs with a defect would answer to a clip, by the defect."""
    manifest = model.manifest
    inputs = model.inputs(model.raised(samples))
    features = model.patch_features(inputs)
    widths = [model_folder.width(network) for network in manifest["networks"]]
    blocks = np.split(features, np.cumsum(widths)[:-1], axis=1)

    def of(features: np.ndarray) -> np.ndarray:
        return model.probabilities(features, UNIFORM_PRIOR)

    def of_inputs(change) -> np.ndarray:
        return of(model.patch_features([change(x) for x in inputs]))

    answers = {
        "the prior": UNIFORM_PRIOR,
        "two tags swapped": of(swapped_tags(manifest, features)),
        "networks in another order": of(np.concatenate([*blocks[1:], blocks[0]], axis=1)),
        "the first patch for all": of_inputs(lambda x: np.repeat(x[:1], len(x), axis=0)),
        "frames in reverse": of_inputs(lambda x: x[..., ::-1, :]),
        "mel bands in reverse": of_inputs(lambda x: x[..., ::-1]),
    }
    if any(network["patches"] < manifest["patch"]["max_patches"]
           for network in manifest["networks"]):
        # Otherwise every network sees every patch, and the order makes no difference.
        answers["patches in another order"] = of_inputs(lambda x: np.roll(x, 1, axis=0))
    return answers


def write(path: Path, first_columns: list[str], rows: list[tuple[list[str], np.ndarray]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*first_columns, *GENRES])
        writer.writerows([*first, *(f"{p:.8f}" for p in answer)] for first, answer in rows)


def main() -> None:
    clips = {path.stem: audio.load(path, NOT_IN_THE_PROGRAM.get(path.stem, 0))
             for path in sorted((ROOT / "examples").glob("*.mp3"))}
    for name, folder in MODELS.items():
        model = Predictor(ROOT / "models" / folder)
        right = {clip: model.predict(samples, UNIFORM_PRIOR) for clip, samples in clips.items()}
        wrong = {clip: wrong_answers(model, samples) for clip, samples in clips.items()}
        write(HERE / f"{name}.csv", ["file_id"],
              [([clip], answer) for clip, answer in right.items()])
        defects = list(next(iter(wrong.values())))
        write(HERE / f"{name}.wrong.csv", ["defect", "file_id"],
              [([defect, clip], wrong[clip][defect]) for defect in defects for clip in clips])
        for defect in defects:
            distances = [total_variation(right[clip], wrong[clip][defect]) for clip in clips]
            found = sum(distance > TOLERANCE for distance in distances)
            print(f"{name}: {defect}: {min(distances):.3f} to {max(distances):.3f}, "
                  f"beyond the tolerance in {found} of {len(distances)} clips")


if __name__ == "__main__":
    main()
