#!/bin/sh
# compress.sh MODEL [TASK...] >>bench/results/compress.jsonl: what pmpo compress saves, and what it does to answers.
#
# For each of three tasks of BIG-Bench Hard the long prompt of bench/compress/ is made shorter on its
# first 50 examples, by the likelihood of the answers (nll) at a margin of 0.01 nats; then before and
# after answer the next 50. LIMIT=50 examples of each. A row of JSON for each task.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
model=${1:?compress.sh MODEL [TASK...]}
shift
[ $# -gt 0 ] || set -- object_counting navigate sports_understanding
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for task; do
    prompt=$top/bench/compress/$task.txt
    data=$top/bench/experiments/data/bbh/$task.json
    [ -e "$data" ] || data=$top/examples/$task/$task.json
    python3 - "$data" "$work" "${LIMIT:-50}" <<'PY'
import json, sys
n = int(sys.argv[3])
rows = json.load(open(sys.argv[1]))["examples"][:2 * n]
for name, part in (("first", rows[:n]), ("next", rows[n:])):
    with open(f"{sys.argv[2]}/{name}.jsonl", "w") as f:
        for r in part:
            f.write(json.dumps({"input": r["input"], "target": r["target"]}) + "\n")
PY
    "$pmpo" compress -q -m "$model" -d "$work/first.jsonl" -p "@$prompt" --loss nll --json >"$work/short.json"
    python3 -c 'import json,sys; sys.stdout.write(json.load(open(sys.argv[1]))["after"] + "\n")' \
        "$work/short.json" >"$work/after.txt"
    "$pmpo" eval -q -m "$model" -d "$work/next.jsonl" -p "@$prompt" -p "@$work/after.txt" \
        --metric exact --max-tokens 16 --json >"$work/eval.json"
    python3 - "$task" "$model" "$work" <<'PY'
import json, sys
task, model, work = sys.argv[1:]
c, e = json.load(open(f"{work}/short.json")), json.load(open(f"{work}/eval.json"))
right = [p["metrics"]["exact"]["right"] for p in e["prompts"]]
print(json.dumps({"task": task, "model": model, "margin": c["margin"],
                  "tokens_before": c["tokens_before"], "tokens_after": c["tokens_after"],
                  "test_before": round(c["test_before"], 4), "test_after": round(c["test_after"], 4),
                  "test_low": round(c["test_low"], 4), "test_high": round(c["test_high"], 4),
                  "n": e["prompts"][0]["metrics"]["exact"]["n"], "right_before": right[0],
                  "right_after": right[1], "after": c["after"], "seconds": round(c["cost"]["seconds"])}))
PY
done
