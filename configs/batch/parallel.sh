#!/bin/bash
# GNU parallel: the shards on the processors of one machine, or of several with --sshlogin.
#
#   SHARDS_COUNT=16 configs/batch/parallel.sh shap --config my/modattr.json
#
# The log remembers what has ended well: started again, only the other shards run. On one machine without memory to spare,
# one process with --threads is faster: it encodes every row once.
set -euo pipefail
modattr=${MODATTR:-modattr}
shards=${SHARDS:-shards}
count=${SHARDS_COUNT:-8}
mkdir -p "$shards"
# shellcheck disable=SC2086
seq "$count" | parallel ${PARALLEL_OPTIONS:-} --halt soon,fail=1 --retries 2 --resume-failed --joblog "$shards/parallel.log" \
  "$modattr" "$@" --shard "{}/$count" --out "$shards" --threads 1 -q
"$modattr" merge "$shards" --out "${RESULTS:-results}"
