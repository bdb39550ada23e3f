"$PMPO" data check - <"$CASES/few.jsonl" | head -n 1
printf '' | "$PMPO" data check -
