"$PMPO" data check "$CASES/few.jsonl"
# A warning is one line, whatever the labels hold.
printf '{"input":"a","target":"Yes"}\n{"input":"b","target":"Y\\nes"}\n{"input":"c","target":"Yes"}\n' >alike.jsonl
"$PMPO" data check alike.jsonl
