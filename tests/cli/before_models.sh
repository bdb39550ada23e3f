# Mistakes in options and data that no model is needed for are told before one is opened.
try() { "$PMPO" "$@" -m no-such-model; echo "exit $?"; }
i=0
while [ $i -lt 40 ]; do
    i=$((i + 1))
    echo "{\"id\":\"e$i\",\"input\":\"Is $i odd?\",\"target\":\"$([ $((i % 2)) = 1 ] && echo Yes || echo No)\"}"
done >d.jsonl
head -n 4 d.jsonl >val.jsonl
try optimize -d d.jsonl -p 'Say it.' --train 0
try optimize -d d.jsonl -p 'Say it.' --val val.jsonl
try optimize -d d.jsonl -p 'Say it.' --freeze zzz
try optimize -d d.jsonl -p 'Say {{keep}}it.'
try optimize -d d.jsonl -p 'Say it.' --demos 1
try optimize -d d.jsonl -p 'Say it.' --metric number
try optimize -d d.jsonl -p 'Say it.' --loss preference
try optimize -d d.jsonl -p 'Say it.' --budget 1usd
try eval -d d.jsonl -p 'Say it.' --shots 0,39
ls
# A URL without its beginning.
for name in localhost:8000/v1 host:8080 http://localhost:99999/v1 http://u:p@localhost:99999 http://u:p@localhost/v1; do
    "$PMPO" score -d d.jsonl -p x -m $name
done
