"""What the features of the recording, and simulated discs, do for real old recordings: a table in docs/model-evaluation.md.

Usage: cd training && .venv/bin/python -m checks.old_recordings CLIPS_DIR [--program PROGRAM] [--jobs N]

The clips of Old-Time / Historic that are transfers of cylinders and 78s (those of MODERN sources are modern recordings of
old music), each judged by a head that saw nothing of its sources, and how often clips and degraded copies of other genres fall
into Old-Time / Historic. The setting is that of the shipped head, but for what a line says; needs the stages `augment` and
`embed` of `head`.
"""

from dataclasses import replace

import numpy as np

from checks import options, shipped
from head import card, held_out, samples
from head.__main__ import PROJECT, Run
from head.candidates import OLD, Mixed, Setting
from head.evaluate import TABLE_FLOOR, Alone
from head.protocol import SourceHeldOut
from head.regression import log_softmax
from pipeline.genres import GENRES

MODERN = ("molly_tenenbaum", "strungout_stringband")
RECIPES = ("telephone", "low_rate", "tape", "vinyl")

CANDIDATES = [
    ("without the features, discs simulated (a tenth of the weight)",
     dict(layers=("tag", "pooled"), old_discs=0.1)),
    ("without the features, none simulated", dict(layers=("tag", "pooled"), old_discs=0.0)),
    ("with the features, discs simulated (a tenth)", dict(old_discs=0.1)),
    ("with the features, discs simulated (a third)", dict(old_discs=1 / 3)),
    ("with the features, discs simulated (a twentieth)", dict(old_discs=0.05)),
    ("with the features, discs simulated (a fiftieth)", dict(old_discs=0.02)),
    ("with the features, none simulated", dict(old_discs=0.0)),
]


def line(name: str, setting: Setting, run: Run, rows: samples.Samples) -> str:
    how = SourceHeldOut(run.clips, rows)
    judged, = how.judge(Alone(Mixed(setting, run.networks.columns)).fit, rows, run.jobs)
    old = GENRES.index(OLD)
    known = np.isfinite(judged.logits).all(axis=1)
    guess = np.where(known, np.nan_to_num(judged.logits).argmax(axis=1), -1)
    real = how.evaluated & (rows.y == old) & ~np.isin(rows.source, MODERN)
    loss = -log_softmax(judged.logits[real])[:, old]
    table = held_out.rows(judged.logits[how.evaluated], rows.where(how.evaluated), TABLE_FLOOR)
    taken = [np.mean(guess[known & (rows.recipe == recipe) & (rows.y != old)] == old)
             for recipe in (samples.ORIGINAL, *RECIPES)]
    discs = np.mean(guess[known & (rows.recipe == "shellac")] == old)
    cells = [name, f"{np.sum(guess[real] == old)} of {real.sum()}", f"{loss.mean():.2f}",
             f"{held_out.recall(table)[OLD]:.0%}", f"{discs:.0%}", *(f"{share:.1%}" for share in taken),
             f"{held_out.summary(table)['objective']:.3f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    a = options.of_clips(__doc__)
    run, rows, base = shipped.of_clips(a)
    text = ["| | transfers right | their log loss | all of Old-Time / Historic | simulated discs | clips of other genres taken for it | telephone "
            "copies | 8 to 11 kHz | tape | vinyl | objective |", "|---" * 11 + "|"]
    text += [line(name, replace(base, **changes), run, rows) for name, changes in CANDIDATES]
    card.replace_block(PROJECT / "docs" / card.EVALUATION, "old-recordings", "\n".join(text))
    print("\n".join(text))


if __name__ == "__main__":
    main()
