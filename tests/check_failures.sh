#!/bin/sh
# A failure loses nothing that was done, and says how to go on. check_failures.sh PMPO-FAKE
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_failures
odd_data 40 >data.jsonl

# ---- compare: models before the one that fails

"$pmpo" compare -m one -m missing -m two -d data.jsonl -p One -p Two >out 2>err
[ $? = 1 ] && [ ! -s out ] && grep -q "missing: there is none" err || fail "a missing model: $(cat out err)"
"$pmpo" compare -m one -m two -m unsound -d data.jsonl -p One -p Two >out 2>err
[ $? = 1 ] && grep -q "^one" out && grep -q "^two" out && grep -q "unsound: can't be opened" err ||
    fail "models that were done: $(cat out err)"
"$pmpo" compare -m one -m unsound -d data.jsonl -p One -p Two --json >out 2>err
[ $? = 1 ] && grep -q '"name":"one"' out || fail "models that were done, as JSON: $(cat out err)"
"$pmpo" compare -m unsound -d data.jsonl -p One -p Two --json >out 2>err
[ $? = 1 ] && [ ! -s out ] || fail "no model was done: $(cat out)"

"$pmpo" compare -m one -m interrupted -m two -d data.jsonl -p One -p Two >out 2>err
[ $? = 3 ] && grep -q "^one" out && ! grep -q "^interrupted\|^two" out ||
    fail "^C while a model is opened: $(cat out err)"

# ---- eval: a disk that is full keeps the old file of answers

answer="-q --no-cache -m fake -d data.jsonl -p One --metric exact --examples examples"
# shellcheck disable=SC2086
"$pmpo" eval $answer >/dev/null && [ "$(wc -l <examples)" = 40 ] || fail "eval --examples"
cp examples before
# shellcheck disable=SC2086
(trap '' XFSZ; ulimit -f 1; "$pmpo" eval $answer --force >out 2>err)
[ $? = 1 ] && grep -q "cannot write examples: File too large" err || fail "a full disk: $(cat err)"
cmp -s before examples || fail "a full disk: the old examples are gone"
[ "$(ls examples*)" = examples ] || fail "a full disk: left is $(ls examples*)"

# ---- data split: a disk that is full leaves the parts of one split

odd_data 200 >split.jsonl
"$pmpo" data split split.jsonl --train 5 --val 5 --test 190 >/dev/null || fail "data split"
cat split.*.jsonl >before
(trap '' XFSZ; ulimit -f 8; "$pmpo" data split split.jsonl --train 6 --val 5 --test 189 --seed 3 --force >/dev/null 2>err)
[ $? = 1 ] && grep -q "cannot write split.test.jsonl" err || fail "data split on a full disk: $(cat err)"
cat split.*.jsonl | cmp -s - before || fail "a full disk leaves parts of two splits"
[ "$(echo split.*)" = "split.jsonl split.test.jsonl split.train.jsonl split.val.jsonl" ] ||
    fail "a full disk: left is $(echo split.*)"

# ---- optimize: a disk that is full

how="-q --no-cache -m fake -d data.jsonl --train 8 --val 4 --test 8 --iterations 3 --hard 2 --variants 2"
# shellcheck disable=SC2086
"$pmpo" optimize $how -o whole >/dev/null || die "optimize"
size=$(($(wc -c <whole) / 512))
n=0
for part in 5 6 7 8 9; do
    rm -f run run-*
    # No file may be longer; the signal that would say so is ignored.
    # shellcheck disable=SC2086
    (trap '' XFSZ; ulimit -f $((size * part / 10)); "$pmpo" optimize $how -o run >out 2>err)
    code=$?
    [ $code != 0 ] || continue
    [ $code = 1 ] || fail "a full disk: exit $code: $(cat err)"
    "$pmpo" show run >/dev/null 2>&1 || continue
    n=$((n + 1))
    grep -q "what was done is kept, go on with: pmpo resume run$" err || fail "a full disk: $(cat err)"
    "$pmpo" resume run -q --no-cache >/dev/null 2>err || fail "resume: $(cat err)"
done
[ $n -gt 0 ] || fail "the disk was never full"
# A budget: the run can be ended as it is, and one that is done says so.
ended=
for budget in 4000 6000 8000 10000 12000; do
    # shellcheck disable=SC2086
    "$pmpo" optimize $how -o spent --force --iterations 6 --budget ${budget}tok >out 2>err
    end=$(sed -n 's/.*; or end it here, with a verdict: pmpo //p' err)
    [ -n "$end" ] || continue
    ended=1
    # shellcheck disable=SC2086
    "$pmpo" $end -q --no-cache >out 2>err || fail "$end: $(cat err)"
    grep -q "^verdict  *." out || fail "$end: no verdict"
    [ ! -s err ] || fail "$end: $(cat err)"
    # shellcheck disable=SC2086
    "$pmpo" $end --no-cache >out 2>err
    grep -q "nothing is left to do: the run is done (" err || fail "$end, again: $(cat err)"
    break
done
[ -n "$ended" ] || fail "no budget ended a run in an iteration"
# A run that could not be begun is not the one that has its name.
# shellcheck disable=SC2086
(trap '' XFSZ; ulimit -f 8; "$pmpo" optimize $how -o whole --force >out 2>err)
[ $? = 1 ] && grep -q . err || fail "no room at all: $(cat err)"
grep -q "resume" err && fail "another run is named: $(cat err)"

# ---- a --config file for all commands harms no run

cp whole kept
printf 'output = kept\nforce = yes\niterations = 0\njson = yes\nmodel = another\ndata = none.jsonl\nprompt = x\n' >all
"$pmpo" report whole --config all >/dev/null && [ -s whole.html ] && cmp -s kept whole || fail "report --config"
"$pmpo" resume whole --config all >/dev/null || fail "resume --config"
"$pmpo" show whole --best --config all >out 2>err && [ "$(wc -l <out)" -lt 5 ] || fail "show --config: $(cat out err)"
"$pmpo" audit whole --baseline all --no-cache --json >first || fail "audit"
"$pmpo" audit whole --baseline all --no-cache --config all >second 2>err || fail "audit --config: $(cat err)"
cmp -s first second || fail "a --config file goes before the run"

# ---- a page goes into a pipe

mkfifo pipe
cat pipe >page &
reader=$!
timeout 20 "$pmpo" report whole -o pipe >/dev/null 2>err || {
    fail "report into a pipe: $(cat err)"
    kill $reader
}
wait $reader
grep -q "</html>" page || fail "report into a pipe: nothing came out"

# ---- marks of parts to keep are no part of a prompt

for c in score eval compare analyze bench; do
    set -- $c -m fake -d data.jsonl --json
    [ $c = bench ] || set -- "$@" --no-cache
    "$pmpo" "$@" -p "Say {{keep}}yes{{/keep}}." >first || fail "$c"
    grep -q "keep}}" first && fail "$c: marks are in the prompt"
done

# ---- a run that stopped says how to go on

# shellcheck disable=SC2086
"$pmpo" optimize $how -o stopped --budget 1tok >/dev/null 2>&1
[ $? = 3 ] && "$pmpo" show stopped | grep -q '`pmpo resume stopped` goes on' || fail "show of a stopped run"
# shellcheck disable=SC2086
"$pmpo" optimize $how -o -dash --budget 1tok >/dev/null 2>err
grep -q "go on with: pmpo resume ./-dash$" err || fail "a name that begins like an option: $(cat err)"
"$pmpo" show whole | grep -q "pmpo resume" && fail "show of a run that is done"

# ---- a resume that never began

as_nobody=
[ "$(id -u)" != 0 ] || as_nobody="setpriv --reuid 65534 --clear-groups"
cp stopped others
chmod 444 others
chmod 755 .
if $as_nobody "$pmpo" show others >/dev/null 2>&1; then
    $as_nobody "$pmpo" resume others --no-cache 2>err
    [ $? = 1 ] && grep -q "others: Permission denied$" err || fail "a run of somebody else: $(cat err)"
fi

# ---- audit: a run of several models

# shellcheck disable=SC2086
"$pmpo" optimize $how -m other --joint max -o joint >/dev/null || die "optimize --joint"
"$pmpo" audit joint --baseline all >out 2>err || fail "audit: $(cat err)"
tr -s ' \n' ' ' <out | grep -q "of 2 models the first alone; the run's loss is the maximum over all" ||
    fail "audit of several models: $(cat out)"
grep -q "^run's loss" out && fail "the first model's loss is called the run's"
"$pmpo" audit joint --baseline all --json | grep -q '"run_loss":null' || fail "audit --json of several models"
"$pmpo" audit whole --baseline all >out 2>err
grep -q "^run's loss" out || fail "audit of one model: $(cat out err)"
# A damaged file ends an audit of it, one way or the other.
if command -v sqlite3 >/dev/null; then
    sqlite3 whole "UPDATE candidate SET parents = id" || fail "no table of candidates"
    timeout 60 "$pmpo" audit whole --baseline all >/dev/null 2>&1
    [ $? != 124 ] || fail "audit of a damaged file hangs"
fi
finish
