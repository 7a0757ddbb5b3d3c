"""What more clips and another procedure bring: three procedures on the same folds and clips.

The first round's heads were fitted to 28 sources, on copies none of which is only quieter, and chosen
by plain and balanced log loss. "First clips" means that nothing of the other sources trains or
has a say in the choice; evaluated are all clips, each by a head that saw nothing of its fold.
"""

from head import held_out, recipes
from head.candidates import Family, Setting
from head.evaluate import TABLE_FLOOR, Data
from head.held_out import Row
from head.objective import by_clip
from head.protocol import SourceHeldOut

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

# What the first round's choice was made from.
FIRST_GRID = [Setting(pull=pull, unnamed=0.15, layer_scale=layer_scale, zero_shot=zero_shot,
                      recipes=tuple(recipes.DRAWN))
              for pull in (0.5, 1.5) for layer_scale in (0.3, 0.6) for zero_shot in (0.4, 0.6, 0.8)]


def first_procedure(data: Data, known: frozenset[str] | None, jobs: int) -> list[Row]:
    """What it says of each clip."""
    how = SourceHeldOut(data.clips, data.mean, by_clip, known)
    families = [family.fit for family in Family.of(FIRST_GRID, data.columns)]
    judged = how.choose(families, data.mean, jobs)
    return held_out.rows(judged.logits[how.evaluated], data.mean.where(how.evaluated), TABLE_FLOOR)


def compare(data: Data, now: list[Row], seed: int, jobs: int) -> dict:
    """The report; `now` is the table that the stage evaluate has written."""
    tables = {FIRST_ON_FIRST: first_procedure(data, FIRST_SOURCES, jobs),
              FIRST_ON_ALL: first_procedure(data, None, jobs), NOW: now}
    return report(tables, seed)


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


def _scaled(name: str, value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}" if "accuracy" in name else f"{value:{sign}.3f}"


def markdown(found: dict) -> str:
    """The tables of docs/model-evaluation.md: measures, differences, recalls."""
    titles = [name.replace("_", " ").replace("fma", "FMA") + (" (%)" if "accuracy" in name else "")
              for name in MEASURES]
    lines = ["| | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for name, measures in found["procedures"].items():
        lines.append(f"| {name} | " + " | ".join(_scaled(key, measures[key]) for key in MEASURES)
                     + " |")
    for pair in found["differences"]:
        for unit in ("by_group", "by_source"):
            cells = [_scaled(key, pair["difference"][key], "+") + (
                "" if key not in pair[unit] else
                " ({} to {})".format(*(_scaled(key, bound, "+") for bound in pair[unit][key])))
                for key in MEASURES]
            lines.append(f"| {pair['one']} - {pair['two']}, 95 % {unit.replace('_', ' ')} | "
                         + " | ".join(cells) + " |")
    names = list(found["procedures"])
    lines += ["", "| recall (%) | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for genre in found["procedures"][names[0]]["recall"]:
        lines.append(f"| {genre} | " + " | ".join(
            f"{100 * found['procedures'][name]['recall'][genre]:.0f}" for name in names) + " |")
    return "\n".join(lines)
