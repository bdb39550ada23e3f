# What is written reads as it was.
data=$CASES/../data/bbh/boolean_expressions.json
"$PMPO" data import bbh "$data" --limit 2
"$PMPO" data import bbh "$data" -o out.jsonl
"$PMPO" data check "$data" >a
"$PMPO" data check out.jsonl >b
cmp a b
