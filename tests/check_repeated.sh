#!/bin/sh
# A command that is repeated feeds no row and generates no token, and its cost line says so; with
# --no-cache it costs what it did. check_repeated.sh PMPO-FAKE
set -eu
pmpo=$1
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
cd "$t"
export XDG_CACHE_HOME="$t/cache" COLUMNS=300 LC_ALL=C
i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    echo "{\"input\":\"Is $i odd?\",\"target\":\"Yes\",\"options\":[\"Yes\",\"No\"]}"
done > data.jsonl

# The cost as one line, without the time.
cost() {
    "$pmpo" "$@" 2> err | awk '/^cost /{ on = 1 } on && /^$/{ exit } on' | tr -s ' \n' ' ' | sed 's/; [^;]*$//'
}
check() { # WHAT-IS-REPLIED COMMAND...
    replies=$1
    shift
    rm -rf cache
    first=$(cost "$@")
    again=$(cost "$@")
    anew=$(cost "$@" --no-cache)
    case $first in
    "" | "cost 0 rows"* | *"; 0 tokens generated"* | *"replies from the cache"*)
        echo "$1: the first time cost: $first"; cat err; exit 1 ;;
    esac
    case $again in
    "cost 0 rows fed"*"; 0 tokens generated after 0 of prompts; "$replies" from the cache") ;;
    *) echo "$1: repeated it cost: $again"; exit 1 ;;
    esac
    [ "$anew" = "$first" ] || { echo "$1: without the cache it cost: $anew, first: $first"; exit 1; }
    echo "$1: $again"
}
check "60 replies" eval -d data.jsonl -p One -p Two --metric exact,options
check "120 replies" compare -d data.jsonl -p One -p Two -p Three -p Four --metric exact --max-tokens 9
check "1 reply" analyze -d data.jsonl -p 'Think well. Be good. Say yes.'
# Without a cache, a warning says so; --quiet forbids it.
rm -rf cache
for c in score eval compare "analyze --segments 2" compress; do
    # shellcheck disable=SC2086
    XDG_CACHE_HOME=$t/data.jsonl "$pmpo" $c -m fake -d data.jsonl -p 'Think well. Be good.' >/dev/null 2>loud
    # shellcheck disable=SC2086
    XDG_CACHE_HOME=$t/data.jsonl "$pmpo" $c -m fake -d data.jsonl -p 'Think well. Be good.' -q >/dev/null 2>quiet
    grep -q "warning: " loud || { echo "$c: no warning of the cache"; cat loud; exit 1; }
    [ ! -s quiet ] || { echo "$c: not quiet:"; cat quiet; exit 1; }
done
check "[1-9]* replies" optimize -d data.jsonl -p 'Think well. Be good.' --iterations 2 --force -o run.pmpo
