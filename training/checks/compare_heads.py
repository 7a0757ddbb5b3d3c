"""How far two heads differ on the same held-out clips: a table in docs/model-evaluation.md.

Usage: cd training && git show 273597d:training/reports/head-held-out.csv > before.csv
       .venv/bin/python -m checks.compare_heads before.csv reports/head-held-out.csv
       (and the same with head-full-held-out.csv and --block full-before-and-now)

Intervals are 95 % bootstrap intervals of the difference, over groups and over whole sources, genre by genre.
"""

import argparse
from pathlib import Path

from head import card, held_out, rounds
from head.__main__ import PROJECT

SEED = 20261122


def markdown(before: list[held_out.Row], now: list[held_out.Row]) -> str:
    one, two = held_out.summary(now), held_out.summary(before)
    units = {unit: held_out.intervals(now, before, SEED, unit=unit) for unit in ("group", "source")}
    lines = ["| | before | now | difference | 95 %, by group | 95 %, by source |", "|---" * 6 + "|"]
    for name in rounds.MEASURES:
        cells = [rounds.scaled(name, two[name]), rounds.scaled(name, one[name]),
                 rounds.scaled(name, one[name] - two[name], "+")]
        cells += ["{} to {}".format(*(rounds.scaled(name, bound, "+") for bound in units[unit][name]))
                  if name in units[unit] else "" for unit in units]
        lines.append(f"| {rounds.title(name)} | " + " | ".join(cells) + " |")
    recalls = held_out.recall(now), held_out.recall(before)
    moved = [f"{genre} {100 * recalls[1][genre]:.0f} to {100 * recalls[0][genre]:.0f}" for genre in recalls[0]
             if round(100 * recalls[0][genre]) != round(100 * recalls[1][genre])]
    return "\n".join([*lines, "", "Recall (%) changed in: " + ", ".join(moved) + "."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("now", type=Path)
    parser.add_argument("--block", default="before-and-now", help="of the document")
    a = parser.parse_args()
    before, now = held_out.read(a.before), held_out.read(a.now)
    common = {row.clip for row in before} & {row.clip for row in now}
    text = markdown(*([row for row in table if row.clip in common] for table in (before, now)))
    card.replace_block(PROJECT / "docs" / card.EVALUATION, a.block, text)
    print(text)


if __name__ == "__main__":
    main()
