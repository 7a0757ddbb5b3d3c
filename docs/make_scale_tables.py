#!/usr/bin/env python3
"""Writes the tables of docs/scale.md from benches/results/scale.json and shard-sizes.json.

Usage: python3 docs/make_scale_tables.py
"""

import json
from pathlib import Path

from marked_tables import write_between_markers

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benches" / "results"
DOCUMENT = PROJECT / "docs" / "scale.md"

# Dollars per hour, on demand, Linux, us-east-1, as known to the authors in 2026; look yours up.
# Processors: an AMD vCPU of this family is a core, as on the machine that measured; an Intel vCPU is
# half of one, and is counted as such.
MACHINES = [
    ("AWS c7a.xlarge (4 vCPU, Zen 4)", 0.2053, 4.0),
    ("AWS c7a.16xlarge (64 vCPU, Zen 4)", 3.2845, 64.0),
    ("AWS c7i.xlarge (4 vCPU, two Intel cores)", 0.1785, 2.0),
]
# Amazon S3 standard, dollars per request.
GET, LISTED_KEY = 0.0004 / 1_000, 0.005 / 1_000 / 1_000


def measured(results: dict) -> tuple[list[str], dict[str, dict]]:
    lines = ["| | processor seconds | MB read | bytes written | peak MiB with 2 jobs |",
             "|---|---|---|---|---|"]
    costs = {}
    for row in results["per_file"]:
        if row["jobs"] != 1:
            continue
        peak = next(other["peak_mib"] for other in results["per_file"]
                    if other["what"] == row["what"] and other["jobs"] == 2)
        files = row["files"]
        costs[row["what"]] = {"cpu": row["cpu_seconds"] / files, "bytes": row["bytes"] / files}
        lines.append(f"| {row['what']} | {row['cpu_seconds'] / files:.3f} | "
                     f"{row['bytes'] / files / 1e6:.2f} | {row['output_bytes'] / files:.0f} | "
                     f"{peak:.0f} |")
    return lines, costs


def of_a_million(results: dict) -> list[str]:
    lines = ["| with a million files in the folder | seconds | peak MiB |", "|---|---|---|"]
    for row in results["shards"]:
        match row["what"]:
            case "shard 0/10000":
                what = "start of a shard: all names are read, next to none is worked on"
            case "merge":
                what = f"`merge` of {row['shards']} shards to JSON lines"
            case _:
                continue
        lines.append(f"| {what} | {row['wall_seconds']:.1f} | {row['peak_mib']:.0f} |")
    return lines


def dollars(costs: dict[str, dict]) -> list[str]:
    lines = ["| machine | $ per hour | files | files per hour | machine hours | $ |",
             "|---|---|---|---|---|---|"]
    for name, price, cores in MACHINES:
        for what, cost in costs.items():
            per_hour = 3600 * cores / cost["cpu"]
            for files in (1_000_000, 100_000_000):
                hours = files / per_hour
                lines.append(f"| {name} | {price:.4f} | {files:,} x {what} | {per_hour:,.0f} | "
                             f"{hours:,.1f} | {hours * price:,.2f} |")
    return lines


def storage(costs: dict[str, dict]) -> list[str]:
    lines = ["| files | requests, $ | TB read | Gbit/s that one core reads |", "|---|---|---|---|"]
    for what, cost in costs.items():
        for files in (1_000_000, 100_000_000):
            lines.append(f"| {files:,} x {what} | {files * (GET + LISTED_KEY):,.2f} | "
                         f"{files * cost['bytes'] / 1e12:,.2f} | "
                         f"{8 * cost['bytes'] / cost['cpu'] / 1e9:.2f} |")
    return lines


def shard_sizes(results: dict) -> list[str]:
    lines = ["| job | machines fail every | shards per worker | files per shard | minutes per shard | time, anew "
             "| time, `--resume` |", "|---|---|---|---|---|---|---|"]
    hours = results["assumed"]["hours_between_failures"]
    rows = results["rows"]
    for row in rows:
        if row["resume"]:
            continue
        key = ("job", "machines", "shards_per_worker")
        other = next(o for o in rows if o["resume"] and all(o[k] == row[k] for k in key))

        def time(row: dict) -> str:
            return f"{row['median']:.2f} (worst {row['of_20_the_worst']:.2f})"

        lines.append(f"| {row['job']}, {row['ideal_minutes']:.0f} min | {hours[row['machines']]:,.0f} h | "
                     f"{row['shards_per_worker']} | {row['files_per_shard']:,} | "
                     f"{row['minutes_per_shard']} | {time(row)} | {time(other)} |")
    return lines


def main() -> None:
    scale = json.loads((RESULTS / "scale.json").read_text())
    sizes = json.loads((RESULTS / "shard-sizes.json").read_text())
    per_file, costs = measured(scale)
    write_between_markers(DOCUMENT, "per-file", per_file)
    write_between_markers(DOCUMENT, "million", of_a_million(scale))
    write_between_markers(DOCUMENT, "dollars", dollars(costs))
    write_between_markers(DOCUMENT, "storage", storage(costs))
    write_between_markers(DOCUMENT, "shard-sizes", shard_sizes(sizes))


if __name__ == "__main__":
    main()
