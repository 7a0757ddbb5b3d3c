"""Writes the measured tables into models/README.md and docs/model-evaluation.md.

Only what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` is replaced; the prose
around it is written by hand.
"""

from collections import Counter
from pathlib import Path

from head.clip import Clip
from pipeline.genres import GENRES

EVALUATION = "model-evaluation.md"

# The first lines of a document that nobody wrote by hand.
GENERATED = "# Results\n\nWritten by training/train.sh.\n"


def replace_block(path: Path, name: str, text: str) -> None:
    """Puts `text` between the markers of `name`. A file that does not exist yet gets a section for it; one
    that somebody wrote and that has no such markers stays as it is."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    document = path.read_text() if path.exists() else GENERATED
    if begin not in document and document.startswith(GENERATED):
        document += f"\n## {name}\n\n{begin}\n{end}\n"
    if begin not in document or end not in document:
        print(f"{path.name}: no markers {name}, table not written")
        return
    head, _, rest = document.partition(begin)
    _, _, tail = rest.partition(end)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}")


def percent(x: float) -> str:
    return f"{100 * x:.0f} %"


def interval(values: list[float], form) -> str:
    return f"{form(values[0])} to {form(values[1])}"


def comparison(report: dict) -> str:
    """One line per candidate."""
    lines = ["| head | log loss | accuracy | balanced log loss | balanced accuracy | macro F1 "
             "| ECE | FMA mix log loss | FMA mix accuracy | objective |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for name, m in report["table"].items():
        lines.append(
            f"| {name} | {m['log_loss']:.3f} | {100 * m['accuracy']:.1f} % "
            f"| {m['balanced_log_loss']:.3f} | {100 * m['balanced_accuracy']:.1f} % "
            f"| {m['macro_f1']:.3f} | {m['ece']:.3f} | {m['fma_mix_log_loss']:.3f} "
            f"| {100 * m['fma_mix_accuracy']:.1f} % | {m['objective']:.3f} |")
    return "\n".join(lines)


def side_by_side(report: dict, other: dict, intervals: dict[str, tuple[float, float]]) -> str:
    """The last line of both comparisons, that of the procedure that made the head; `intervals` of the
    differences, where there are any."""
    lines = [f"| | `{report['networks']}` | `{other['networks']}` | difference (95 %) |",
             "|---|---|---|---|"]
    one, two = (list(r["table"].values())[-1] for r in (report, other))
    for name in ("log_loss", "accuracy", "balanced_log_loss", "balanced_accuracy", "macro_f1",
                 "fma_mix_log_loss", "fma_mix_accuracy"):
        title = name.replace("_", " ").replace("fma", "FMA").replace("f1", "F1")
        if "accuracy" in name:
            scale, digits, unit, points = 100, 1, " %", " points"
        else:
            scale, digits, unit, points = 1, 3, "", ""
        a, b = scale * one[name], scale * two[name]
        line = f"| {title} | {a:.{digits}f}{unit} | {b:.{digits}f}{unit} | {a - b:+.{digits}f}{points}"
        if name in intervals:
            low, high = (scale * bound for bound in intervals[name])
            line += f" ({low:+.{digits}f} to {high:+.{digits}f})"
        lines.append(line + " |")
    return "\n".join(lines)


def classes(report: dict) -> str:
    """One line per genre, with what stands behind it."""
    lines = ["| genre | clips | groups | sources | recall (95 %) | log loss (95 %) "
             "| most often taken for |", "|---|---|---|---|---|---|---|"]
    for genre in GENRES:
        row = report["per_class"].get(genre)
        if row is None:
            lines.append(f"| {genre} | | | | no clips | | |")
            continue
        lines.append(
            f"| {genre} | {row['clips']} | {row['groups']} | {row['sources']} "
            f"| {percent(row['recall'])} ({interval(row['recall_interval'], percent)}) "
            f"| {row['log_loss']:.2f} ({interval(row['log_loss_interval'], '{:.2f}'.format)}) "
            f"| {row['taken_for']} |")
    return "\n".join(lines)


def data(clips: list[Clip]) -> str:
    """Clips per genre and source, with the licence as the manifest states it."""
    lines = ["| source | clips | licence stated | genres |", "|---|---|---|---|"]
    for source in sorted({clip.source for clip in clips}):
        own = [clip for clip in clips if clip.source == source]
        genres = Counter(clip.genre or "(unlabelled)" for clip in own)
        licences = sorted({clip.licence for clip in own if clip.licence}) or ["none stated"]
        lines.append(f"| {source} | {len(own)} | {'; '.join(licences[:3])} "
                     f"| {', '.join(f'{g} {n}' for g, n in genres.most_common())} |")
    return "\n".join(lines)


def copies(report: dict) -> str:
    """Held-out degraded copies and simulations, and a known weakness."""
    lines = []
    for kind in ("degraded", "simulated"):
        m = report.get(kind)
        if m is None:
            continue
        lines.append(f"- {kind}: accuracy {percent(m['accuracy'])}, log loss {m['log_loss']:.2f}, "
                     f"balanced {m['balanced_log_loss']:.2f}. Recall: " + ", ".join(
                         f"{genre} {percent(row['recall'])} of {row['rows']}"
                         for genre, row in m["per_class"].items()) + ".")
    lines.append("- recordings of other genres taken for International: " + ", ".join(
        f"{100 * share:.1f} % ({kind})"
        for kind, share in report["taken_for_international"].items()) + ".")
    return "\n".join(lines)


LAYERS = {"tag": "tags", "embedding": "embeddings", "pooled": "pooled channels, of YAMNet the embedding",
          "recording": "features of the recording"}


def shipped(report: dict) -> str:
    """The head in the model folder, without what only means something beside the code: that is in the report."""
    s = report["shipped"]["setting"]
    simulated = f"{100 * s['old_discs']:.0f} %"
    return "\n".join([
        "| | |", "|---|---|",
        f"| head, on networks | `{report['head_version']}` on {report['networks']} |",
        f"| what it is given | {', '.join(LAYERS[layer] for layer in s['layers'])} |",
        f"| weight of the matrix's own probabilities | {s['zero_shot']} |",
        f"| recipes of the degraded copies | {', '.join(s['recipes'])} |",
        f"| simulated discs, of the weight of Old-Time / Historic | {simulated} |",
        f"| rows | {report['rows']['original']} clips, {report['rows'].get('degraded', 0)} degraded "
        f"copies, {report['rows'].get('simulated', 0)} simulations |",
        f"| temperature, floor | {report['shipped']['temperature']:.3f}, "
        f"{report['shipped']['floor']} |",
        f"| seed | {report['seed']} |",
        "| configurations compared (settings and lines of the table) "
        f"| {report['configurations']} |",
    ])


def floors(report: dict) -> str:
    table = report["floor"]["expected_loss"]
    return "\n".join(["| floor | " + " | ".join(table) + " |", "|---" * (len(table) + 1) + "|",
                      "| expected loss | " + " | ".join(f"{v:.4f}" for v in table.values()) + " |"])


def write(report: dict, clips: list[Clip], docs: Path, model_card: Path, prefix: str) -> None:
    """All tables; `report` as in reports/head.json, `prefix` before every marker's name."""
    evaluation = docs / EVALUATION
    for name, text in (("comparison", comparison(report)), ("classes", classes(report)),
                       ("copies", copies(report)), ("shipped", shipped(report)),
                       ("floors", floors(report)), ("data", data(clips))):
        replace_block(evaluation, prefix + name, text)
    for name, text in (("head-shipped", shipped(report)), ("head-classes", classes(report)),
                       ("head-data", data(clips))):
        replace_block(model_card, prefix + name, text)
