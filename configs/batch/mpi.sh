#!/bin/bash
# An MPI launcher starts the shards: the processes do not talk to each other.
#
#   PROCESSES=8 configs/batch/mpi.sh shap --config my/modattr.json
#
# `--shard auto` reads the rank that Open MPI gives every process (OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE).
# $MPIRUN holds further options of the launcher, such as a host file.
set -euo pipefail
modattr=${MODATTR:-modattr}
shards=${SHARDS:-shards}
# shellcheck disable=SC2086
${MPIRUN:-mpirun} -n "${PROCESSES:-4}" "$modattr" "$@" --shard auto --out "$shards" --threads "${THREADS:-1}" -q
"$modattr" merge "$shards" --out "${RESULTS:-results}"
