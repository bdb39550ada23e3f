#!/bin/sh
# A run made within a limit of memory is gone on with within that limit: the window that follows from it is part of
# the models' identity. check_memory.sh PMPO MAKE_TINY
set -u
pmpo=$1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
export XDG_CACHE_HOME="$t/cache" LC_ALL=C
unset PMPO_MODEL
"$2" "$t/tiny.gguf" chat || exit 1
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    echo "{\"input\":\"Is $i odd?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}"
done >"$t/data.jsonl"

run() { # COMMAND...
    "$pmpo" "$@" -q >"$t/out" 2>&1 || { echo "check_memory: $*: $(cat "$t/out")"; exit 1; }
}
opened() { "$pmpo" show --format json "$1" | grep -o "\"$2\": *\"[^\"]*\""; }

mb=200 # the least that the model can be opened with
until "$pmpo" score -q -m "$t/tiny.gguf" --memory ${mb}M -d "$t/data.jsonl" --limit 1 -p x >"$t/out" 2>&1; do
    mb=$((mb + 1))
    [ $mb -lt 260 ] || { echo "check_memory: not with 260 MB: $(cat "$t/out")"; exit 1; }
done
how="-m $t/tiny.gguf --rewriter none -d $t/data.jsonl --train 6 --val 5 --test 5 --iterations 1 --metric none"
# shellcheck disable=SC2086
run optimize $how --memory ${mb}M -o "$t/small"
# shellcheck disable=SC2086
run optimize $how -o "$t/free"
if [ "$(opened "$t/small" scorer_identity)" = "$(opened "$t/free" scorer_identity)" ]; then
    echo "check_memory: ${mb}M makes no smaller window"
    exit 1
fi
run resume "$t/small" --iterations 2
