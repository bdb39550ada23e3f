#!/bin/sh
# How near scoring comes to the engine's own prefill, by shape of the job.
#   bench/planner.sh MODEL [PRECISION] >>bench/results/planner.jsonl
# Each shape is `pmpo bench`: five pairs, in turn, of the job and of a one-sequence prefill of as many
# rows with as many logits read, same weights, threads and process; the ratio is the median of the
# pairs' ratios. A table goes to standard error. ONLY=analyze: the shapes alone whose name has that in it. Run it on an
# idle machine.
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
# Five sentences; with each of them left out; and as many rewordings as an iteration has candidates.
set -- "Read the steps in order." "Keep track of the direction." "Add up the moves of each line." \
    "Check whether both sums are zero." "Answer with Yes or No."
printf '%s ' "$@" >"$tmp/p0"
for left in 1 2 3 4 5; do
    i=0
    for sentence in "$@"; do
        i=$((i + 1))
        [ $i -eq $left ] || printf '%s ' "$sentence"
    done >"$tmp/p$left"
done
for variant in 1 2 3 4 5 6 7 8 9 10 11 12; do
    printf 'Follow the walk, way %d. %s' $variant "$(cat "$tmp/p$((variant % 6))")" >"$tmp/p$((variant + 5))"
done
masked() { # FIRST LAST: options for these
    i=$1
    while [ "$i" -le "$2" ]; do
        printf -- '-p\n@%s/p%d\n' "$tmp" "$i"
        i=$((i + 1))
    done
}

printf '| job | rows | logits | prefill rows/s | scoring rows/s | ratio | whole tokens/s | one by one |\n' >&2
printf '|---|---|---|---|---|---|---|---|\n' >&2
bench() { # NAME OPTIONS...
    name=$1
    shift
    case $name in *"${ONLY:-}"*) ;; *) return ;; esac
    "$pmpo" bench -q --json -m "$model" --precision "$precision" "$@" |
        jq -c --arg job "$name" --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
            --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
            '{job: $job, commit: $commit, cpu: $cpu, date: (now | todate)} + .
             | .settings.data |= (strings | split("/") | last)' |
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
# What `analyze` scores, and what an iteration of a search does: the parts, then the candidates.
# shellcheck disable=SC2046 # the words of `masked` are apart
bench "analyze, 6 prompts, 25" -d "$top/examples/navigate/navigate.json" --limit 25 $(masked 0 5)
# shellcheck disable=SC2046
bench "iteration, 17 prompts, 10" -d "$top/examples/navigate/navigate.json" --limit 10 $(masked 1 17)
