#!/bin/sh
# What was not measured is - or null, never nan or 0. check_unmeasured.sh PMPO-FAKE
set -u
pmpo=$1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cd "$t" || exit 1
export XDG_CACHE_HOME="$t/cache" LC_ALL=C
unset PMPO_MODEL
failed=0
fail() {
    echo "check_unmeasured: $*"
    failed=1
}

# Answers to one input: means have no interval.
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    echo "{\"id\":\"s$i\",\"input\":\"Is it?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}" >>same.jsonl
    echo "{\"id\":\"t$i\",\"input\":\"Is it?\",\"target\":\"No\",\"options\":[\"Yes\",\"No\"]}" >>test.jsonl
    echo "{\"id\":\"d$i\",\"input\":\"Is it $i?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}" >>data.jsonl
done
none() { # FILE...
    ! grep -qiw -e nan -e -nan "$@" || fail "$(grep -iw nan "$@" | head -3)"
}
"$pmpo" eval -m fake -d same.jsonl -p One -p Two --metric exact,options >out 2>&1 || fail "eval: $(cat out)"
none out
grep -q "exact .*/20 (.*) *-$" out || fail "eval: $(cat out)"
"$pmpo" compare -m one -m two -d same.jsonl -p One -p Two --html page.html >out 2>&1 || fail "compare: $(cat out)"
none out page.html
"$pmpo" optimize -m fake -d data.jsonl --test test.jsonl -p 'Think well. Be good.' --iterations 2 -o run.pmpo \
    >out 2>&1 || fail "optimize: $(cat out)"
"$pmpo" show run.pmpo >shown && "$pmpo" report run.pmpo -o run.html >/dev/null || fail "show, report"
none out shown run.html
grep -q "of 20 (" run.html || fail "the page has no shares"
"$pmpo" audit run.pmpo -m fake -d same.jsonl -p One -p Two -p Three >out 2>&1 || fail "audit: $(cat out)"
none out

# A run that goes on after its end has no test figures of its best prompt until it ends again.
"$pmpo" resume -q run.pmpo --iterations 5 --budget 1tok >out 2>&1
[ $? = 3 ] || fail "resume: $(cat out)"
"$pmpo" show run.pmpo >shown && "$pmpo" report run.pmpo --force -o run.html >/dev/null || fail "show, report"
none shown run.html
grep -q "^test answers right  *[0-9]*/20  *-$" shown || fail "show: $(grep '^test' shown)"
! grep -q 'data-part="test"[^>]*data-turn="[wl]' run.html || fail "the page compares prompts by the test part"

# Means over models have no counts.
"$pmpo" compare -m one -m two -d data.jsonl -p One -p Two --json -q >out || fail "compare --json"
# `all` has two cells, the two models have four.
counts() { tr '{' '\n' <out | grep -c "$1"; }
[ "$(counts '"asked":null,"n_right":null,"replies":null,"cut_off":null')" = 2 ] &&
    [ "$(counts '"asked":20,"n_right":[0-9]')" = 4 ] || fail "compare --json: $(cat out)"
# The first examples of a sorted file tell nothing of the other answers.
"$pmpo" score -m fake -d data.jsonl -p One --limit 5 2>out >/dev/null && grep -q 'all have the answer "Yes"' out &&
    "$pmpo" score -m fake -d data.jsonl -p One 2>out >/dev/null && [ ! -s out ] || fail "score --limit: $(cat out)"
[ $failed = 0 ] && echo "ok"
exit $failed
