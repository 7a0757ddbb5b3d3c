#!/usr/bin/env python3
"""Writes the tables of docs/reliability.md from the raw results in benches/results: python3 docs/make_reliability_tables.py"""

import json
from pathlib import Path

from marked_tables import write_between_markers

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENT = PROJECT / "docs" / "reliability.md"


def results(name):
    return json.loads((PROJECT / "benches" / "results" / f"{name}.json").read_text())


def mutations(found):
    moved = found["moderate damage"]
    ends = ", ".join(f"{count} with exit code {code}" for code, count in found["ends"].items())
    statuses = {}
    for counts in found["status"].values():
        for status, count in counts.items():
            statuses[status] = statuses.get(status, 0) + count
    rows = [
        ("files", f"{found['files']:,}"),
        ("runs, of {:,} files each".format(found["batch"]), ends),
        ("files without exactly one row", found["missing"]),
        ("rows that are not 16 finite probabilities with the sum 1", found["not finite"]),
        ("files that took longer than 20 s", found["timeouts"]),
        ("files on which the analysis panicked, contained", found["panics of the analysis"]),
        ("classified, without and with a remark; unusable", ", ".join(f"{statuses.get(s, 0):,}" for s in ("ok", "warning", "unusable"))),
        ("up to 1 % of the frames damaged: distance of the probabilities, median", f"{moved['median']:.3f}"),
        (f"the same, 95 % of {moved['copies']} copies; worst", f"{moved['95 %']:.3f}; {moved['worst']:.3f}"),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def kills(found):
    lines = ["| | killed | output absent or old | complete | partial | left behind |", "|---|---|---|---|---|---|"]
    for command in ("predict", "classify"):
        row = found[command]
        old = row.get("absent", 0) + row.get("old", 0)
        lines.append(
            f"| `{command}` | {row['killed']} of {found['kills']} | {old} | {row.get('complete', 0)} | {row.get('partial', 0)} | {row['left behind']} |"
        )
    row = found["tag"]
    lines += [
        "",
        "| | killed | files as before | files tagged | files torn | not given back by `--undo` | left behind |",
        "|---|---|---|---|---|---|---|",
        f"| `tag --write` | {row['killed']} of {found['kills']} | {row.get('files old', 0)} | {row.get('files new', 0)} | "
        f"{row.get('files torn', 0)} | {row['files that --undo did not give back']} | {row['left behind']} |",
    ]
    return lines


def hostile(found):
    lines = [
        "| | files | answered | errors | crashes | hangs | wrong durations, of those judged |",
        "|---|---|---|---|---|---|---|",
    ]
    for peer, row in found["peers"].items():
        version = found["versions"].get(peer.split()[0], "")
        lines.append(
            f"| {' '.join([peer, version]).strip()} | {row['files']} | {row['answered']} | {row['errors']} | {row['crashes']} "
            f"| {row['hangs']} | {row['wrong durations']} of {row['judged']} |"
        )
    kinds = sorted({kind for row in found["peers"].values() for kind in row["wrong by kind"]})
    lines += ["", "Wrong durations by kind of damage:", "", "| | " + " | ".join(found["peers"]) + " |", "|---|" + "---|" * len(found["peers"])]
    for kind in kinds:
        lines.append(f"| {kind} | " + " | ".join(str(row["wrong by kind"].get(kind, 0)) for row in found["peers"].values()) + " |")
    return lines


def fuzzing(found):
    lines = ["| target | processor time | runs | inputs that reach something new | crashes |", "|---|---|---|---|---|"]
    for target, row in found.items():
        lines.append(f"| `{target}` | {row['cpu_seconds'] / 60:.0f} min | {row['runs']:,} | {row['corpus']} | {row['crashes']} |")
    return lines


def main():
    for name, table in (("mutations", mutations), ("kills", kills), ("hostile", hostile), ("fuzzing", fuzzing)):
        if (PROJECT / "benches" / "results" / f"{name}.json").exists():
            write_between_markers(DOCUMENT, name, table(results(name)))


if __name__ == "__main__":
    main()
