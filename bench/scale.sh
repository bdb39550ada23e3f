#!/bin/bash
# What scoring costs as examples and candidates grow: one `pmpo score` a cell, nothing cached.
#   bench/scale.sh MODEL [PMPO] >>bench/results/scale.jsonl
# EXAMPLES and CANDIDATES are the table's lines and columns. Candidates begin alike and differ at their
# end, as rewrites do; examples are short, one number each. A row has the rows fed, the engine's seconds and the CPU's
# seconds of the whole process (model opened, data read, result written); these hold beside other programs
# too. A table goes to standard error: CPU milliseconds for an example under a candidate.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
model=${1:?scale.sh MODEL [PMPO]}
pmpo=${2:-$top/build/bin/pmpo}
examples=${EXAMPLES:-10 100 1000} candidates=${CANDIDATES:-1 4 16 64}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for i in $(seq 1 10000); do
    echo "{\"input\":\"$i\",\"target\":\"$([ $((i % 2)) = 0 ] && echo even || echo odd)\",\"options\":[\"even\",\"odd\"]}"
done >"$tmp/data.jsonl"
cpu=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)

cell() { # EXAMPLES CANDIDATES
    local prompts=() i before after
    for i in $(seq "$2"); do
        prompts+=(-p "Is the number even or odd? Take it as version $i of you would.")
    done
    before=$(awk '{ print $16 + $17 }' /proc/$$/stat) # of children that ended, in ticks
    "$pmpo" score -q --json --no-cache -m "$model" --template raw -d "$tmp/data.jsonl" --limit "$1" \
        "${prompts[@]}" >"$tmp/out"
    after=$(awk '{ print $16 + $17 }' /proc/$$/stat)
    jq -c --argjson n "$1" --argjson k "$2" --argjson ticks $((after - before)) \
        --argjson hz "$(getconf CLK_TCK)" --arg cpu "$cpu" \
        --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
        '{examples: $n, candidates: $k, rows: .cost.prefill_tokens, logical: .cost.logical_tokens,
          engine_s: .cost.seconds, cpu_s: ($ticks / $hz), model, commit: $commit, cpu: $cpu,
          date: (now | todate)}' "$tmp/out" | tee -a "$tmp/rows"
}

for n in $examples; do
    for k in $candidates; do
        cell "$n" "$k"
    done
done
{
    echo "| examples | $(echo "$candidates" | sed 's/ / | /g') candidates |"
    for n in $examples; do
        echo "| $n | $(jq -r --argjson n "$n" 'select(.examples == $n)
            | "\(.rows) rows, \(.cpu_s / .examples / .candidates * 100000 | round | . / 100) ms"' \
            "$tmp/rows" | paste -sd'|' | sed 's/|/ | /g') |"
    done
} >&2
