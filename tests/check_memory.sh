#!/bin/sh
# A run made within a limit of memory is gone on with within that limit: the window that follows from it is part of
# the models' identity. check_memory.sh PMPO MAKE_TINY
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_memory
"$2" tiny.gguf chat || die "no model"
odd_data 20 >data.jsonl

run() { # COMMAND...
    "$pmpo" "$@" -q >out 2>&1 || die "$*: $(cat out)"
}
opened() { "$pmpo" show --format json "$1" | grep -o "\"$2\": *\"[^\"]*\""; }

mb=200 # the least that the model can be opened with
until "$pmpo" score -q -m tiny.gguf --memory ${mb}M -d data.jsonl --limit 1 -p x >out 2>&1; do
    mb=$((mb + 1))
    [ $mb -lt 260 ] || die "not with 260 MB: $(cat out)"
done
how="-m tiny.gguf --rewriter none -d data.jsonl --train 6 --val 5 --test 5 --iterations 1 --metric none"
# shellcheck disable=SC2086
run optimize $how --memory ${mb}M -o small
# shellcheck disable=SC2086
run optimize $how -o free
if [ "$(opened small scorer_identity)" = "$(opened free scorer_identity)" ]; then
    die "${mb}M makes no smaller window"
fi
run resume small --iterations 2
finish
