#!/usr/bin/env bash
# Classifies a folder of music on a Slurm cluster: one shard per task of a job array.
#
#   sbatch --array=0-15 deploy/slurm-array.sh MUSIC RESULTS
#
# The number of shards is that of the array, which must begin at 0. A task that is done has
# nothing left to do when the array is submitted again; one that was killed goes on from its
# journal. Then, anywhere: fma-genre merge RESULTS/part-*.jsonl -o all.jsonl
#
#SBATCH --job-name=fma-genre
#SBATCH --array=0-15
#SBATCH --cpus-per-task=2
#SBATCH --mem=512M
#SBATCH --time=12:00:00
#SBATCH --requeue
set -euo pipefail

if [[ $# -ne 2 ]]; then
    echo "usage: sbatch --array=0-15 slurm-array.sh MUSIC RESULTS" >&2
    exit 1
fi
music=$1 results=$2
shards=${SLURM_ARRAY_TASK_COUNT:?not run by sbatch --array} index=${SLURM_ARRAY_TASK_ID:?}
# After a part of an array is submitted again, its count is not that of the shards.
if ((SLURM_ARRAY_TASK_MIN != 0 || SLURM_ARRAY_TASK_MAX != shards - 1)); then
    shards=${FMA_GENRE_SHARDS:?the array is not 0 to N-1: set FMA_GENRE_SHARDS to N}
fi
output=$results/part-$index.jsonl
if [[ -e $output.shard.json ]]; then
    echo "shard $index of $shards is done: $output" >&2
    exit 0
fi
mkdir -p -- "$results"
exec "${FMA_GENRE:-fma-genre}" classify "$music" --shard "$index/$shards" --resume \
    --jobs "${SLURM_CPUS_PER_TASK:-1}" -o "$output"
