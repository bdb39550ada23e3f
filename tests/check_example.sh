#!/bin/sh
# The example loss (hinge) and the example engine (bigram), through every command that has to know
# them. check_example.sh PROGRAM, which is pmpo with the two rows more.
set -eu
pmpo=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME="$work/cache" LC_ALL=C
unset PMPO_MODEL
m='bigram:ab or ac: then abba, ab and ad. '
for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
    for j in x y; do
        echo "{\"input\":\"question $i$j: ab or ac?\",\"target\":\"ab\",\"options\":[\"ab\",\"ac\"]}"
    done
done > data.jsonl
failed=0
expect() { # WHAT TEXT FILE
    grep -q -e "$2" "$3" || { echo "$1: no \"$2\" in:"; head -5 "$3"; failed=1; }
}
run() { # STATUS ARGS...: output to ./out
    want=$1; shift
    got=0
    "$pmpo" "$@" > out 2>&1 < /dev/null || got=$?
    [ "$got" = "$want" ] || { echo "pmpo $*: exit $got, not $want:"; head -5 out; failed=1; }
}
each() { # STATUS COMMAND ARGS...: with model, data and template
    status=$1 command=$2; shift 2
    run "$status" "$command" -m "$m" -d data.jsonl --template raw "$@"
}

run 0 score --help
expect "help of score" 'hinge' out
each 0 score -p 'Say: ' --loss hinge --json
expect score '"loss":"hinge"' out
# One example, two options: the loss is max(0, 1 - (s(ab) - s(ac))), s being minus the nats.
run 0 score -m "$m" -d data.jsonl --template raw -p 'Say: ' --loss hinge --limit 1 --json
awk 'match($0, /"loss":[-0-9.e]+/) { loss = substr($0, RSTART + 7, RLENGTH - 7) + 0
       rest = $0
       while (match(rest, /"nats":[-0-9.e]+,"prior_nats"/)) {
           nats[n++] = substr(rest, RSTART + 7, RLENGTH - 20) + 0
           rest = substr(rest, RSTART + RLENGTH) }
       want = 1 - (nats[1] - nats[0]); if (want < 0) want = 0
       d = loss - want; exit !(n == 2 && nats[1] > nats[0] && d < 1e-9 && d > -1e-9) }' out ||
    { echo "score: not the hinge of its options:"; head -c 600 out; failed=1; }
each 2 score -p 'Say: ' --loss hinge --beta 2
expect "a setting that it doesn't read" 'beta is of the preference loss, and here it is hinge' out
each 2 score -p 'Say: ' --loss preference --reduction sum
each 0 score -p 'Say: ' --loss hinge --normalize length
echo '{"input":"x","target":"ab"}' > bare.jsonl
run 2 score -m "$m" -d bare.jsonl --template raw -p 'Say: ' --loss hinge
expect "data that can't have it" 'two options, which the hinge loss needs' out
each 0 audit -p a -p 'b ' -p 'Say: ' -p 'Then ' --metric options
expect audit '^ *hinge ' out
expect audit 'hinge length' out
each 0 optimize -p 'Say: ' --loss hinge --rewriter none --iterations 2 -o run.pmpo
run 0 resume run.pmpo --iterations 3
run 0 show run.pmpo --json
expect "show" '"loss":"hinge"' out
each 0 eval -p 'Say: ' --metric exact --max-tokens 8
run 0 models info "$m"
[ $failed = 0 ] && echo "the example loss and engine are known everywhere"
exit $failed
