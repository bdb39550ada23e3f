#!/bin/sh
# kill -9 of a real run at three moments, pmpo resume after each: the outcome is the uninterrupted
# run's, work was really lost, and nothing finished was computed again. real_resume.sh PMPO
set -eu
pmpo=$1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cd "$t"
model=$PMPO_MODELS/smollm2-135m-instruct.gguf
i=0
while [ $i -lt 60 ]; do
    i=$((i + 1))
    [ $((i % 3)) = 0 ] && a=Yes || a=No
    echo "{\"id\":\"q$i\",\"input\":\"Can $i be divided by 3?\",\"target\":\"$a\",\"options\":[\"Yes\",\"No\"]}"
done > data.jsonl
optimize() {
    "$pmpo" optimize -m "$model" --precision native -d data.jsonl -p 'Let us think. Be careful.' \
        --proposers contract,delete,rewrite --train 10 --val 6 --test 8 --iterations 2 --hard 1 --variants 2 \
        --max-reply-tokens 40 --max-tokens 4 \
        --no-cache --seed 5 --quiet -o "$1" > "$1.out" 2>&1
}
# The outcome, without what depends on time and on how often a prefix had to be fed.
outcome() {
    "$pmpo" show "$1" --json | python3 -c '
import json, sys
def strip(x):
    if isinstance(x, dict):
        return {k: strip(v) for k, v in x.items() if k not in ("seconds", "prefill_tokens", "file")}
    return [strip(v) for v in x] if isinstance(x, list) else x
print(json.dumps(strip(json.load(sys.stdin)), sort_keys=True, indent=1))'
}
# Finished work: one line each, with the time that computing it took.
work() {
    python3 -c '
import sqlite3, sys
c = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True, timeout=10)
for t in ("unit", "job"):
    for k, ms in c.execute("select hex(key), ms from " + t):
        print(t, k, repr(ms))' "$1" | sort
}
count() { work "$1" 2>/dev/null | wc -l; }

optimize whole.pmpo || { cat whole.pmpo.out; exit 1; }
outcome whole.pmpo > whole.json
all=$(count whole.pmpo)
echo "uninterrupted: $all units and jobs"
run=killed.pmpo
resume() { "$pmpo" resume "$run" --no-cache --quiet > resume.out 2>&1; }

# Runs "$@" until $moment units and jobs are done, then kills it.
killed() {
    "$@" &
    pid=$!
    while [ "$(count "$run")" -lt "$moment" ]; do
        kill -0 $pid 2>/dev/null || { echo "it ended before its $moment"; exit 1; }
        sleep 0.1
    done
    # The program is the subshell's child.
    child=$(ps -o pid= --ppid $pid | head -n 1)
    kill -9 ${child:-$pid} 2>/dev/null || true
    wait $pid 2>/dev/null && { echo "the run at $moment was not killed"; exit 1; }
    "$pmpo" show "$run" --json | grep -q '"status": *"interrupted"' ||
        { echo "$run is not interrupted"; exit 1; }
}

# Every row that was finished at the last kill is there with the time it took then: it was not
# computed again.
check_kept() {
    work "$run" > after
    [ -z "$(comm -23 before after)" ] || { echo "computed again after $moment:"; comm -23 before after; exit 1; }
}

: > before
what="optimize $run"
for moment in 1 $((all / 2)) $((all - 2)); do
    killed $what
    check_kept
    kept=$(wc -l < after)
    [ "$kept" -lt "$all" ] || { echo "nothing was lost at $moment"; exit 1; }
    echo "killed with $kept of $all done"
    mv after before
    what=resume
done
resume || { cat resume.out; exit 1; }
check_kept
outcome "$run" > resumed.json
diff whole.json resumed.json || { echo "another outcome after three kills"; exit 1; }
echo "resumed: the same outcome"
