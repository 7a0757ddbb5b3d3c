"""What a clip and a whole song cost, and what a shard and a merge add: benches/results/scale.json.

Usage: python3 benches/scale.py [--quick]

Clips are 30 s, songs four minutes, both at 256 kbit/s, made of examples/; everything is read from the page cache.
Files of no bytes show what a run costs beside decoding and networks. Standard library and ffmpeg only.
docs/make_scale_tables.py makes the tables of docs/scale.md of the results.
"""

import argparse
import tempfile
from pathlib import Path

from common import clips, environment, program

SONG_SECONDS = 240.0


def per_file(folder: Path, scratch: Path, what: str, jobs: int) -> dict:
    files = sorted(folder.glob("*.mp3"))
    command = [program.BINARY, "classify", folder, "-q", "-j", jobs, "-o", scratch / f"{what}.jsonl"]
    costs = [program.run(command) for _ in range(3)]
    best = min(costs, key=lambda cost: cost.cpu_seconds)
    row = {"what": what, "files": len(files), "jobs": jobs,
           "bytes": sum(file.stat().st_size for file in files),
           "output_bytes": (scratch / f"{what}.jsonl").stat().st_size,
           "cpu_seconds_of_all": [round(cost.cpu_seconds, 4) for cost in costs]} | best.as_dict()
    print(row, flush=True)
    return row


def shards(scratch: Path, files: int, count: int) -> list[dict]:
    """A shard of many files reads the names of all of them; the merge reads all rows."""
    sources = scratch / "empty"
    sources.mkdir()
    for number in range(20):
        (sources / f"{number}.mp3").write_bytes(b"")
    folder = clips.hard_links(sources, files, scratch / "many")
    rows = []
    parts = []
    for index in range(count):
        parts.append(scratch / f"part-{index}.jsonl")
        cost = program.run([program.BINARY, "classify", folder, "-q", "--shard", f"{index}/{count}",
                            "-o", parts[-1]])
        rows.append({"what": f"shard {index}/{count}", "files": files} | cost.as_dict())
    # So many shards that next to nothing is left to do.
    cost = program.run([program.BINARY, "classify", folder, "-q", "--shard", "0/10000",
                        "-o", scratch / "tiny.jsonl"])
    rows.append({"what": "shard 0/10000", "files": files} | cost.as_dict())
    cost = program.run([program.BINARY, "merge", *parts, "-q", "-o", scratch / "all.jsonl"])
    rows.append({"what": "merge", "files": files, "shards": count} | cost.as_dict())
    for row in rows:
        print(row, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few files, into quick-scale.json")
    quick = parser.parse_args().quick
    program.build()
    results = environment.describe("python3 benches/scale.py" + (" --quick" if quick else ""))
    environment.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=environment.CACHE) as folder:
        scratch = Path(folder)
        clip_folder = clips.make(clips.EXAMPLES, 10 if quick else 50, 30.0)
        song_folder = clips.make(clips.EXAMPLES, 2 if quick else 20, SONG_SECONDS)
        results["per_file"] = [
            per_file(clip_folder, scratch, "30 s clip", 1),
            per_file(clip_folder, scratch, "30 s clip", 2),
            per_file(song_folder, scratch, "4 min song", 1),
            per_file(song_folder, scratch, "4 min song", 2),
        ]
        results["shards"] = shards(scratch, 1_000 if quick else 1_000_000, 2 if quick else 8)
    environment.save("quick-scale" if quick else "scale", results)


if __name__ == "__main__":
    main()
