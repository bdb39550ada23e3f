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
# What a command reads is no place to write to.
printf 'Say yes.\n' >p.txt
printf '{prompt} {input}' >t.txt
printf 'limit = 1\n' >k.conf
try analyze -d d.jsonl -p @p.txt --html p.txt --force
try analyze -d d.jsonl -p x --template @t.txt --html t.txt --force
try eval -d d.jsonl -p x --config k.conf --examples k.conf --force
try optimize -d d.jsonl -p x --task @p.txt -o p.txt --force
try optimize -d d.jsonl -p x --freeze @p.txt -o p.txt --force
try optimize -d d.jsonl -p x --key-file p.txt -o p.txt --force
# Nor are its models.
cp d.jsonl m.gguf
for given in "-m m.gguf" "-m m.gguf -m n.gguf --joint mean" "--rewriter m.gguf" "--tokenizer m.gguf"; do
    # shellcheck disable=SC2086
    "$PMPO" optimize -d d.jsonl -p x $given -o m.gguf --force
    echo "exit $?"
done
"$PMPO" eval -d d.jsonl -p x --metric judge --judge m.gguf --examples m.gguf --force
echo "exit $?"
"$PMPO" compare -d d.jsonl -p x -p y -m n.gguf -m m.gguf --html m.gguf --force
echo "exit $?"
cmp d.jsonl m.gguf
# A run is a file, and a dry run refuses what the run would.
try optimize -d d.jsonl -o -
try optimize -d d.jsonl -o file --dry-run
try optimize -d d.jsonl -o nodir/x.pmpo --dry-run
try optimize -d d.jsonl -o file --dry-run --force
try optimize -d d.jsonl --dry-run
"$PMPO" data import csv file -o nodir/x.jsonl
echo "exit $?"
ls
