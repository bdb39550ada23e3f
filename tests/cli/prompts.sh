# Where prompts come from is checked before a model is loaded.
printf 'bad \377 bytes' >latin
"$PMPO" score -m none.gguf -d "$CASES/few.jsonl" -p @latin
echo $?
"$PMPO" score -m none.gguf -d - -p -
echo $?
"$PMPO" optimize -d "$CASES/few.jsonl" --val "$CASES/few.jsonl" --train 3
echo $?
"$PMPO" optimize -d "$CASES/few.jsonl" --val missing.jsonl
echo $?
"$PMPO" eval -m none.gguf -d - --train - --shots 1 -p x <"$CASES/few.jsonl"
# What needs no model is told before one is opened.
printf '{"input":"a","target":"b"}\n{"input":"c","target":"d"}\n' >d.jsonl
try() { "$PMPO" "$@" -m none.gguf -d d.jsonl; echo "exit $?"; }
for c in score analyze compress compare eval bench optimize; do
    try $c -p x --template foo
done
try score -p x --template @missing.txt
try score -p x --beta 2
try optimize --beta 2
try optimize --train 500
try optimize --train 1.5
try optimize --quiet --rewriter missing
try eval -p x --regex '('
try eval -p x --metric regex
try eval -p x --metric options
try eval -p x --metric number
try audit --baseline all --metric regex
# Marks of parts to keep are none of the prompt; places are filled in by templates alone.
try score -p 'Do {{keep}}this.'
try score -p 'Classify: {input}'
try optimize -p 'Classify: {input} {prompt}' --quiet
