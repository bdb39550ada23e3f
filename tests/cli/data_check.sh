"$PMPO" data check "$CASES/few.jsonl"
