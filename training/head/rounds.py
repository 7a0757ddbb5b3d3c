"""What more clips and another procedure bring: three procedures on the same folds and clips.

The first round's heads were fitted to 28 sources, with the features of a
program that neither left silence out nor raised quiet clips; the temperature was chosen by plain and
balanced log loss. "First clips" means that nothing of the other sources trains or has a say in the
temperature; evaluated are all clips, each by a head that saw nothing of its fold. The first
round's setting is the one that was shipped, chosen with a view of all its clips: a little in its favour.

The tables in docs/model-evaluation.md are of commit 273597d: until then simulations counted as evidence of a genre, too.
"""

from head import held_out
from head.candidates import Mixed, Setting
from head.clip import Clip
from head.embed import RECORDING, Column
from head.evaluate import TABLE_FLOOR, Alone
from head.held_out import Row
from head.objective import by_clip
from head.protocol import SourceHeldOut
from head.samples import Samples

FIRST_SOURCES = frozenset({
    "apse_soundmap", "bensound", "dj_phonetic_speeches", "emotify_rohitjacob", "fmcgeough_guitar",
    "focuspace", "gtzan_classical_inteliEQ", "gtzan_classical_metal_8k_tyiannak",
    "gtzan_classical_mugan_8k", "gtzan_music_speech_tuwien", "gtzan_xiedekun", "gtzan_zenny126",
    "homburg_8k_tyiannak", "indonesian_folk", "joe_micheals_voice", "mirdata_tests",
    "molly_tenenbaum", "music_time_machine", "nhs_discography", "orllewin_digitalgarden",
    "pixelpaint_macleod", "towercity_collage", "tyiannak_genres_small",
    "tyiannak_music_data_small", "tyiannak_speech", "unknown_horizons", "yue_ai_generated",
    "zey_beats"})

FIRST_ON_FIRST = "first procedure, first clips"
FIRST_ON_ALL = "first procedure, all clips"
NOW = "this procedure, all clips"
PAIRS = ((FIRST_ON_ALL, FIRST_ON_FIRST), (NOW, FIRST_ON_ALL), (NOW, FIRST_ON_FIRST))

# What the first round shipped.
FIRST_SETTING = Setting(pull=0.5, unnamed=0.15, layer_scale=0.3, zero_shot=0.6, layers=("tag", "pooled"))


def first_procedure(clips: list[Clip], columns: list[Column], samples: Samples,
                    known: frozenset[str] | None, jobs: int) -> list[Row]:
    """What it says of each clip; `samples` as the first round's program saw them."""
    # The program of that time gave no features of the recording.
    columns = [column for column in columns if column.layer != RECORDING]
    how = SourceHeldOut(clips, samples, by_clip, known)
    judged, = how.judge(Alone(Mixed(FIRST_SETTING, columns)).fit, samples, jobs)
    return held_out.rows(judged.logits[how.evaluated], samples.where(how.evaluated), TABLE_FLOOR)


def compare(clips: list[Clip], columns: list[Column], samples: Samples, now: list[Row], seed: int,
            jobs: int) -> dict:
    """The report; `now` is the table that the stage evaluate has written."""
    tables = {FIRST_ON_FIRST: first_procedure(clips, columns, samples, FIRST_SOURCES, jobs),
              FIRST_ON_ALL: first_procedure(clips, columns, samples, None, jobs)}
    judged = {row.clip for row in now}
    # Clips that the program refuses now, steady sounds, are in no table.
    tables = {name: [row for row in table if row.clip in judged] for name, table in tables.items()}
    return report(tables | {NOW: now}, seed)


def report(tables: dict[str, list[Row]], seed: int) -> dict:
    """Measures of each table, and differences of pairs with intervals over groups and over sources."""
    measures = {name: held_out.summary(table) for name, table in tables.items()}
    return {
        "procedures": {name: measures[name] | {"recall": held_out.recall(table)}
                       for name, table in tables.items()},
        "differences": [
            {"one": one, "two": two,
             "difference": {key: value - measures[two][key] for key, value in measures[one].items()},
             "by_group": held_out.intervals(tables[one], tables[two], seed),
             "by_source": held_out.intervals(tables[one], tables[two], seed, unit="source")}
            for one, two in PAIRS],
    }


MEASURES = ("objective", "balanced_log_loss", "balanced_accuracy", "fma_mix_log_loss",
            "fma_mix_accuracy", "log_loss", "accuracy")


def scaled(name: str, value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}" if "accuracy" in name else f"{value:{sign}.3f}"


def title(name: str) -> str:
    """Of a column or row of a measure."""
    return name.replace("_", " ").replace("fma", "FMA") + (" (%)" if "accuracy" in name else "")


def markdown(found: dict) -> str:
    """The tables of docs/model-evaluation.md: measures, differences, recalls."""
    lines = ["| | " + " | ".join(map(title, MEASURES)) + " |", "|---" * (len(MEASURES) + 1) + "|"]
    for name, measures in found["procedures"].items():
        lines.append(f"| {name} | " + " | ".join(scaled(key, measures[key]) for key in MEASURES)
                     + " |")
    for pair in found["differences"]:
        for unit in ("by_group", "by_source"):
            cells = [scaled(key, pair["difference"][key], "+") + (
                "" if key not in pair[unit] else
                " ({} to {})".format(*(scaled(key, bound, "+") for bound in pair[unit][key])))
                for key in MEASURES]
            lines.append(f"| {pair['one']} - {pair['two']}, 95 % {unit.replace('_', ' ')} | "
                         + " | ".join(cells) + " |")
    names = list(found["procedures"])
    lines += ["", "| recall (%) | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for genre in found["procedures"][names[0]]["recall"]:
        lines.append(f"| {genre} | " + " | ".join(
            f"{100 * found['procedures'][name]['recall'][genre]:.0f}" for name in names) + " |")
    return "\n".join(lines)
