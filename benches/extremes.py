"""A million files, two hours of music, and another build beside this one: benches/results/extremes.json.

Usage: python3 benches/extremes.py [--quick] [--against PROGRAM COMMIT]

The million files are hard links to twenty files of no bytes: what is measured is everything but decoding
and networks. The two hours are the clips of examples/ one after the other. PROGRAM is another build of fma-genre, of
COMMIT, which runs `predict` in turns with this one. Standard library and ffmpeg only.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from common import clips, environment, program

HOURS = 2


def many_files(scratch: Path, count: int) -> list[dict]:
    sources = scratch / "empty"
    sources.mkdir()
    for number in range(20):
        (sources / f"{number}.mp3").write_bytes(b"")
    folder = clips.hard_links(sources, count, scratch / "many")
    rows = []
    for command, name in (("predict", "out.csv"), ("classify", "out.jsonl")):
        cost = program.run([program.BINARY, command, folder, "-q", "-o", scratch / name])
        rows.append({"command": f"{command} -o {name}", "files": count} | cost.as_dict())
        print(rows[-1], flush=True)
    return rows


def long_file(scratch: Path, hours: float) -> list[dict]:
    parts = scratch / "parts.txt"
    parts.write_text("".join(f"file '{path}'\n" for path in sorted(clips.EXAMPLES.glob("*.mp3"))))
    music, file = scratch / "music.wav", scratch / "long.mp3"
    ffmpeg = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run([*ffmpeg, "-f", "concat", "-safe", "0", "-i", parts, "-ac", "1", "-ar", "44100",
                    music], check=True)
    subprocess.run([*ffmpeg, "-stream_loop", "-1", "-i", music, "-t", str(3600 * hours),
                    "-b:a", "64k", file], check=True)
    rows = [{"command": "cat", "hours": hours} | program.run(["cat", file]).as_dict()]
    for more in ([], ["--timeline", "30"], ["--timeline", "10"]):
        command = ["classify", file, "-q", "--format", "jsonl", *more]
        cost = program.run([program.BINARY, *command])
        command[1] = "long.mp3"
        rows.append({"command": " ".join(command), "hours": hours,
                     "bytes": file.stat().st_size} | cost.as_dict())
        print(rows[-1], flush=True)
    return rows


def beside(other: str, scratch: Path, rounds: int) -> dict:
    """Processor time on one thread, in turns; medians of the ratios of a round. Here, and as on a processor
    without AVX-512, whose kernels tract leaves out for its variable."""
    found = in_turns(other, scratch, rounds)
    os.environ["TRACT_CPU_ISA"] = "-avx512f,-avx512vnni"
    try:
        return found | {"without_avx512": in_turns(other, scratch, rounds)}
    finally:
        del os.environ["TRACT_CPU_ISA"]


def in_turns(other: str, scratch: Path, rounds: int) -> dict:
    folder = clips.make(clips.EXAMPLES, 50, 30.0)
    commands = {
        "other": [other, "predict", folder, "-o", scratch / "a.csv"],
        "this": [program.BINARY, "predict", folder, "-o", scratch / "b.csv"],
        "classify": [program.BINARY, "classify", folder, "-o", scratch / "c.jsonl"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds):
        # Every other round backwards: what runs first after a pause runs faster.
        for name in list(commands)[:: -1 if number % 2 else 1]:
            seconds[name].append(program.run([*commands[name], "-q", "-j", "1"]).cpu_seconds)

    def ratio(a: str, b: str) -> float:
        return round(statistics.median(x / y for x, y in zip(seconds[a], seconds[b])), 4)

    return {"cpu_seconds": seconds, "clips": 50, "predict_to_other": ratio("this", "other"),
            "classify_to_predict": ratio("classify", "this")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few files, into quick-extremes.json")
    parser.add_argument("--against", nargs=2, metavar=("PROGRAM", "COMMIT"))
    arguments = parser.parse_args()
    quick = arguments.quick
    program.build()
    results = environment.describe("python3 benches/extremes.py" + (" --quick" if quick else ""))
    results["binary_mib"] = round(program.BINARY.stat().st_size / 2**20, 2)
    environment.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=environment.CACHE) as folder:
        scratch = Path(folder)
        results["many"] = many_files(scratch, 1_000 if quick else 1_000_000)
        results["long"] = long_file(scratch, 0.1 if quick else HOURS)
        if arguments.against:
            other, commit = arguments.against
            results["beside"] = {"other": commit} | beside(other, scratch, 2 if quick else 16)
    environment.save("quick-extremes" if quick else "extremes", results)


if __name__ == "__main__":
    main()
