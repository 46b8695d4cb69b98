#!/bin/bash
# A Slurm job array: one task per shard, and a job that merges them when all have ended well.
#
#   sbatch --array=1-16 configs/batch/slurm-array.sh shap --config my/modattr.json
#   sbatch --dependency=afterok:JOBID --wrap "modattr merge shards --out results"
#
# What stands behind the script's name is the command. `--shard auto` reads the task's place in the array; a task that is
# requeued, after a node has failed or by scontrol requeue, begins its shard anew and leaves the same bytes. To run some
# tasks of an array again later, name the shard yourself, as an array of them alone has other places:
#   sbatch --wrap "modattr shap --config my/modattr.json --shard 7/16 --out shards"
#SBATCH --job-name=modattr
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=modattr-%A_%a.log
set -euo pipefail
exec "${MODATTR:-modattr}" "$@" --shard auto --out "${SHARDS:-shards}" --threads "${SLURM_CPUS_PER_TASK:-1}" -q
