"""The default model's training rows and setting, for checks that fit it once more."""

import argparse
import json

from head import samples
from head.__main__ import CACHE, PROJECT, Run
from head.candidates import Setting

REPORT = PROJECT / "training" / "reports" / "head.json"


def of_clips(a: argparse.Namespace) -> tuple[Run, samples.Samples, Setting]:
    """The run on `options.of_clips`, its rows, and the setting of the shipped head. Needs the stages `augment` and
    `embed` of `head`."""
    folder = PROJECT / "models" / "compact"
    run = Run(folder=a.clips, networks_folder=folder, out=folder, program=a.program, cache=CACHE,
              report=REPORT, docs=PROJECT / "docs", model_card=PROJECT / "models" / "README.md",
              prefix="", beside=None, copies=2, seed=20261122, jobs=a.jobs, without_librosa=True, brief=True,
              first_features=None)
    rows = samples.build(run.clips, run.planned, run.features, ("mean",))
    return run, rows, Setting.from_json(json.loads(REPORT.read_text())["shipped"]["setting"])
