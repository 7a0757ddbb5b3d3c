"""`python -m head STAGE CLIPS_DIR [options]`; see `head` for the stages."""

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from head import (
    augment, card, clips, embed, export, fma, held_out, librosa_statistics, plot, rounds, samples)
from head.candidates import Mixed, Setting
from head.clip import Clip, stable_hash
from head.evaluate import Data, evaluate
from head.protocol import protocol

TRAINING = Path(__file__).resolve().parents[1]
PROJECT = TRAINING.parent
CACHE = TRAINING / ".cache" / "head"


@dataclass
class Run:
    """One training run: its options and what its stages share."""

    folder: Path
    networks_folder: Path
    out: Path
    program: Path
    cache: Path
    report: Path
    docs: Path
    model_card: Path
    prefix: str
    beside: Path | None
    copies: int
    seed: int
    jobs: int
    without_librosa: bool
    brief: bool
    first_features: Path | None

    @cached_property
    def clips(self) -> list[Clip]:
        found = clips.read(self.folder)
        print(f"{len(found)} clips, {sum(c.labelled for c in found)} labelled, "
              f"{len({c.source for c in found})} sources")
        return found

    @cached_property
    def planned(self) -> list[augment.Copy]:
        return augment.plan(self.clips, self.copies, self.seed)

    @cached_property
    def networks(self) -> embed.Networks:
        return embed.Networks.load(self.networks_folder)

    @cached_property
    def copies_folder(self) -> Path:
        """Other clips of the same names in another folder must not share copies."""
        return self.cache / f"copies-{stable_hash(self.folder.resolve()):016x}"

    @cached_property
    def features(self) -> dict[str, np.ndarray]:
        """As the program gives them, which is what the head will see."""
        directories = sorted({clip.path.parent for clip in self.clips})
        directories += sorted(
            {augment.folder_of(copy, self.copies_folder) for copy in self.planned})
        return embed.patches(self.program, self.networks, directories, self.cache, self.jobs)

    def data(self) -> Data:
        """For evaluation."""
        mean = samples.build(self.clips, self.planned, self.features, ("mean",))
        if self.brief:
            return Data(self.clips, self.networks.columns, mean, None, None)
        wide = samples.build(self.clips, self.planned, self.features, embed.POOLINGS)
        statistics = None
        if not self.without_librosa:
            own = [clip for clip in self.clips if clip.labelled]
            values = librosa_statistics.compute(own, self.cache, self.jobs)
            row_of = {clip.id: row for clip, row in zip(own, values)}
            statistics = np.stack([
                row_of[parents[0].id] if kind == samples.ORIGINAL
                else np.zeros(librosa_statistics.WIDTH)
                for parents, kind in zip(mean.parents, mean.kind)])
        return Data(self.clips, self.networks.columns, mean, wide, statistics)

    # The stages.

    def stage_clips(self) -> None:
        table = Counter((clip.genre or "(unlabelled)", clip.source) for clip in self.clips)
        for (genre, source), count in sorted(table.items()):
            print(f"{genre:20} {source:40} {count}")

    def stage_augment(self) -> None:
        augment.run(self.planned, self.copies_folder, self.jobs)

    def stage_embed(self) -> None:
        lost = [c.id for c in self.clips if c.labelled and c.id not in self.features]
        print(f"{len(self.features)} recordings have features; without: {len(lost)} {lost[:3]}")

    def stage_evaluate(self) -> None:
        report, table = evaluate(self.data(), self.seed, self.jobs)
        self.report.parent.mkdir(parents=True, exist_ok=True)
        self.report.write_text(json.dumps(report, indent=1) + "\n")
        held_out.write(held_out.beside(self.report), table)

    def stage_rounds(self) -> None:
        """Beside the first round's procedure, on its clips and on all."""
        if self.first_features is None:
            raise SystemExit("the stage rounds needs --first-features")
        features: dict[str, np.ndarray] = {}
        for file in sorted(self.first_features.glob("*.npy")):
            features |= embed.read(file)
        rows = samples.build(self.clips, self.planned, features, ("mean",))
        now = held_out.read(held_out.beside(self.report))
        found = rounds.compare(
            self.clips, self.networks.columns, rows, now, self.seed, self.jobs)
        report = json.loads(self.report.read_text()) | {"rounds": found}
        self.report.write_text(json.dumps(report, indent=1) + "\n")

    def stage_export(self) -> None:
        """Fits the chosen setting to everything that may train and writes the model folder."""
        report = json.loads(self.report.read_text())
        shipped = report["shipped"]
        setting = Setting.from_json(shipped["setting"])
        rows = samples.build(self.clips, self.planned, self.features, setting.pooling)
        fitted = Mixed(setting, self.networks.columns).fit(
            rows.where(protocol(self.clips, rows).train))
        written = export.export(fitted, self.networks, self.out, pooling=setting.pooling,
                                temperature=shipped["temperature"], floor=shipped["floor"])
        report |= {"head_version": written["head"]["version"], "networks": written["name"],
                   "seed": self.seed, "rows": dict(Counter(rows.kind.tolist()))}
        self.report.write_text(json.dumps(report, indent=1) + "\n")
        print(f"{written['head']['version']} -> {self.out}")

    def stage_card(self) -> None:
        report = json.loads(self.report.read_text())
        if "head_version" not in report:
            raise SystemExit("the stage export comes before card")
        self.docs.mkdir(parents=True, exist_ok=True)
        plot.reliability(report, self.docs / f"{self.prefix}reliability.png")
        card.write(report, self.clips, self.docs, self.model_card, self.prefix)
        if "rounds" in report:
            card.replace_block(self.docs / card.EVALUATION, f"{self.prefix}rounds",
                               rounds.markdown(report["rounds"]))
        if self.beside is not None:
            tables = [held_out.read(held_out.beside(path)) for path in (self.beside, self.report)]
            table = card.side_by_side(json.loads(self.beside.read_text()), report,
                                      held_out.intervals(*tables, self.seed))
            card.replace_block(self.docs / card.EVALUATION, "side-by-side", table)


STAGES = ("clips", "augment", "embed", "evaluate", "export", "card")
# Only where it is asked for: what it compares with is this project's past.
STAGES_APART = ("rounds",)


def parse() -> tuple[list[str], Run]:
    parser = argparse.ArgumentParser(prog="python -m head", description=__doc__)
    parser.add_argument("stage", choices=(*STAGES, *STAGES_APART, "all"))
    parser.add_argument("folder", type=Path, help="a folder with manifest.csv, or an FMA tree")
    parser.add_argument("--networks", type=Path, default=PROJECT / "models" / "compact",
                        help="model folder whose networks make the features")
    parser.add_argument("--out", type=Path, help="model folder to write [that of --networks]")
    parser.add_argument("--program", type=Path,
                        default=PROJECT / "target" / "release" / "fma-genre")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--report", type=Path, default=TRAINING / "reports" / "head.json")
    parser.add_argument("--docs", type=Path, default=PROJECT / "docs")
    parser.add_argument("--model-card", type=Path, default=PROJECT / "models" / "README.md")
    parser.add_argument("--prefix", default="",
                        help="of the tables' markers and the plot's name, for a second model")
    parser.add_argument("--beside", type=Path, metavar="REPORT",
                        help="report of a model to put beside this one in a table")
    parser.add_argument("--copies", type=int,
                        help="degraded copies per clip, small genres get more [2; 0 for FMA]")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--without-librosa", action="store_true",
                        help="leave out the starter kit's baseline, which takes longest")
    parser.add_argument("--brief", action="store_true",
                        help="leave out the comparison's baselines that take long")
    parser.add_argument("--first-features", type=Path, metavar="FOLDER",
                        help="for the stage rounds: the features that the first round's program gave")
    a = parser.parse_args()
    copies = a.copies
    if copies is None:
        copies = 0 if (a.folder / fma.TRACKS).is_file() else 2
    run = Run(a.folder, a.networks, a.out or a.networks, a.program, a.cache, a.report, a.docs,
              a.model_card, a.prefix, a.beside, copies, a.seed, a.jobs, a.without_librosa, a.brief,
              a.first_features)
    return [a.stage] if a.stage != "all" else list(STAGES[1:]), run


def main() -> None:
    stages, run = parse()
    for stage in stages:
        start = time.monotonic()
        getattr(run, f"stage_{stage}")()
        print(f"-- {stage}: {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
