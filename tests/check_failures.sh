#!/bin/sh
# A failure loses nothing that was done, and says how to go on. check_failures.sh PMPO-FAKE
set -u
pmpo=$1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cd "$t" || exit 1
export XDG_CACHE_HOME="$t/cache" LC_ALL=C
unset PMPO_MODEL
failed=0
fail() {
    echo "check_failures: $*"
    failed=1
}
i=0
while [ $i -lt 40 ]; do
    i=$((i + 1))
    echo "{\"input\":\"Is $i odd?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}"
done >data.jsonl

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

exit $failed
