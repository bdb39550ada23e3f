#!/bin/bash
# How fast answers are generated, many at a time, against the engine's prefill.
#   bench/answers.sh MODEL [PRECISION...] >>bench/results/answers.jsonl
# LIMIT=64 GSM8K problems are answered under one prompt, at most TOKENS=300 tokens each, nothing cached; then `pmpo bench`
# measures prefill on PREFILL=8 of them with the same weights. A row has tokens/s of answers, rows/s of prefill, and their
# ratio; `tokens_per_s` is of the answers' own time, without that of their prompts at the rate of prefill. $PMPO: another
# build, which COMMIT names. Run it on an idle machine.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
model=${1:?answers.sh MODEL [PRECISION...]}
shift
[ $# -gt 0 ] || set -- f32 native
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$pmpo" data import -q gsm8k "$top/bench/experiments/data/gsm8k/test.jsonl" >"$tmp/gsm8k.jsonl"
for precision in "$@"; do
    "$pmpo" eval -q --json --no-cache -m "$model" --precision "$precision" -d "$tmp/gsm8k.jsonl" --limit "${LIMIT:-64}" \
        --metric number --max-tokens "${TOKENS:-300}" -p "Work in brief steps, one per line, with the calculation of each. End with a \
line '#### ' and the number." >"$tmp/eval"
    "$pmpo" bench -q --json -m "$model" --precision "$precision" -d "$tmp/gsm8k.jsonl" --limit "${PREFILL:-8}" --loss nll >"$tmp/bench"
    jq -c --slurpfile bench "$tmp/bench" --arg model "$model" --arg precision "$precision" \
        --arg commit "${COMMIT:-$(git -C "$top" rev-parse --short HEAD)}" \
        --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
        '{$model, $precision, answers: '"${LIMIT:-64}"', prompt_rows: .cost.prompt_tokens, tokens: .cost.generated_tokens,
          seconds: .cost.seconds, prefill_per_s: $bench[0].prefill_per_s,
          tokens_per_s: (.cost.generated_tokens / (.cost.seconds - .cost.prompt_tokens / $bench[0].prefill_per_s)), $commit, $cpu, date: (now | todate)}
         | .ratio = .tokens_per_s / .prefill_per_s' "$tmp/eval"
done
