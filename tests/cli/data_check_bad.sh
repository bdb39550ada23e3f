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
# Of many like problems the first are told, and how many more there are. A misspelt field, or an object, is not proposed.
i=0
while [ $i -lt 9 ]; do
    i=$((i + 1))
    echo "{\"id\": \"$i\", \"question\": \"Q$i\", \"meta\": {\"a\": 1}, \"label\": \"L\"}"
done >like.jsonl
echo '{"id": "10", "input": "Q10", "meta": {"a": 1}, "taget": "x"}' >>like.jsonl
echo '{"id": "11", "question": {"a": 1}, "label": "L"}' >>like.jsonl
"$PMPO" data check like.jsonl
printf '{"input": "%s", "target": "1"}\n' a b c >lone.jsonl
echo '{"input": "d", "taget": "1"}' >>lone.jsonl
"$PMPO" data check lone.jsonl
