#!/bin/sh
# The noise floor of each precision: how much a prompt's loss moves with the layout of the work alone.
#   bench/noise.sh MODEL [PRECISION...] >>bench/results/noise.jsonl
# `score --noise-floor` scores the same prompt in the canonical packing and in the reversed one; the floor is the
# root mean square over the examples of the difference, in nats. Two jobs: 16 examples of navigate, and two inputs
# of about 1,500 tokens. Nothing here is timed: it may run beside other work. A table goes to standard error.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
model=${1:?noise.sh MODEL [PRECISION...]}
shift
[ $# -gt 0 ] || set -- native f16 bf16 f32-fast f32
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for which in even odd; do
    i=0
    printf '{"input":"'
    while [ $i -lt 100 ]; do
        printf 'Line %d says that the number %d is %s. ' $i $((7 * i + 3)) $which
        i=$((i + 1))
    done
    printf 'Is the last number even or odd?","target":"%s"}\n' $which
done >"$tmp/long.jsonl"

row() { # JOB OPTIONS...
    job=$1
    shift
    "$pmpo" score -q --json --no-cache --noise-floor -m "$model" --precision "$precision" \
        -p "Let's think step by step." "$@" |
        jq -c --arg job "$job" --arg model "$model" --arg precision "$precision" \
            --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
            --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
            '{$job, $model, $precision, $commit, $cpu, date: (now | todate), examples: (.prompts[0].examples | length),
              noise_floor: .noise_floor}' | tee "$tmp/row"
    jq -r '"\(.precision), \(.job): \(.noise_floor) nats"' "$tmp/row" >&2
}

for precision in "$@"; do
    row "navigate, 16 examples" -d "$top/examples/navigate/navigate.json" --limit 16
    row "two inputs of 1,500 tokens" -d "$tmp/long.jsonl"
done
