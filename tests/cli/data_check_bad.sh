# All that is wrong is listed; bad data is exit 2.
cp "$CASES/bad.jsonl" .
"$PMPO" data check bad.jsonl
