#!/bin/bash
# Does --dry-run say what a job costs? Five jobs, each predicted and then done.
#   bench/predict.sh [MODEL...] >>bench/results/predict.jsonl
# `score --dry-run`, then the same `score` without the cache: rows have to be equal, and the ratio of the predicted time to
# the true one is what is asked. JOBS names some of the five. A table goes to standard error. Run it on an idle machine.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
[ $# -gt 0 ] || set -- smollm2-135m-instruct qwen2.5-coder-0.5b-instruct
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bbh=$top/bench/experiments/data/bbh
"$pmpo" data import -q gsm8k "$top/bench/experiments/data/gsm8k/test.jsonl" >"$tmp/gsm8k.jsonl"

row() { # JOB OPTIONS...
    local job=$1
    shift
    "$pmpo" score -q --json -m "$model" --dry-run "$@" >"$tmp/said"
    "$pmpo" score -q --json -m "$model" --no-cache "$@" >"$tmp/done"
    jq -c --slurpfile said "$tmp/said" --arg job "$job" --arg model "$model" \
        --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
        --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
        '{$job, $model, $commit, $cpu, cores: '"$(nproc)"', date: (now | todate),
          said_rows: $said[0].cost.prefill_tokens, rows: .cost.prefill_tokens,
          said_s: $said[0].cost.seconds, s: .cost.seconds, ratio: ($said[0].cost.seconds / .cost.seconds)}' \
        "$tmp/done" | tee "$tmp/row"
    jq -r '"\(.model), \(.job): \(.said_rows) and \(.rows) rows, \(.said_s) and \(.s) s"' "$tmp/row" >&2
}

for model; do
    step=(-p "Let's think step by step.")
    for job in ${JOBS:-navigate deduction gsm8k counting prompts}; do
        case $job in
        navigate) row "navigate, preference, 100" "${step[@]}" -d "$top/examples/navigate/navigate.json" --limit 100 ;;
        deduction) row "logical deduction, preference, 50" "${step[@]}" -d "$bbh/logical_deduction_three_objects.json" --limit 50 ;;
        gsm8k) row "GSM8K solutions, 24" "${step[@]}" -d "$tmp/gsm8k.jsonl" --limit 24 --loss nll ;;
        counting) row "object counting, 100" "${step[@]}" -d "$bbh/object_counting.json" --limit 100 --loss nll ;;
        prompts) row "routing, 50, four prompts" -d "$top/examples/routing/messages.jsonl" --limit 50 --baseline all ;;
        *) echo "predict.sh: no job $job" >&2; exit 2 ;;
        esac
    done
done
