# The parts are disjoint and all there; names come from the file's; nothing
# is replaced without --force.
cp "$CASES/few.jsonl" .
"$PMPO" data split few.jsonl --train 0.5 --val 1
cat few.train.jsonl few.val.jsonl few.test.jsonl | cut -d'"' -f4 | sort
"$PMPO" data split few.jsonl --train 2 --val 1 --test 1
echo $?
"$PMPO" data split few.jsonl --train 2 --val 1 --test 1 --force
"$PMPO" data split few.jsonl --train 5 --val 5 --force
echo $?
"$PMPO" data split - <few.jsonl
echo $?
"$PMPO" data split few.jsonl --train 4 --val 2 --test 0 -o zero --json
ls zero.*
"$PMPO" data split few.jsonl --train 6 --val 0 --test 0 --force
ls few.*
printf 'input,target\na,b\nc,d\n' >table.csv
"$PMPO" data split table.csv --train 1 --val 0 --test 1 >/dev/null
ls table.*
