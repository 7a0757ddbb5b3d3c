"""Runs what deploy/ hands to Kubernetes and Slurm, without either, and compares with one run on one machine.

Usage: python3 deploy/test.py PROGRAM     (needs deploy/requirements.txt)

The manifest is checked against the published schema of Kubernetes' API, unknown fields refused. Then its
container's command runs once per index, with the variables that a kubelet would set; one of them is killed and run
again. The Slurm script runs under the variables that slurmd sets. No cluster is asked: scheduling, volumes, images and
the security context stay untested.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from kubernetes_validate import validate

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
KUBERNETES = "1.33"
COPIES = 12


def music(folder: Path) -> Path:
    """The examples under several names, in folders."""
    for copy in range(COPIES):
        for path in EXAMPLES.glob("*.mp3"):
            target = folder / f"{copy:02}" / f"{copy:02}-{path.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target) if same_device(path, folder) else shutil.copy(path, target)
    return folder


def same_device(a: Path, b: Path) -> bool:
    b.mkdir(parents=True, exist_ok=True)
    return a.stat().st_dev == b.stat().st_dev


def expanded(text: str, variables: dict[str, str]) -> str:
    """$(NAME) as Kubernetes expands it in args."""
    return re.sub(r"\$\((\w+)\)", lambda match: variables[match[1]], text)


def run_job(program: str, music: Path, results: Path) -> int:
    """The Job's command once per index; how many there are."""
    job = yaml.safe_load((HERE / "k8s-job.yaml").read_text())
    validate(job, KUBERNETES, strict=True)
    spec = job["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    shards = spec["completions"]
    for index in range(shards):
        variables = {}
        for variable in container["env"]:
            if "value" in variable:
                variables[variable["name"]] = variable["value"]
            else:
                path = variable["valueFrom"]["fieldRef"]["fieldPath"]
                assert path == "metadata.annotations['batch.kubernetes.io/job-completion-index']"
                variables[variable["name"]] = str(index)
        assert variables["SHARDS"] == str(shards), "completions and SHARDS differ"
        assert container["command"] == ["/usr/local/bin/fma-genre"]
        args = [expanded(arg, variables) for arg in container["args"]]
        args = [re.sub("^/music", str(music), arg) for arg in args]
        args = [re.sub("^/results", str(results), arg) for arg in args]
        command = [program, *args, "-q"]
        if index == 3:
            child = subprocess.Popen(command)
            time.sleep(0.25)
            child.send_signal(signal.SIGKILL)
            child.wait()
        subprocess.run(command, check=True)
    return shards


def run_array(program: str, music: Path, results: Path, shards: int, tasks: list[int]) -> list[str]:
    """The array's script once per task; what each says."""
    said = []
    for task in tasks:
        environment = os.environ | {
            "FMA_GENRE": program,
            "SLURM_ARRAY_TASK_ID": str(task),
            "SLURM_ARRAY_TASK_COUNT": str(len(tasks)),
            "SLURM_ARRAY_TASK_MIN": str(min(tasks)),
            "SLURM_ARRAY_TASK_MAX": str(max(tasks)),
            "SLURM_CPUS_PER_TASK": "2",
        }
        if len(tasks) != shards:
            environment["FMA_GENRE_SHARDS"] = str(shards)
        command = [HERE / "slurm-array.sh", music, results]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        said.append(done.stderr)
    return said


def merged(program: str, results: Path, output: Path) -> bytes:
    shards = sorted(results.glob("part-*.jsonl"))
    subprocess.run([program, "merge", *shards, "-o", output, "-q"], check=True)
    return output.read_bytes()


def main() -> None:
    program = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clips = music(folder / "music")
        whole = folder / "whole.jsonl"
        subprocess.run([program, "classify", clips, "-o", whole, "-q"], check=True)
        expected = whole.read_bytes()

        (folder / "job").mkdir()
        shards = run_job(program, clips, folder / "job")
        assert merged(program, folder / "job", folder / "job.jsonl") == expected
        print(f"ok k8s-job.yaml: valid for Kubernetes {KUBERNETES}; {shards} shards, one of them killed, "
              "merge to the bytes of one run")

        array = folder / "array"
        run_array(program, clips, array, 3, [0, 1, 2])
        assert merged(program, array, folder / "array.jsonl") == expected
        (array / "part-1.jsonl.shard.json").unlink()
        again = run_array(program, clips, array, 3, [1, 2])
        assert "is done" not in again[0] and "is done" in again[1], again
        assert merged(program, array, folder / "array.jsonl") == expected
        print("ok slurm-array.sh: 3 shards merge to the bytes of one run, also after a part was done again")


if __name__ == "__main__":
    main()
