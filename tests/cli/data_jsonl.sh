# JSONL of other shapes: the message is the command, and the command works.
try() { "$PMPO" "$@"; echo "exit $?"; }
echo '{"text":"fine","label":1}' >label.jsonl
echo '{"question":"Is it?","answer":"no"}' >qa.jsonl
echo '[{"instruction":"Say it.","input":"Now.","output":"It."}]' >alpaca.json
echo '{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}]}' >chat.jsonl
for f in label.jsonl qa.jsonl alpaca.json chat.jsonl; do
    told=$("$PMPO" data split $f 2>&1)
    echo "$told"
    command=$(echo "$told" | sed 's/.*`pmpo \(.*\)`.*/\1/')
    "$PMPO" $command --force -q
    cat data.jsonl
done
echo '{"a":{"b":1},"c":"d"}' >odd.jsonl
try data check odd.jsonl
try data import jsonl odd.jsonl
try data import jsonl odd.jsonl --input a --target c
try data import jsonl odd.jsonl --input z --target c
try data import jsonl qa.jsonl --target answer --id number
# What is not read is told.
printf '%s\n' '{"input":"q","target":"a","choices":["a","b"],"Answer":"q"}' \
    '{"input":"r","target":"b","choices":["a","b"]}' >more.jsonl
try data check more.jsonl
# A link stays where it is.
ln -s real.jsonl link.jsonl
"$PMPO" data import jsonl chat.jsonl -o link.jsonl -q
test -L link.jsonl && cat real.jsonl
# A chat that no import reads either has no hint; parts of text and developer are read.
for part in '{"type":"text","text":"Hi"}' '{"type":"image_url"}'; do
    echo '{"messages":[{"role":"developer","content":"Be."},{"role":"user","content":['"$part"']},{"role":"assistant","content":"Ho"}]}' >parts.jsonl
    try data check parts.jsonl
    try data import jsonl parts.jsonl
done
# What is no text is told, with what makes text of it.
printf '\377\376{\000,\000\n\000,\000\n\000' >u16.jsonl
printf '\037\213\010,\n,\n' >t.jsonl.gz
printf '\037\213\010,\n,\n' >t.csv
for f in u16.jsonl t.jsonl.gz t.csv; do
    try data check $f
    try data split $f
    try data import csv $f
done
