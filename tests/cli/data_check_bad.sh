# All that is wrong is listed; bad data is exit 2.
cp "$CASES/bad.jsonl" .
"$PMPO" data check bad.jsonl
# A list is one text: what breaks it is told once. So is an object over lines.
printf '[\n {"input":"a","target":"b"}\n {"input":"c","target":""}\n]\n' >list.json
"$PMPO" data check list.json
printf '{\n "input": "a",\n "target": "b"\n}\n' >one.json
"$PMPO" data check one.json
printf '[\n {"input":"a","target":"b"},\n {"input":"c","target":""}\n]\n' >list.json
"$PMPO" data check list.json
# A table is known by its name, which standard input and this file don't have.
printf 'input,target\na,b\nc,d\n' >table.txt
"$PMPO" data check table.txt
"$PMPO" data check - <table.txt
