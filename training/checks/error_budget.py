"""Where the held-out loss comes from: tables in docs/model-evaluation.md, and a CSV of the 100 clips that are wrong with
most confidence.

Usage: cd training && .venv/bin/python -m checks.error_budget CLIPS_DIR [--program PROGRAM] [--jobs N]

Reads reports/head-held-out.csv (what the procedure says of each held-out clip) and the clips' manifest, and asks the program
for their tags. Loss is split by genre, by source and by the bandwidth of the recording. Of the 100 clips, a rule says what is
wrong; nobody listened:

- `head`: the hand-written matrix, which only knows what tags mean, prefers the labelled genre to the guess: the tags were right;
- `label`: the tags speak for the guess and against the label, and of the ten clips of other sources whose tags are most alike
  at least half are labelled as the guess: the label, or FMA's border between the two, is in doubt;
- `tags`: the tags speak for the guess, but clips that sound alike are labelled otherwise: the networks do not hear it.
"""

import csv
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from checks import options
from head import card, embed, held_out, knowledge
from pipeline.genres import GENRES

TRAINING = Path(__file__).resolve().parents[1]
PROJECT = TRAINING.parent
REPORT = TRAINING / "reports" / "head.json"
OUT = TRAINING / "reports" / "confidently-wrong.csv"
CLIPS = 100
ALIKE = 10
TOP_TAGS = 5
COLUMNS = ["clip", "source", "label", "guess", "log_loss", "wrong", "reason", "tags"]


def bandwidth(rate: int) -> str:
    if rate <= 11_025:
        return "sampled at 8 to 11 kHz"
    return "sampled at 16 to 24 kHz" if rate <= 24_000 else "sampled at 32 kHz or more"


def split(rows, key) -> list[tuple[str, int, float, float, float]]:
    """(value, clips, accuracy, mean loss, share of all loss), the largest share first."""
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    total = sum(row.log_loss for row in rows)
    table = []
    for value, members in groups.items():
        loss = sum(row.log_loss for row in members)
        right = sum(row.guess == row.genre for row in members)
        table.append((value, len(members), right / len(members), loss / len(members), loss / total))
    return sorted(table, key=lambda line: -line[-1])


def markdown(title: str, table, most: int | None = None) -> list[str]:
    lines = ["", f"| {title} | clips | accuracy | mean log loss | share of the loss |", "|---|---|---|---|---|"]
    for value, count, accuracy, loss, share in table[:most]:
        lines.append(f"| {value} | {count} | {accuracy:.0%} | {loss:.2f} | {share:.1%} |")
    return lines


def judged(rows, networks: embed.Networks, features: dict[str, np.ndarray]) -> list[list[str]]:
    """One line of the CSV for each of the clips that are wrong with most confidence."""
    known = [row for row in rows if row.clip in features]
    is_tag = np.array([column.layer == "tag" for column in networks.columns])
    names = [column.tag for column in networks.columns if column.layer == "tag"]
    tags = np.stack([features[row.clip].mean(axis=0)[is_tag] for row in known])
    # Each source counts by the square root of its clips, as in training.
    count = defaultdict(int)
    for row in known:
        count[row.source] += 1
    weight = np.array([count[row.source] ** -0.5 for row in known])
    mean = np.average(tags, axis=0, weights=weight)
    z = (tags - mean) / np.maximum(np.sqrt(np.average((tags - mean) ** 2, axis=0, weights=weight)), 0.01)
    matrix = knowledge.matrix_rows([c for c in networks.columns if c.layer == "tag"])
    listed = np.abs(matrix).sum(axis=1) > 0
    scores = z @ matrix
    scores = (scores - np.average(scores, axis=0, weights=weight)) / scores.std(axis=0)
    unit = z[:, listed] / np.linalg.norm(z[:, listed], axis=1, keepdims=True)
    wrong = [i for i, row in enumerate(known) if row.guess != row.genre]
    wrong.sort(key=lambda i: -known[i].log_loss)
    lines = []
    for i in wrong[:CLIPS]:
        row = known[i]
        label, guess = GENRES.index(row.genre), GENRES.index(row.guess)
        order = np.argsort(-(unit @ unit[i]))
        others = [j for j in order if known[j].source != row.source][:ALIKE]
        as_guess = sum(known[j].genre == row.guess for j in others)
        as_label = sum(known[j].genre == row.genre for j in others)
        speaks = f"tags give {row.genre} {scores[i, label]:+.1f}, {row.guess} {scores[i, guess]:+.1f}"
        alike = f"of {ALIKE} clips alike {as_guess} are {row.guess}, {as_label} {row.genre}"
        if scores[i, label] >= scores[i, guess]:
            verdict = "head"
        elif scores[i, label] < 0 and 2 * as_guess >= ALIKE:
            verdict = "label"
        else:
            verdict = "tags"
        top = [t for t in np.argsort(-np.where(listed, z[i], -np.inf))[:TOP_TAGS]]
        heard = ", ".join(f"{names[t]} {z[i, t]:+.1f}" for t in top)
        lines.append([row.clip, row.source, row.genre, row.guess, f"{row.log_loss:.2f}", verdict,
                      f"{speaks}; {alike}", heard])
    return lines


def main() -> None:
    a = options.of_clips(__doc__)
    rows = held_out.read(held_out.beside(REPORT))
    with (a.clips / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rate = {Path(line["file"]).stem: int(line["source_rate"] or 44_100) for line in csv.DictReader(file)}
    networks = embed.Networks.load(PROJECT / "models" / "compact")
    with tempfile.TemporaryDirectory() as cache:
        features = embed.patches(a.program, networks, [a.clips], Path(cache), a.jobs)
    lines = judged(rows, networks, features)
    with OUT.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *lines])

    text = markdown("genre", split(rows, lambda row: row.genre))
    text += markdown("recording", split(rows, lambda row: bandwidth(rate[row.clip])))
    text += markdown("source (the ten that cost most)", split(rows, lambda row: row.source), 10)
    verdicts = defaultdict(lambda: [0, 0.0])
    for line in lines:
        verdicts[line[5]][0] += 1
        verdicts[line[5]][1] += float(line[4])
    total = sum(row.log_loss for row in rows)
    text += ["", f"| of the {len(lines)} clips wrong with most confidence | clips | share of all loss |", "|---|---|---|"]
    for verdict, (count, loss) in sorted(verdicts.items(), key=lambda item: -item[1][1]):
        text.append(f"| wrong: {verdict} | {count} | {loss / total:.1%} |")
    card.replace_block(PROJECT / "docs" / card.EVALUATION, "error-budget", "\n".join(text).strip())
    print("\n".join(text))


if __name__ == "__main__":
    main()
