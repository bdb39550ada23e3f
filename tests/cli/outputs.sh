# Files that can't be written are told before any work: no model is opened.
try() { "$PMPO" "$@" -m no-such-model; echo "exit $?"; }
printf '{"input":"a","target":"b"}\n{"input":"c","target":"d"}\n' >d.jsonl
echo text >file
mkdir folder
try eval -d d.jsonl -p x --examples nodir/x.jsonl
try eval -d d.jsonl -p x --examples folder
try eval -d d.jsonl -p x --examples -
try compare -d d.jsonl -p x -p y --html nodir/x.html
try analyze -d d.jsonl -p x --html nodir/x.html
try analyze -d d.jsonl -p x --html file/x.html
try analyze -d d.jsonl -p x --html file
try optimize -d d.jsonl -o nodir/x.pmpo
try optimize -d d.jsonl -o folder --force
"$PMPO" data import csv file -o nodir/x.jsonl
echo "exit $?"
ls
