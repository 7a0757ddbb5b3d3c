"""docs/reliability.png: is a probability of 70 % right in 70 % of the cases?"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend comes first)


def reliability(report: dict, path: Path) -> None:
    """Accuracy over confidence of the top genre on held-out clips; dot areas show the counts."""
    confidence, accuracy, count = zip(*report["reliability"])
    figure, axes = pyplot.subplots(figsize=(5, 5), dpi=120)
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="perfectly calibrated")
    axes.plot(confidence, accuracy, color="tab:blue", linewidth=1)
    axes.scatter(confidence, accuracy, s=[1.0 * n for n in count], color="tab:blue", alpha=0.6,
                 label="held-out clips, area: how many")
    for x, y, n in report["reliability"]:
        axes.annotate(f"{n:.0f}", (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of the top genre",
             ylabel="share that was right", aspect="equal",
             title=f"Expected calibration error {report['with_floor']['ece']:.3f}")
    axes.legend(loc="upper left")
    figure.tight_layout()
    # Without the version that matplotlib writes by default the file is reproducible.
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)
