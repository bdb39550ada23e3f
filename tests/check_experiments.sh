#!/bin/sh
# check_experiments.sh FAKE TOP: the runner of bench/experiments over an engine of known numbers.
# Every cell of smoke.json becomes one row, nothing is done twice, and the tables are a function of the
# ledger that leaves the rest of the page alone. Skipped (77) without python3.
set -u
fake=$1
top=$2
command -v python3 >/dev/null || exit 77
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C XDG_CACHE_HOME="$work/cache" PMPO="$fake" PMPO_COMMIT=test PYTHONDONTWRITEBYTECODE=1
unset PMPO_MODEL ALPACA_EVAL
run() {
    python3 "$top/bench/experiments/run.py" smoke "$top/bench/experiments/smoke.json" \
        --ledger "$work/ledger" --work "$work/w" "$@"
}
fail() {
    echo "check_experiments: $*"
    exit 1
}
rows() { wc -l <"$work/ledger"; }

run --minutes 0 --only gsm8k-smollm2-135m-instruct-start >"$work/out" || fail "no time: exit $?"
grep -q "out of time" "$work/out" && [ ! -e "$work/ledger" ] || fail "a row without time"
run --only gsm8k-smollm2-135m-instruct-start >"$work/out" || fail "one cell: exit $?"
[ "$(rows)" = 1 ] || fail "one cell: $(rows) rows"
cp "$work/ledger" "$work/one"
run >"$work/out" || fail "all: exit $?"
[ "$(rows)" = 8 ] || fail "all: $(rows) rows, not 8"
head -1 "$work/ledger" | cmp -s - "$work/one" || fail "the first row was done again"
cp "$work/ledger" "$work/all"
run >"$work/out" || fail "again: exit $?"
[ ! -s "$work/out" ] && cmp -s "$work/ledger" "$work/all" || fail "something was done twice"
run --list >"$work/out"
[ "$(grep -c '^done' "$work/out")" = 8 ] || fail "--list: $(cat "$work/out")"

# A row has both prompts, losses, marks by example and tokens.
python3 - "$work/ledger" <<'END' || fail "a row lacks something"
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    for kind, m in r["measures"].items():
        assert m["n"] == len(m["bits"]) == 4 and m["right"] == m["bits"].count("1"), m
        assert m["low"] <= m["right"] / m["n"] <= m["high"] and sum(m["tokens"].values()) > 0, m
    if r["method"] == "start":
        assert r["search"] is None and r["prompt"]["after"] == "Let's think step by step."
    else:
        assert r["prompt"]["before"] and r["prompt"]["after"] and r["loss"]["train"][1] <= r["loss"]["train"][0]
        assert sum(r["search"]["tokens"].values()) > 0
    assert r["commit"] == "test" and r["machine"] and r["parts"] == {"train": 4, "val": 2, "test": 6}, r
END

# Replies are kept, so that marks can be made again: a wrong one is put right, the others stay.
[ "$(ls "$work/replies" | wc -l)" = "$(grep -o '"cut_off": [0-9]' "$work/ledger" | wc -l)" ] || fail "replies: $(ls "$work/replies")"
python3 - "$work/ledger" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
m = next(m for r in rows for k, m in r["measures"].items() if k.startswith("generated"))
m["bits"] = "".join("01"["10".index(b)] for b in m["bits"])
open(sys.argv[1], "w").write("".join(json.dumps(r) + "\n" for r in rows))
END
run --mark-again >"$work/out" || fail "--mark-again: exit $?"
[ "$(wc -l <"$work/out")" = 1 ] || fail "not one row was put right: $(cat "$work/out")"
python3 - "$work/ledger" "$work/all" <<'END' || fail "--mark-again doesn't give the marks again"
import json, sys
now, before = ([json.loads(line) for line in open(f)] for f in sys.argv[1:])
for a, b in zip(now, before):
    for kind in a["measures"]:
        a["measures"][kind].pop("marked", None)
    assert a == b, (a, b)
END
cp "$work/all" "$work/ledger"

# What a killed runner left of a row is no row.
printf '{"task": "nav' >>"$work/ledger"
run --list >"$work/out" && [ "$(grep -c '^done' "$work/out")" = 8 ] || fail "half a row: $(cat "$work/out")"

# Another setting is another cell; a new version of a method, too. A cell that another runner is at is left to it.
mkdir -p "$work/copy/bench" && cp -r "$top/bench/experiments" "$work/copy/bench/" && cp -r "$top/examples" "$work/copy/"
sed -i 's/"name": "start", "version": 1/"name": "start", "version": 2/' "$work/copy/bench/experiments/methods.json"
top=$work/copy
start=navigate-smollm2-135m-instruct-start
label=$(run --list --only $start | sed 's/.* //')
(
    flock 9
    run --only $start >"$work/out" || fail "a cell of another runner: exit $?"
) 9>"$work/w/locks/$label" || exit 1
grep -q "another runner" "$work/out" && [ "$(rows)" = 8 ] || fail "a cell of another runner was run"
run --only $start >"$work/out" || fail "a new version: exit $?"
top=$2
[ "$(rows)" = 9 ] || fail "a new version of a method is no new cell"

printf '# Page\n\nAbove.\n' >"$work/page.md"
python3 "$top/bench/experiments/tables.py" "$work/ledger" "$work/page.md" >/dev/null || fail "tables"
printf '\nBelow.\n' >>"$work/page.md"
cp "$work/page.md" "$work/first.md"
python3 "$top/bench/experiments/tables.py" "$work/ledger" "$work/page.md" >/dev/null || fail "tables again"
cmp -s "$work/page.md" "$work/first.md" || fail "the tables changed though the ledger didn't"
grep -q '^Above' "$work/page.md" && grep -q '^Below' "$work/page.md" || fail "the rest of the page is gone"
grep -q 'navigate | smollm2-135m | 1 | default' "$work/page.md" || fail "no row in the table"
grep -q '^| smollm2-135m | default | 2 | library |' "$work/page.md" || fail "no row of a proposer"
python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/experiments.svg" || fail "the plot is no SVG"
exit 0
