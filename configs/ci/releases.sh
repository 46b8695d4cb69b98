#!/usr/bin/env bash
# Compares releases of a model, one after the other, each with the one before, and keeps the results of all:
#
#   configs/ci/releases.sh STORE MODEL...
#
# A model's tag in STORE is its file name without .pt; one that the store has is not evaluated again. Ends with 1 where a release
# broke a rule, with 2 or 3 where something is wrong. MODATTR names the program, MODATTR_CONFIG the configuration.
set -euo pipefail
[ $# -ge 2 ] || {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit 2
}
modattr=${MODATTR:-modattr}
store=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
broken=0
before=

for model in "$@"; do
  tag=$(basename "$model" .pt)
  known=no
  [ -e "$store" ] && "$modattr" history --store "$store" --format csv | cut -d, -f2 | grep -qxF "$tag" && known=yes
  [ $known = yes ] || "$modattr" run -q --model "$model" --out "$work/$tag" --store "$store" --tag "$tag" >/dev/null
  if [ -n "$before" ]; then
    code=0
    "$modattr" check --baseline "store:$store@$before" "store:$store@$tag" || code=$?
    [ "$code" -le 1 ] || exit "$code"
    [ "$code" = 0 ] || broken=1
  fi
  before=$tag
done
"$modattr" history --store "$store" --definition score
exit $broken
