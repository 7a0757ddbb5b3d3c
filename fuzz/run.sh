#!/usr/bin/env bash
# Runs one target for some seconds of processor time and adds the result to benches/results/fuzzing.json:
# fuzz/run.sh TARGET [SECONDS]    (default 3600; needs cargo-fuzz and a nightly compiler; fuzz/seed.sh first)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
target=$1 seconds=${2:-3600}
log=$(mktemp)
cargo +nightly fuzz build "$target" >/dev/null 2>&1
program=$(find fuzz/target -path "*/release/$target" -type f | head -1)
most=65536
[[ $target != model ]] || most=8192
mkdir -p "fuzz/artifacts/$target"
# RLIMIT_CPU would be taken for a crash: libFuzzer counts wall time, so short rounds are added up.
python3 - "$program" "$target" "$seconds" "$most" "$log" <<'PYTHON'
import json, re, resource, subprocess, sys
from pathlib import Path
program, target, seconds, most, log = sys.argv[1:]
runs = crashes = 0
def spent():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
while spent() < float(seconds):
    done = subprocess.run(
        [program, f"fuzz/corpus/{target}", f"-artifact_prefix=fuzz/artifacts/{target}/", f"-max_len={most}",
         "-max_total_time=120", "-print_final_stats=1", "-rss_limit_mb=4096", "-timeout=60"],
        capture_output=True, text=True, errors="replace", check=False)
    found = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    runs += int(found[1]) if found else 0
    if done.returncode != 0 and "Test unit written" not in done.stderr:
        print(f"{target} was interrupted")
        break
    written = re.search(r"Test unit written to (\S+)", done.stderr)
    if written and "/timeout-" in written[1] and subprocess.run(
            [program, "-timeout=60", written[1]], capture_output=True, check=False).returncode == 0:
        Path(written[1]).unlink()  # the machine was held up: it does not take long now
        continue
    if done.returncode != 0:
        crashes += 1
        Path(log).write_text(done.stderr)
        print(done.stderr[-3000:], file=sys.stderr)
        break
path = Path("benches/results/fuzzing.json")
results = json.loads(path.read_text()) if path.exists() else {}
old = results.get(target, {"cpu_seconds": 0, "runs": 0, "crashes": 0})
results[target] = {
    "cpu_seconds": round(old["cpu_seconds"] + spent()), "runs": old["runs"] + runs,
    "corpus": len(list(Path(f"fuzz/corpus/{target}").iterdir())), "crashes": old["crashes"] + crashes}
path.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")
print(target, results[target])
PYTHON
