#!/bin/sh
# A command that is repeated feeds no row and generates no token, and its cost line says so; with
# --no-cache it costs what it did. check_repeated.sh PMPO-FAKE
set -e
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_repeated
export COLUMNS=300
odd_data 30 >data.jsonl

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
        die "$1: the first time cost: $first $(cat err)" ;;
    esac
    case $again in
    "cost 0 rows fed"*"; 0 tokens generated after 0 of prompts; "$replies" from the cache") ;;
    *) die "$1: repeated it cost: $again" ;;
    esac
    [ "$anew" = "$first" ] || die "$1: without the cache it cost: $anew, first: $first"
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
    grep -q "warning: " loud || die "$c: no warning of the cache: $(cat loud)"
    [ ! -s quiet ] || die "$c: not quiet: $(cat quiet)"
done
check "[1-9]* replies" optimize -d data.jsonl -p 'Think well. Be good.' --iterations 2 --force -o run.pmpo
finish
