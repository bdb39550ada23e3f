"$PMPO" data check missing.jsonl
echo $?
"$PMPO" data split missing.jsonl
echo $?
"$PMPO" score -p x -d missing.jsonl
echo $?
"$PMPO" score -p @missing.txt -d "$CASES/few.jsonl"
