#!/bin/sh
# run.sh NAME PROGRAM: runs the case NAME.sh in an empty folder and compares
# what it writes with NAME.out, NAME.err (missing: nothing) and NAME.exit
# (missing: 0). The case gets the program as $PMPO and this folder as $CASES.
# UPDATE=1 writes the expected files instead.
set -u
CASES=$(cd "$(dirname "$0")" && pwd) || exit 1
name=$1
PMPO=$(cd "$(dirname "$2")" && pwd)/$(basename "$2") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/here" "$work/cache" || exit 1
export PMPO CASES XDG_CACHE_HOME="$work/cache" LC_ALL=C
unset PMPO_MODEL NO_COLOR

(cd "$work/here" && sh "$CASES/$name.sh" </dev/null >"$work/out" 2>"$work/err")
echo $? >"$work/exit"

if [ "${UPDATE:-}" ]; then
    for what in out err exit; do
        cp "$work/$what" "$CASES/$name.$what"
    done
    [ -s "$CASES/$name.err" ] || rm "$CASES/$name.err"
    exit 0
fi
status=0
for what in out err exit; do
    expected=$CASES/$name.$what
    if [ ! -e "$expected" ]; then
        expected=$work/expected
        if [ $what = exit ]; then echo 0 >"$expected"; else : >"$expected"; fi
    fi
    diff -u --label "expected $what" --label "$what" "$expected" \
        "$work/$what" || status=1
done
exit $status
