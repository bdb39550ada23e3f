#!/bin/bash
# Scoring by several builds of pmpo in turn (another BLAS library, another commit).
#   bench/programs.sh MODEL NAME=PMPO[@PRECISION]... >>bench/results/programs.jsonl
# Each of ROUNDS=5 rounds runs the same job, `score` of LIMIT=40 examples of DATA=navigate.json without
# the cache at PRECISION=f32-fast and LOSS=auto, once by each program; ARGS: more words for score, such as other prompts. A row has the rates of all rounds in rows a
# second, and the median over rounds of the rate over that of the first program in the same round.
# A table goes to standard error. Run it on an idle machine.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
model=${1:?programs.sh MODEL NAME=PMPO...}
shift
data=${DATA:-$top/examples/navigate/navigate.json}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
precision_of() { case $1 in *@*) echo "${1##*@}" ;; *) echo "${PRECISION:-f32-fast}" ;; esac; }
for round in $(seq "${ROUNDS:-5}"); do
    for program in "$@"; do
        path=${program#*=}
        "${path%@*}" score -q --json --no-cache -m "$model" --precision "$(precision_of "$program")" \
            -p "Let's think step by step." --limit "${LIMIT:-40}" --loss "${LOSS:-auto}" -d "$data" ${ARGS:-} >"$tmp/out"
        jq '.cost.prefill_tokens / .cost.seconds' "$tmp/out" >>"$tmp/${program%%=*}"
        jq '.cost.seconds' "$tmp/out" >>"$tmp/${program%%=*}.seconds"
    done
done
for program in "$@"; do
    jq -sc --slurpfile first "$tmp/${1%%=*}" --arg program "${program%%=*}" --arg against "${1%%=*}" \
        --arg model "$model" --arg data "$(basename "$data")" --arg precision "$(precision_of "$program")" --arg core "${OPENBLAS_CORETYPE:-}" \
        --slurpfile seconds "$tmp/${program%%=*}.seconds" --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
        --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
        'def median: sort | .[length / 2 | floor];
         {$model, $precision, $data, args: '"\"${ARGS:-}\""', examples: '"${LIMIT:-40}"', $program, $against, $commit, $cpu,
          openblas_coretype: $core, cores: '"$(nproc)"', date: (now | todate), rows_per_s: ., median: median, seconds: $seconds, 
          ratio: ([., $first] | transpose | map(.[0] / .[1]) | median)}' "$tmp/${program%%=*}"
done | tee "$tmp/rows"
jq -r '"\(.model) \(.program): \(.median * 10 | round / 10) rows/s, \(.ratio * 1000 | round / 1000) of \(.against)"' \
    "$tmp/rows" >&2
