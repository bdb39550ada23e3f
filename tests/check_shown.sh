#!/bin/sh
# What people are shown of a result can be read without its source. check_shown.sh PMPO-FAKE
pmpo=$1
. "$(dirname "$0")/check_help.sh"
begin check_shown
odd_data 40 >data.jsonl

# ---- eval: marks stand under the name of their metric

"$pmpo" eval -m fake -d data.jsonl -p One --metric exact,options --limit 2 -v >out 2>err || fail "eval: $(cat err)"
head=$(grep '^id ' out)
echo "$head" | grep -q '^id  *options  *exact  *answer$' || fail "eval -v, the head: $head"
row=$(sed -n '/^id /{n;p;}' out)
under() { # NAME: the mark below it
    before=${head%%"$1"*}
    echo "$row" | cut -c$((${#before} + 1))
}
for metric in options exact; do
    right=$("$pmpo" eval -m fake -d data.jsonl -p One --metric $metric --limit 1 --json 2>err | sed 's/.*"right":\([01]\),.*/\1/')
    [ "$(under $metric)" = "$(echo "$right" | tr 01 .x)" ] || fail "eval -v, $metric is $right: $row"
done
grep -q '^x right, \. wrong' out || fail "eval -v has no legend"
# ---- eval --examples: rows that are found again in data without ids

(echo; odd_data 3; echo '{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Five?"}],"target":"Yes"}') >mixed.jsonl
"$pmpo" eval -q -m fake -d mixed.jsonl -p One --metric exact --examples rows >out 2>err || fail "eval --examples: $(cat err)"
sed -n 2p rows | grep -q '"line":3,"input":"Is 2 odd?","target":"Yes","prompt":1' || fail "eval --examples: $(cat rows)"
sed -n 4p rows | grep -q '"line":5,"input":"Five?","target":"Yes"' || fail "eval --examples, a chat: $(cat rows)"
# ---- eval: replies that were cut off are none of those right

"$pmpo" eval -m fake -d data.jsonl -p One --metric exact --limit 8 --max-tokens 1 >out 2>err || fail "eval: $(cat err)"
sed -n '/^prompt  shots/,/^$/p' out | grep -q "cut off" && fail "cut off is in the table: $(cat out)"
grep -q "^cut off  *prompt 1, 0 shots: 8/8 (100 %) of the replies$" out || fail "cut off is not told: $(cat out)"
# ---- show: what its tables mean, and which prompt is the run's

"$pmpo" optimize -q -m fake -d data.jsonl -p 'Think well. Be good. Say yes.' --iterations 2 --seed 3 -o run.pmpo >out 2>err ||
    die "optimize: $(cat err)"
"$pmpo" show --table run.pmpo >out
grep -q "^>: a lower bound" out && grep -q '^rejected with a low loss: ' out || fail "show --table has no legend"
"$pmpo" show --pareto run.pmpo >out
best=$("$pmpo" show --best run.pmpo | cut -c1-20)
[ "$(grep -c '^ *[0-9][0-9]*\*' out)" = 1 ] && grep '^ *[0-9][0-9]*\*' out | grep -q "$best" || fail "show --pareto marks not $best: $(cat out)"
grep -q '^\*: the run.s prompt; another is no longer' out || fail "show --pareto leaves out the run's prompt: $(cat out)"
# ---- show: duplicates are not scored

"$pmpo" show run.pmpo >out
"$pmpo" show --format csv run.pmpo >rows
[ "$(grep -c ',"duplicate",[0-9]' rows)" -gt 0 ] || fail "no duplicate has a loss: $(cat rows)"
for i in 1 2; do
    scored=$(grep -c "^[0-9]*,$i,.*,\"\(accepted\|rejected\)\",[0-9]" rows)
    grep -q "^ *$i .* $scored/[0-9]* " out || fail "iteration $i scored $scored: $(grep "^ *$i " out)"
done
# ---- show: warnings first, and the rewriter's turns in one line

"$pmpo" optimize -q -m fake -d data.jsonl --val 4 --iterations 6 -o turns.pmpo >out 2>err || die "optimize: $(cat err)"
grep -q "^notes  *4 validation examples" out || fail "the first note is no warning: $(grep -A5 '^notes' out)"
grep -q "turn went" out && fail "turns have notes each: $(grep 'turn went' out)"
"$pmpo" show --json turns.pmpo | tr '"' '\n' | sed -n "s/^the rewriter's turn went to \([a-z]*\):.*/\1/p" | sort | uniq -c >counts
[ -s counts ] || fail "no turns in --json"
while read -r n name; do
    grep -q "^turns .*$name $n[, ]" out || fail "$name had $n turns: $(grep '^turns' out)"
done <counts
finish
