# What is written reads as it was; nothing is replaced without --force.
data=$CASES/../data/bbh/boolean_expressions.json
"$PMPO" data import bbh "$data" --limit 2
"$PMPO" data import bbh "$data" -o out.jsonl
"$PMPO" data check "$data" >a
"$PMPO" data check out.jsonl >b
cmp a b
"$PMPO" data import bbh "$data" -o out.jsonl
echo $?
cp out.jsonl before.jsonl
"$PMPO" data import bbh "$data" "$data" -o out.jsonl --force --json | sed 's|"[^"]*/|"|g'
cmp before.jsonl out.jsonl
"$PMPO" data import bbh "$data" --json
echo $?
"$PMPO" data import bbh "$data" --limit 1 --quiet
