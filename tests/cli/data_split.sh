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
# Shares are below 1: 1.0 is not taken for one example.
"$PMPO" data split few.jsonl --train 2 --val 1.0 -o shares
echo $?
# Nor is what it reads, even with it: not by another part, by the removal of an
# empty one, or by another name.
cp few.jsonl x.train.jsonl
cp few.jsonl y.test.jsonl
ln -s few.jsonl z.val.jsonl
"$PMPO" data split x.train.jsonl -o x --train 2 --val 2 --test 2 --force
echo $?
"$PMPO" data split y.test.jsonl -o y --train 2 --val 2 --test 0 --force
echo $?
"$PMPO" data split few.jsonl -o z --train 2 --val 2 --test 2
echo $?
cmp few.jsonl x.train.jsonl && cmp few.jsonl y.test.jsonl
ls x.* y.* z.*
# A part that was asked for is not left empty without a word.
for i in 1 2 3 4; do echo "{\"input\":\"\",\"target\":\"$i\"}"; done >one.jsonl
"$PMPO" data split one.jsonl --train 2 --val 1 --test 1
echo $?
"$PMPO" data split one.jsonl --train 2
