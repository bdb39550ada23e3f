#!/bin/bash
# What pmpo loses beside others on the same cores, and alone to threads that only spin.
#   bench/neighbours.sh MODEL [PMPO...] >>bench/results/neighbours.jsonl
# For each program (the build's own; others, a build with other threads say, are taken in turn with
# it) 1, 2 and 3 processes at once do the same job, scoring f32-fast and generating native; a rate
# is that of the process that ended first, which had all its neighbours throughout. ROUNDS=5 of each.
# A table goes to standard error: median rates, and k times the rate as a share of the rate alone.
# Run it on an idle machine.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
model=${1:?neighbours.sh MODEL [PMPO...]}
shift
[ $# -gt 0 ] || set -- "$top/build/bin/pmpo"
rounds=${ROUNDS:-5} crowds=${CROWDS:-1 2 3}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$1" data import -q gsm8k --annotations keep "$top/bench/experiments/data/gsm8k/test.jsonl" >"$tmp/gsm8k.jsonl"
common=(-q --json --no-cache -m "$model" -p "Let's think step by step.")
scoring=(score "${common[@]}" --precision f32-fast --limit "${EXAMPLES:-20}"
    -d "$top/bench/experiments/data/bbh/logical_deduction_three_objects.json")
generating=(eval "${common[@]}" --precision native --metric exact --limit 8 --max-tokens 48
    -d "$tmp/gsm8k.jsonl")

once() { # PROGRAM K WHAT: rows or tokens a second of the first of K to end
    local -n job=$3
    local i first pids=()
    for i in $(seq "$2"); do
        "$1" "${job[@]}" >"$tmp/$i" 2>/dev/null &
        pids+=($!)
    done
    wait -n -p first "${pids[@]}"
    for i in $(seq "$2"); do
        if [ "${pids[i - 1]}" = "$first" ]; then
            jq ".cost | (if \"$3\" == \"scoring\" then .prefill_tokens else .generated_tokens end) / .seconds" "$tmp/$i"
        else
            kill "${pids[i - 1]}" 2>/dev/null || true
        fi
    done
    wait || true
}

for what in ${JOBS:-scoring generating}; do
    for round in $(seq "$rounds"); do
        for k in $crowds; do
            n=0
            for program in "$@"; do
                once "$program" "$k" "$what" >>"$tmp/$what.$k.$n"
                n=$((n + 1))
            done
        done
    done
    n=0
    for program in "$@"; do
        for k in $crowds; do
            jq -sc --arg job "$what" --argjson k "$k" --arg program "$(basename "$program")" \
                --arg model "$model" --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
                --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
                '{$job, $model, $program, processes: $k, $commit, $cpu, cores: '"$(nproc)"', date: (now | todate),
                  per_s: ., median: (sort | .[length / 2 | floor]), most: max}' "$tmp/$what.$k.$n"
        done
        n=$((n + 1))
    done
done | tee "$tmp/rows"
jq -rs 'group_by([.job, .program])[] | (map(select(.processes == 1))[0].median) as $alone | .[] |
    "\(.job) \(.program) x \(.processes): \(.median * 10 | round / 10)/s each"
    + if $alone then ", \(.median * .processes / $alone * 100 | round) % of alone in all" else "" end' "$tmp/rows" >&2
