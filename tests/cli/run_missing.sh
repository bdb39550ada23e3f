# Not a run file: nothing is made, nothing is harmed.
"$PMPO" show missing.pmpo
echo $?
"$PMPO" resume missing.pmpo
echo $?
echo text >text.pmpo
"$PMPO" show text.pmpo 2>err
echo $?
"$PMPO" optimize -m m -d "$CASES/few.jsonl" -o text.pmpo
echo $?
cat text.pmpo
ls
