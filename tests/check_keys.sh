#!/bin/sh
# Which servers get the key of -m, and what a server that wants one is told to need. The fake engine
# says how each URL was opened. check_keys.sh PMPO-FAKE
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_keys
export PMPO_API_KEY=0123456789 PMPO_REWRITER_API_KEY=01234 PMPO_JUDGE_API_KEY=0123
odd_data 24 >data.jsonl

# "URL LENGTH" of each that was opened, in order.
keys() { sed -n 's/^opened.* of \(http[^ ]*\), dialect.*key of \([0-9]*\) .*/\1 \2/p' err; }
check() { # WHAT WANTED
    [ "$(keys)" = "$2" ] || fail "$1: $(keys) $(cat err)"
}

ONE=https://one.example/v1
TWO=https://two.example/v1
"$pmpo" compare -m fake -m $ONE -m $TWO -m https://One.Example:443/b -m http://one.example/v1 -d data.jsonl -p One -p Two \
    >out 2>err
check compare "$ONE 10
$TWO 0
https://One.Example:443/b 10
http://one.example/v1 0"
"$pmpo" compare -m $ONE,$TWO -m $TWO,https://one.example:443/b -m $ONE,https://three.example -d data.jsonl -p One -p Two \
    >out 2>err
check replicas "$ONE,$TWO 10
$TWO,https://one.example:443/b 10
$ONE,https://three.example 0"
"$pmpo" optimize -m $ONE -m $TWO -m https://one.example/b --joint mean --rewriter $TWO -d data.jsonl --train 8 --val 4 \
    --test 8 --iterations 0 -q -o run >out 2>err
check joint "$ONE 10
$TWO 5
$TWO 0
https://one.example/b 10"
"$pmpo" resume run --iterations 1 -q >out 2>err
check resume "$ONE 10
$TWO 5
$TWO 0
https://one.example/b 10"
grep -q "$TWO.* of 0 (PMPO_API_KEY and --key-file are for the server of the first URL)" err ||
    fail "no word on the second model's key"
"$pmpo" eval -m $ONE --judge $TWO --metric judge -d data.jsonl -p One >out 2>err
check eval "$ONE 10
$TWO 4"
grep -q "$ONE.*(set PMPO_API_KEY)" err && grep -q "$TWO.*(set PMPO_JUDGE_API_KEY)" err ||
    fail "a judge's key is not named"
"$pmpo" analyze -m fake --rewriter $TWO -d data.jsonl -p One >out 2>err
check analyze "$TWO 5"
grep -q "$TWO.*(set PMPO_REWRITER_API_KEY)" err || fail "a rewriter's key is not named"
finish
