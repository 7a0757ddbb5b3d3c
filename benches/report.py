"""Writes docs/performance.md and its figures from the raw results in benches/results/.

Usage: benches/peers/.venv/bin/python benches/report.py [--quick FOLDER]

`--quick` reads the quick-*.json files and writes into FOLDER instead of docs/.
"""

import argparse
import json
from pathlib import Path
from statistics import median

from common import plots
from common.environment import RESULTS, ROOT

COMMANDS = {
    "stages": "python3 benches/stages.py",
    "peers": "benches/peers/run.sh",
    "scaling": "python3 benches/scaling.py",
    "extremes": "python3 benches/extremes.py",
    "contention": "python3 benches/contention.py",
}
STAGES = ["decode and resample", "log-mel", "network", "head"]
PYTHON_STAGES = dict(zip(("load", "log-mel", "network", "head"), STAGES))

# From the original pipeline to this program, one change at a time: what is left out or replaced, and with which
# contestant the result was measured.
STEPS = [
    ("tensorflow", "the original pipeline: librosa, both networks of musicnn in TensorFlow"),
    ("exports-full", "another engine (onnxruntime); YAMNet comes in as a third network"),
    ("onnxruntime-full", "silent filters and channels left out, the others arranged for the engine (model full)"),
    ("onnxruntime-default", "smaller networks on fewer patches (model compact)"),
    ("shortcut-default", "only what the patches need is decoded and transformed"),
    ("ours-default", "this program instead of Python, libsndfile and onnxruntime"),
]

FAIRNESS = """\
All pipelines read the same files ({format}, 30 s each, made of {made_of} with ffmpeg) from the
page cache, in one run, in turns, every round in another order; what takes more than a minute runs in
the first round only. The operating system gives each of them as many processors as the column says and no more;
every library runs on one thread, and the Python pipelines get one process per processor, which
takes the next clip when it is done with one. Their clock starts when libraries are imported,
networks loaded and one clip is analysed; processor time of the process that hands out clips is left
out. The clock of fma-genre runs from before the program is started to after the CSV is written.
These choices favour the peers.

Three pipelines use onnxruntime, with its own optimiser:

- "same networks": the very ONNX files of this program on the same patches, those of musicnn patch by patch, YAMNet's
  windows of a clip all at once. The files are written for this program's engine (filters arranged in its tiles, padded where
  that is cheaper), and all 30 s of a clip are decoded and transformed, as librosa does it.
- "seeking": the same with this program's shortcut. libsndfile seeks in the mp3, and only what the patches need is
  decoded, resampled and transformed. Its probabilities are those of the pipeline above.
- "the makers' exports": musicnn's graph and checkpoints through tf2onnx, all patches in one batch; YAMNet in the export of the
  package that ships it, without its 8-bit activations, one window at a time as it demands. Nothing is left out, padded or arranged.

The TensorFlow pipeline uses graph code and checkpoints of the `musicnn` package as they
are, on the patches of the full model; the package itself would build the graph and read the
checkpoint anew for every file. MusicExtractor does another kind of work (descriptors of rhythm,
tonality and timbre, no network).
"""


def read(name: str, prefix: str) -> dict:
    path = RESULTS / f"{prefix}{name}.json"
    if not path.exists():
        raise SystemExit(f"{path.relative_to(ROOT)} is missing: run {COMMANDS[name]}")
    return json.loads(path.read_text())


def table(header: list[str], rows: list[list], left: int = 1) -> str:
    """A Markdown table; all columns but the first `left` are aligned to the right."""
    rule = ["---"] * left + ["---:"] * (len(header) - left)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [header, rule, *rows])


def spread(values: list[float], digits: int) -> str:
    """Median, and the range where there is one."""
    centre = f"{median(values):.{digits}f}"
    if len(values) == 1:
        return centre
    return f"{centre} ({min(values):.{digits}f} to {max(values):.{digits}f})"


class Peers:
    """The results of benches/peers/run.sh."""

    def __init__(self, results: dict) -> None:
        self.results = results
        self.count = results["clips"]["count"]
        self.entries = {(e["key"], e["threads"]): e for e in results["contestants"]}
        self.threads = sorted({threads for _, threads in self.entries})

    def title(self, key: str) -> str:
        return next(e["title"] for (k, _), e in self.entries.items() if k == key)

    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for key, _ in self.entries))

    def per_clip(self, key: str, threads: int, what: str) -> list[float]:
        """Milliseconds per clip in each round; `what` is wall or cpu."""
        return [1000 * run[f"{what}_seconds"] / self.count
                for run in self.entries[key, threads]["runs"]]

    def ratios(self, ours: str, peer: str, threads: int, what: str = "wall") -> list[float]:
        """How many times our time (wall or cpu) the peer needs, in the rounds that both ran in."""
        if not {(ours, threads), (peer, threads)} <= set(self.entries):
            return []
        mine = {run["round"]: run for run in self.entries[ours, threads]["runs"]}
        return [run[f"{what}_seconds"] / mine[run["round"]][f"{what}_seconds"]
                for run in self.entries[peer, threads]["runs"] if run["round"] in mine]

    def original(self) -> str:
        """The original pipeline that the full model corresponds to."""
        return "tensorflow" if ("tensorflow", 1) in self.entries else "tensorflow-one"


def verdict(value: float, goal: float, at_least: bool) -> str:
    met = value >= goal if at_least else value <= goal
    return "yes" if met else "**no**"


def ratio_rows(peers: Peers) -> list[list]:
    wanted = {("ours-default", "onnxruntime-default"): 1.3, ("ours-full", "onnxruntime-full"): 1.15,
              ("ours-default", peers.original()): 20.0}
    rows = []
    for ours in ("ours-default", "ours-full"):
        for peer in peers.keys():
            other_model = peer.startswith(("ours", "onnxruntime", "shortcut", "exports")) \
                and peer.split("-")[1] != ours.split("-")[1]
            by_threads = [peers.ratios(ours, peer, threads) for threads in peers.threads]
            if peer == ours or other_model or not any(by_threads):
                continue
            goal = wanted.get((ours, peer))
            met = all(median(r) >= goal for r in by_threads if r) if goal else None
            processor_time = peers.ratios(ours, peer, 1, "cpu")
            rows.append([peers.title(ours), peers.title(peer),
                         *(spread(r, 1 if median(r) >= 10 else 2) if r else ""
                           for r in (*by_threads, processor_time)),
                         f"{goal:g}" if goal else "",
                         {None: "", True: "yes", False: "**no**"}[met]])
    return rows


def goals(peers: Peers, scaling: dict) -> str:
    cpu = median(peers.per_clip("ours-default", 1, "cpu"))
    start = scaling["start_up"]["one_clip_of_a_second"][scaling["default_model"]]["median_wall_ms"]
    largest = max(scaling["growth"], key=lambda row: row["files"])
    memory, size = largest["peak_mib"], scaling["binary_mib"]
    rows = [
        ["processor time per 30 s clip, start-up included, one thread", f"{cpu:.0f} ms", "100 ms",
         verdict(cpu, 100, False)],
        ["start-up: `predict` on a folder with one clip of 1 s", f"{start:.0f} ms", "150 ms",
         verdict(start, 150, False)],
        [f"peak memory, {largest['files']:,} files, {largest['jobs']} jobs",
         f"{memory:.0f} MiB", "286 MiB (300 MB)", verdict(memory, 300e6 / 2**20, False)],
        ["size of the program, models included", f"{size:.1f} MiB", "38.1 MiB (40 MB)",
         verdict(size, 40e6 / 2**20, False)],
    ]
    return table(["default model", "measured", "at most", "met"], rows)


def summary(peers: Peers) -> str:
    def ratio(ours: str, peer: str) -> str:
        return f"{median(peers.ratios(ours, peer, 1, 'cpu')):.2f}"

    return (
        "With equal networks and all patches (model `full`), librosa and onnxruntime need "
        f"{ratio('ours-full', 'onnxruntime-full')} times this program's processor time, since its convolutions are "
        "[its own](network-compression.md#e-the-engine-no-longer-copies). "
        f"With the default model they need {ratio('ours-default', 'onnxruntime-default')} times as much, mostly because "
        "this program decodes only the third of a clip that its patches need; a peer with the same shortcut needs "
        f"{ratio('ours-default', 'shortcut-default')} times as much. That the default model is some "
        f"{median(peers.ratios('ours-default', peers.original(), 1, 'cpu')):.0f} times as fast as the original pipeline is "
        "another amount of work, not another speed: [step by step](#from-the-original-pipeline-to-this-program).")


def steps(peers: Peers) -> str:
    """How much of the difference to the original pipeline is which."""
    cost = {key: median(peers.per_clip(key, 1, "cpu")) for key, _ in STEPS if (key, 1) in peers.entries}
    rows, before = [], None
    for key, what in STEPS:
        if key in cost:
            factor = f"{before / cost[key]:.2f}" if before else ""
            rows.append([what, peers.title(key), f"{cost[key]:.0f}", factor])
            before = cost[key]
    return table(["step", "measured with", "ms of processor time per clip", "times less than the line above"],
                 rows, left=2)


def peers_table(peers: Peers) -> str:
    rows = []
    for threads in peers.threads:
        for key in peers.keys():
            if (key, threads) not in peers.entries:
                continue
            wall = peers.per_clip(key, threads, "wall")
            cpu = peers.per_clip(key, threads, "cpu")
            runs = peers.entries[key, threads]["runs"]
            memory = max(run.get("peak_mib", run.get("peak_mib_per_process", 0)) for run in runs)
            processes = threads if "peak_mib_per_process" in runs[0] else 1
            rows.append([peers.title(key), threads, f"{1000 / median(wall):.2f}", spread(wall, 0),
                         spread(cpu, 0),
                         f"{processes} x {memory:.0f}" if processes > 1 else f"{memory:.0f}",
                         len(runs)])
    return table(["pipeline", "threads", "clips/s", "ms per clip", "ms of processor time per clip",
                  "peak MiB", "rounds"], rows)


def comparisons(peers: Peers) -> str:
    rows = [[peers.title(c["ours"]), peers.title(c["peer"]), c["what"],
             f"{c['correlation']:.6f}", f"{c['mean_abs_difference']:.1e}",
             f"{c['max_abs_difference']:.1e}",
             f"{c['same_top_genre']} of {c['clips']}" if "same_top_genre" in c else ""]
            for c in peers.results["comparisons"]]
    return table(["one", "other", "values", "correlation", "mean difference", "largest difference",
                  "same top genre"], rows, left=3)


def our_stages(stages: dict) -> dict[str, dict[str, float]]:
    """Model -> stage -> ms per clip, from the table of cargo bench."""
    times = {(row["stage"], row["model"]): row["median_ms"] for row in stages["stages"]}
    return {
        model: {
            "decode and resample": times["load_parts", model],
            "log-mel": times["log_mel", model],
            "network": times["network", model],
            "head": times["head", model],
            "whole clip, measured at once": times["clip_to_logits", model],
        }
        for model in stages["patches_per_clip"]
    }


def stage_table(ours: dict[str, dict[str, float]], stages: dict) -> str:
    names = list(next(iter(ours.values())))
    rows = []
    for name in names:
        cells = []
        for model in ours:
            total = ours[model]["whole clip, measured at once"]
            value = ours[model][name]
            cells += [f"{value:.2f}", f"{100 * value / total:.1f} %"]
        rows.append([name, *cells])
    whole = next(row["median_ms"] for row in stages["stages"] if row["stage"] == "load")
    rows.append(["(decode and resample all of the clip)"] + [f"{whole:.2f}", ""] * len(ours))
    header = ["stage"]
    for model, patches in stages["patches_per_clip"].items():
        header += [f"{model}, {patches} patches: ms", "share"]
    return table(header, rows)


def stage_bars(peers: Peers, ours: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    bars = {}
    for (key, threads), entry in peers.entries.items():
        by_stage = entry["runs"][0].get("cpu_seconds_by_stage", {})
        if threads == 1 and "network" in by_stage:
            bars[entry["title"].replace(", ", ",\n", 1)] = {
                PYTHON_STAGES[stage]: median(
                    1000 * run["cpu_seconds_by_stage"][stage] / peers.count
                    for run in entry["runs"])
                for stage in by_stage}
    for model, times in ours.items():
        bars[f"fma-genre, model {model}"] = {stage: times[stage] for stage in STAGES}
    return dict(sorted(bars.items(), key=lambda bar: -sum(bar[1].values())))


def throughput_series(peers: Peers, scaling: dict) -> dict[str, dict[int, list[float]]]:
    series: dict[str, dict[int, list[float]]] = {}
    jobs: dict[int, list[float]] = {}
    for row in scaling["jobs"]:
        jobs.setdefault(row["jobs"], []).append(row["clips"] / row["wall_seconds"])
    series[f"fma-genre, model {scaling['default_model']}"] = jobs
    for (key, threads), entry in peers.entries.items():
        if key != "ours-default":
            rates = [1000 / ms for ms in peers.per_clip(key, threads, "wall")]
            series.setdefault(entry["title"].replace(", ", ",\n", 1), {})[threads] = rates
    return series


def jobs_sentence(scaling: dict) -> str:
    walls: dict[int, list[float]] = {}
    for row in scaling["jobs"]:
        walls.setdefault(row["jobs"], []).append(row["wall_seconds"])
    one = median(walls[1])
    parts = [f"{jobs} jobs {one / median(values):.2f} times"
             for jobs, values in sorted(walls.items()) if jobs > 1]
    return (f"Throughput of the default model against one job, on {scaling['machine']['cores']} "
            f"processors: {', '.join(parts)}.")


WAYS = {
    "alone": "one job, the other processors idle",
    "beside loops": "one job, the others count in registers",
    "processes": "a process with one job on each",
    "jobs": "one process with a job on each",
}


def contention(results: dict) -> str:
    rows = [[row["processors"], WAYS[row["way"]], f"{row['wall_to_alone']:.3f}",
             f"{median(row['cpu_ms_per_clip']):.1f}"] for row in results["rows"]]
    text = table(["processors", "at work", "time per clip and processor, to the first line",
                  "ms of processor time per clip"], rows, left=2)
    most = max(row["processors"] for row in results["rows"])
    times = {row["way"]: row["wall_to_alone"] for row in results["rows"] if row["processors"] == most}
    return text + (
        f"\n\nMedians of {len(results['rows'][0]['cpu_ms_per_clip'])} rounds with "
        f"{results['clips_per_processor']} clips per processor. Of the loss with {most} processors, the second line is what clock and "
        "shared cores take, the third, beyond it, what shared caches and memory take, and the fourth, beyond the third, what the "
        f"program itself loses to sharing: {100 * (times['jobs'] / times['processes'] - 1):+.1f} %. The model is loaded once and shared. "
        "More than these processors were not to be had here.")


def growth(scaling: dict) -> str:
    rows = []
    for seconds in dict.fromkeys(row["clip_seconds"] for row in scaling["growth"]):
        mine = [row for row in scaling["growth"] if row["clip_seconds"] == seconds]
        for row in mine:
            rows.append([f"{seconds:g} s", f"{row['files']:,}", f"{row['wall_seconds']:.2f}",
                         f"{1000 * row['wall_seconds'] / row['files']:.1f}",
                         f"{1000 * row['cpu_seconds'] / row['files']:.1f}",
                         f"{row['peak_mib']:.0f}"])
    text = table(["clips", "files", "seconds", "ms per file", "ms of processor time per file",
                  "peak MiB"], rows, left=1)
    short = [r for r in scaling["growth"] if r["clip_seconds"] == scaling["growth"][-1]["clip_seconds"]]
    first, last = short[0], short[-1]
    if first is last:
        return text
    extra = 1024 * (last["peak_mib"] - first["peak_mib"]) / (last["files"] - first["files"])
    time = (last["wall_seconds"] / last["files"]) / (first["wall_seconds"] / first["files"])
    return text + (
        f"\n\nFrom {first['files']:,} to {last['files']:,} files of {last['clip_seconds']:g} s the "
        f"peak memory grows by {last['peak_mib'] - first['peak_mib']:.1f} MiB, "
        f"{extra:.2f} KiB per file; the time per file becomes {time:.2f} times "
        "what it was (the start-up is shared by more files).")


def start_up(scaling: dict) -> str:
    rows = [["`fma-genre --version`", *_start_cells(scaling["start_up"]["version"])]]
    for model, costs in scaling["start_up"]["one_clip_of_a_second"].items():
        rows.append([f"`predict` on one clip of 1 s, model {model}", *_start_cells(costs)])
    return table(["command", "ms (median)", "ms of processor time", "peak MiB", "runs"], rows)


def extremes(results: dict) -> str:
    many = [[f"`{row['command']}`", f"{row['files']:,} files", f"{row['wall_seconds']:.1f}",
             f"{row['peak_mib']:.0f}"] for row in results["many"]]
    long = [[f"`{row['command']}`", f"{row['hours']:g} h", f"{row['wall_seconds']:.2f}",
             f"{row['peak_mib']:.0f}"] for row in results["long"]]
    size = results["long"][-1]["bytes"] / 1e6
    text = table(["command", "on", "seconds", "peak MiB"], many + long, left=2) + (
        "\n\nThe many files have no bytes: what is measured is everything but decoding and networks. The long "
        f"mp3 has {size:.0f} MB. Without a timeline, its headers are walked and what five patches need is "
        "decoded; a timeline looks at all of it, on one processor, because it is one file.")
    if beside := results.get("beside"):
        rounds = len(beside["cpu_seconds"]["this"])
        text += (f"\n\nProcessor time on {beside['clips']} clips of 30 s, medians of the ratios of {rounds} rounds: "
                 f"`predict` takes {beside['predict_to_other']:.3f} times that of commit {beside['other']}, before "
                 "results became a stream and silence, level and lost sync were dealt with; `classify` to JSON lines takes "
                 f"{beside['classify_to_predict']:.3f} times that of `predict`. Without the AVX-512 of the processor "
                 f"(`TRACT_CPU_ISA=-avx512f,-avx512vnni`) it is {beside['without_avx512']['predict_to_other']:.3f} and "
                 f"{beside['without_avx512']['classify_to_predict']:.3f} times.")
    return text


def _start_cells(costs: dict) -> list[str]:
    return [f"{costs['median_wall_ms']:.0f}", f"{costs['median_cpu_ms']:.0f}",
            f"{costs['peak_mib']:.0f}", str(len(costs["wall_ms"]))]


def provenance(results: dict[str, dict]) -> str:
    machine = results["peers"]["machine"]
    lines = [
        f"{machine['cores']} processors ({machine['processor']}; "
        f"{', '.join(machine['vector_extensions'])}), {machine['memory_gib']} GiB, "
        f"{machine['system']}{', a virtual machine' if machine['virtual'] else ''}; "
        f"{results['peers']['rustc']}.", ""]
    rows = []
    for name, result in results.items():
        changed = ", with uncommitted changes" if result["git"]["uncommitted_changes"] else ""
        rows.append([f"`{result['command']}`", f"[{name}.json](../benches/results/{name}.json)",
                     result["machine"]["processor"], result["date"], result["git"]["commit"][:10] + changed,
                     result["load_average_before"]])
    lines.append(table(["command", "raw results", "processor", "date", "commit", "load before"], rows, left=5))
    busy = [name for name, result in results.items() if result["load_average_before"] > 0.5]
    if busy:
        lines += ["", f"**The machine was not idle before {', '.join(busy)}**: other programs may be "
                  "in the figures; ratios suffer less than times."]
    versions: dict[str, set] = {}
    for entry in results["peers"]["contestants"]:
        for package, version in entry["runs"][0].get("versions", {}).items():
            versions.setdefault(package, set()).add(version)
    listed = ", ".join(f"{package} {' and '.join(sorted(versions[package]))}"
                       for package in sorted(versions))
    lines += ["", f"Versions of the peers: {listed}."]
    for key, cause in results["peers"]["failures"].items():
        lines += ["", f"Not measured: {key} ({cause.splitlines()[0]})."]
    return "\n".join(lines)


def document(results: dict[str, dict], ours: dict[str, dict[str, float]]) -> str:
    peers, scaling = Peers(results["peers"]), results["scaling"]
    threads = [f"{t} thread{'s' if t > 1 else ''}" for t in peers.threads]
    ratio_table = table(["this", "against", *threads, "processor time", "wanted", "met"],
                        ratio_rows(peers), left=2)
    return "\n\n".join([
        "# Performance",
        "Made by `benches/report.py` from the raw results in "
        "[benches/results](../benches/results). Ratios carry over to other machines better than times.",
        summary(peers),
        "## Ratios",
        "How many times as many clips per second, and how many times less processor time (one thread; "
        "other programs on the machine disturb it least): the median over rounds, each of which "
        "compares runs of the same few minutes, with the range. Above 1, this program is better.",
        ratio_table,
        goals(peers, scaling),
        "## The pipelines",
        f"{peers.count} clips of 30 s.",
        peers_table(peers),
        "Why the comparison is fair:",
        FAIRNESS.format(**results["peers"]["clips"]).strip(),
        "### From the original pipeline to this program",
        steps(peers),
        "The stages of each are in the [bar chart](#where-the-time-goes) below.",
        "### The same work?",
        comparisons(peers),
        "Decoder and resampler differ between the pipelines (nanomp3 and rubato here, libsndfile and "
        "soxr with librosa), so probabilities agree closely, not exactly.",
        "### Clips per second against jobs",
        "![Clips per second against jobs](throughput.png)",
        jobs_sentence(scaling),
        "### Where the rest of the scaling goes",
        contention(results["contention"]),
        "## Where the time goes",
        "![Cost by stage](stages.png)",
        "Bars of fma-genre: medians of `cargo bench`. Bars of the others: processor time within the "
        "pipelines above, on one thread.",
        stage_table(ours, results["stages"]),
        "## Many files",
        f"Default model, {scaling['growth'][0]['jobs']} jobs; the files are hard links to 20 clips.",
        growth(scaling),
        "## A million files, two hours of music",
        extremes(results["extremes"]),
        "## Start-up",
        start_up(scaling),
        "## Machine, versions, raw results",
        provenance(results),
    ]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    prefix = "quick-" if arguments.quick else ""
    docs = arguments.quick or ROOT / "docs"
    docs.mkdir(exist_ok=True)

    results = {name: read(name, prefix) for name in COMMANDS}
    peers, ours = Peers(results["peers"]), our_stages(results["stages"])
    plots.throughput(throughput_series(peers, results["scaling"]),
                     results["scaling"]["machine"]["cores"], docs / "throughput.png")
    plots.stages(stage_bars(peers, ours), STAGES, docs / "stages.png")
    (docs / "performance.md").write_text(document(results, ours))
    print(f"wrote performance.md, throughput.png and stages.png into {docs}")


if __name__ == "__main__":
    main()
