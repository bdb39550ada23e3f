#!/bin/sh
# How near scoring comes to the engine's own prefill, by shape of the job.
#   bench/planner.sh MODEL [PRECISION] >>bench/results/planner.jsonl
# Each shape is `pmpo bench`: five pairs, in turn, of the job and of a one-sequence prefill of as many
# rows with as many logits read, same weights, threads and process; the ratio is the median of the
# pairs' ratios. A table goes to standard error. Run it on an idle machine.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
model=${1:?planner.sh MODEL [PRECISION]}
precision=${2:-auto}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$pmpo" data import -q gsm8k --annotations keep "$top/bench/experiments/data/gsm8k/test.jsonl" >"$tmp/gsm8k.jsonl"
i=0
while [ $i -lt 300 ]; do # an instruction of about 2,000 tokens
    printf 'Rule %d: be brief and be right. ' $i
    i=$((i + 1))
done >"$tmp/long.txt"
i=0
while [ $i -lt 100 ]; do # inputs of about ten tokens
    printf '{"input":"Is %d plus %d above 100?","target":"%s","options":["Yes","No"]}\n' $i $((2 * i)) \
        "$([ $((3 * i)) -gt 100 ] && echo Yes || echo No)"
    i=$((i + 1))
done >"$tmp/short.jsonl"
bbh=$top/bench/experiments/data/bbh

printf '| job | rows | logits | prefill rows/s | scoring rows/s | ratio | whole tokens/s | one by one |\n' >&2
printf '|---|---|---|---|---|---|---|---|\n' >&2
bench() { # NAME OPTIONS...
    name=$1
    shift
    "$pmpo" bench -q --json -m "$model" --precision "$precision" "$@" |
        jq -c --arg job "$name" --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
            --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
            '{job: $job, commit: $commit, cpu: $cpu, date: (now | todate)} + .' |
        tee "$tmp/row"
    jq -r '"| \(.job) | \(.rows) | \(.output_rows) | \(.prefill_per_s | round) | "
        + "\(.distinct_per_s | round) | \(.distinct_over_prefill * 1000 | round | . / 1000) | "
        + "\(.logical_per_s | round) | \(.plain_loop_logical_per_s | round) |"' "$tmp/row" >&2
}
bench "navigate, preference, 50" -d "$top/examples/navigate/navigate.json" --limit 50 --loss preference
bench "logical deduction, preference, 50" -d "$bbh/logical_deduction_three_objects.json" --limit 50 \
    --loss preference
bench "GSM8K solutions, 12" -d "$tmp/gsm8k.jsonl" --limit 12 --loss nll
bench "instruction of 2,000 tokens, 20" -d "$top/examples/navigate/navigate.json" --limit 20 \
    -p "@$tmp/long.txt"
bench "inputs of 10 tokens, 100" -d "$tmp/short.jsonl"
