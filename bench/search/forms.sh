#!/bin/sh
# What share of a rewriter's replies is usable and new, by proposer and task.
#   bench/search/forms.sh MODEL [SEED] >>bench/results/forms.jsonl
# Five tasks: navigate, logical_deduction_three_objects, object_counting (BIG-Bench Hard), GSM8K, and
# examples/routing. For each, the proposers that ask a rewriter in turn, as a run's first iteration asks
# them; nothing is scored (forms.c says what is counted). One row a task and proposer; a table of the
# rows goes to standard error. TASKS and PROPOSERS (words) choose others.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$top/build/bin}
model=${1:?forms.sh MODEL [SEED]}
seed=${2:-1}
bbh=$top/bench/experiments/data/bbh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$bin/pmpo" data import -q bbh "$top/examples/navigate/navigate.json" >"$tmp/navigate"
for task in logical_deduction_three_objects object_counting; do
    "$bin/pmpo" data import -q bbh "$bbh/$task.json" >"$tmp/$task"
done
"$bin/pmpo" data import -q gsm8k "$top/bench/experiments/data/gsm8k/test.jsonl" >"$tmp/gsm8k"
cp "$top/examples/routing/messages.jsonl" "$tmp/routing"

printf '| task | proposer | asked | usable and new at once | with one more try | tokens |\n|---|---|---|---|---|---|\n' >&2
for task in ${TASKS:-navigate logical_deduction_three_objects object_counting gsm8k routing}; do
    # shellcheck disable=SC2086 # words
    "$bin/forms" "$model" "$task" "$tmp/$task" "$seed" ${PROPOSERS:-induce edit rewrite paraphrase} |
        jq -c --arg commit "$(git -C "$top" rev-parse --short HEAD)" '{commit: $commit, date: (now | todate)} + .' |
        tee "$tmp/rows"
    jq -r '"| \(.task) | \(.proposer) | \(.asked) | \(.distinct) | \(.distinct_with_repair) | \(.generated_tokens) |"' \
        "$tmp/rows" >&2
done
