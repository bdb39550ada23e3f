cp "$CASES/bad.jsonl" .
"$PMPO" data check --json bad.jsonl
