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
