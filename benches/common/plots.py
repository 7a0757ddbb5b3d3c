"""The two figures of docs/performance.md."""

from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import LogLocator, NullLocator  # noqa: E402

# Okabe and Ito's colours, which everyone can tell apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
MARKERS = "osD^vPX"


def _finish(figure, path: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
    # Without matplotlib's version in the file it changes only with the figures.
    figure.savefig(path, dpi=150, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)


def throughput(series: dict[str, dict[int, list[float]]], cores: int, path: Path) -> None:
    """`series`: title -> jobs -> clips per second in each round."""
    figure, axes = plt.subplots(figsize=(7.5, 4.2))
    for index, (title, points) in enumerate(series.items()):
        jobs = sorted(points)
        centre = [median(points[j]) for j in jobs]
        below = [c - min(points[j]) for c, j in zip(centre, jobs)]
        above = [max(points[j]) - c for c, j in zip(centre, jobs)]
        axes.errorbar(jobs, centre, (below, above), label=title, capsize=3,
                      color=COLOURS[index % len(COLOURS)], marker=MARKERS[index % len(MARKERS)])
    every_job = sorted({job for points in series.values() for job in points})
    axes.axvline(cores, color="0.7", linestyle=":")
    axes.annotate(f"{cores} processors", (cores, 1), xycoords=("data", "axes fraction"),
                  xytext=(4, -2), textcoords="offset points", va="top", color="0.4", fontsize=8)
    axes.set_xticks(every_job)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color="0.92")
    axes.set_xlabel("jobs (threads of fma-genre, processes of the others)")
    axes.set_ylabel("clips of 30 s per second")
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
    _finish(figure, path)


def stages(rows: dict[str, dict[str, float]], names: list[str], path: Path) -> None:
    """`rows`: title -> stage -> milliseconds per clip; `names`: the stages in order."""
    figure, axes = plt.subplots(figsize=(7.5, 0.6 + 0.5 * len(rows)))
    titles = list(rows)[::-1]
    left = [0.0] * len(titles)
    for index, name in enumerate(names):
        widths = [rows[title].get(name, 0.0) for title in titles]
        axes.barh(titles, widths, left=left, label=name, color=COLOURS[index], height=0.6)
        left = [start + width for start, width in zip(left, widths)]
    for position, total in enumerate(left):
        axes.annotate(f"{total:.0f}", (total, position), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=8)
    axes.grid(axis="x", color="0.92")
    axes.set_xlabel("milliseconds per clip of 30 s, one thread")
    axes.tick_params(axis="y", labelsize=8)
    axes.legend(fontsize=8, frameon=False, ncols=len(names), loc="lower left",
                bbox_to_anchor=(0, 1))
    _finish(figure, path)
