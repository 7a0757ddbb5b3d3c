"""Whole pipelines side by side; see `--help` and docs/performance.md.

What makes it fair:
- all see the same files, in the same run, in turns: one round after the other, each round in
  another order; what is slow is run in the first round only;
- `threads` processors for everyone: the operating system allows no others (affinity), libraries run
  on one thread, and the Python peers get one process per processor, which beats threads;
- the Python peers' clock starts when libraries are imported, networks loaded and one clip analysed,
  and processor time of the process that hands out clips is left out. fma-genre's clock starts before
  the program does and ends when the CSV is written;
- outputs are compared: where the network is the same, the probabilities must be.

This process uses the standard library only.
"""

import argparse
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from common import clips, environment, program

PEERS = Path(__file__).resolve().parent
MAIN, TENSORFLOW = PEERS / ".venv/bin/python", PEERS / ".venv-tensorflow/bin/python"
OUTPUTS = environment.CACHE / "outputs"


@dataclass(frozen=True)
class Contestant:
    """`pipeline` is a key of pipelines.PIPELINES, or None for fma-genre itself."""

    key: str
    title: str
    model: str
    pipeline: str | None = None
    python: Path = MAIN

    def output(self, threads: int) -> Path:
        ending = "npz" if self.pipeline else "csv"
        return OUTPUTS / f"{self.key}-{threads}.{ending}"

    def run(self, folder: Path, threads: int) -> dict:
        if self.pipeline is None:
            cost = program.predict(folder, self.output(threads), jobs=threads, model=self.model,
                                   cpus=threads)
            return cost.as_dict()
        return self._run_worker(folder, threads)

    def _run_worker(self, folder: Path, threads: int) -> dict:
        cpus = ",".join(map(str, sorted(program.first_cpus(threads))))
        command = ["taskset", "--cpu-list", cpus, self.python, PEERS / "worker.py", self.pipeline,
                   program.model_folder(self.model), folder, str(threads),
                   self.output(threads)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as worker:
            try:
                if worker.stdout.readline() != "ready\n":
                    raise RuntimeError(f"{self.title} did not start")
                last_line = worker.communicate("go\n")[0].splitlines()[-1:]
            finally:
                worker.kill()
        if not last_line:
            raise RuntimeError(f"{self.title} failed")
        return json.loads(last_line[0])


def contestants() -> list[Contestant]:
    models = program.bundled_models()
    default, full = models[0], models[-1]
    found = []
    for model in dict.fromkeys((default, full)):
        kind = "default" if model == default else "full"
        found += [
            Contestant(f"ours-{kind}", f"fma-genre, model {model}", model),
            Contestant(f"onnxruntime-{kind}",
                       f"librosa + onnxruntime, same networks ({model})", model, "onnxruntime"),
        ]
    found += [
        Contestant("shortcut-default",
                   f"soundfile, seeking + onnxruntime, same networks ({default})", default, "shortcut"),
        Contestant("shortcut-full", f"soundfile, seeking + onnxruntime, same networks ({full})", full,
                   "shortcut"),
        Contestant("exports-full", "librosa + onnxruntime, the makers' exports of the networks of "
                   f"{full}", full, "exports"),
    ]
    networks = json.loads((program.model_folder(full) / "model.json").read_text())
    if len(networks["networks"]) > 1:
        found.append(Contestant("tensorflow", "librosa + original musicnn in TensorFlow, "
                                "both networks", full, "tensorflow", TENSORFLOW))
    found += [
        Contestant("tensorflow-one", "librosa + original musicnn in TensorFlow, one network",
                   full, "tensorflow-one", TENSORFLOW),
        Contestant("essentia", "essentia MusicExtractor", full, "essentia"),
    ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(";")[0])
    parser.add_argument("sources", nargs="?", type=Path, default=clips.EXAMPLES,
                        help="folder of mp3s that the clips are made of (default: examples/)")
    parser.add_argument("--quick", action="store_true",
                        help="8 clips and one round, into quick-peers.json")
    parser.add_argument("--clips", type=int, help="number of clips (50)")
    parser.add_argument("--rounds", type=int, help="at most so many rounds (5)")
    parser.add_argument("--slow", type=float, default=60.0, metavar="SECONDS",
                        help="what took longer in the first round is not run again")
    parser.add_argument("--minutes", type=float, default=15.0,
                        help="after the first round, no run begins that would end later than this")
    parser.add_argument("--result", help="name of the results file (peers)")
    arguments = parser.parse_args()
    count = arguments.clips or (8 if arguments.quick else 50)
    rounds = arguments.rounds or (1 if arguments.quick else 5)
    name = arguments.result or ("quick-peers" if arguments.quick else "peers")

    program.build()
    sources = arguments.sources.resolve()
    folder = clips.make(sources, count, 30.0)
    shutil.rmtree(OUTPUTS, ignore_errors=True)
    OUTPUTS.mkdir(parents=True)
    cores = environment.machine()["cores"]
    entrants = [(entrant, threads) for threads in (1, 2) if threads <= cores
                for entrant in contestants()]
    flag = " --quick" if arguments.quick else ""
    argument = "" if sources == clips.EXAMPLES else " CLIPS_DIR"
    results = environment.describe(f"benches/peers/run.sh{flag}{argument}") | {
        "program": program.version(), "clips": clips.describe(folder, sources)}

    runs: dict[tuple[str, int], list[dict]] = {(e.key, t): [] for e, t in entrants}
    needed: dict[tuple[str, int], float] = {}  # seconds of a run, start-up included
    failures: dict[str, str] = {}
    begin = time.monotonic()
    for number in range(rounds):
        # Another order in every round, so that nobody always runs after the same neighbour.
        shift = number * 3 % len(entrants)
        for entrant, threads in entrants[shift:] + entrants[:shift]:
            key = (entrant.key, threads)
            start = time.monotonic()
            expected = needed.get(key, 0.0)
            late = start - begin + expected > 60 * arguments.minutes
            if entrant.key in failures or number > 0 and (late or expected > arguments.slow):
                continue
            try:
                run = entrant.run(folder, threads)
            except RuntimeError as error:
                failures[entrant.key] = str(error)
                print(f"{entrant.key}: {error}", flush=True)
                continue
            needed[key] = time.monotonic() - start
            runs[key].append(run | {"round": number, "load_average": environment.load()})
            print(f"round {number + 1}, {threads} thread(s), {entrant.key}: "
                  f"{count / run['wall_seconds']:.2f} clips/s, "
                  f"{1000 * run['cpu_seconds'] / count:.0f} ms CPU per clip", flush=True)

    results["contestants"] = [
        {"key": e.key, "title": e.title, "model": e.model, "threads": t, "runs": runs[e.key, t]}
        for e, t in entrants if runs[e.key, t]]
    results["failures"] = failures
    compared = subprocess.run([MAIN, PEERS / "compare.py", OUTPUTS, *failures], check=True,
                              stdout=subprocess.PIPE, text=True)
    results["comparisons"] = json.loads(compared.stdout)
    environment.save(name, results)


if __name__ == "__main__":
    main()
