# One line says file, line, cause and what to do; nothing is written.
try() {
    "$PMPO" data import "$@" -o out.jsonl
    echo "$*: $?"
}
echo '{"question": "q", "answer": "7"}' >gsm8k.jsonl
try gsm8k gsm8k.jsonl
printf '\n{"question": "q", "answer"\n' >cut.jsonl
try gsm8k cut.jsonl
printf 'input,target\nq,caf\351\n' >latin.csv
try csv latin.csv
printf 'q,target\n1,"2\n' >open.csv
try csv open.csv
try csv open.csv --input q
try csv open.csv --input why --target target
echo '[{"instruction": "i", "output_1": "a", "output_2": "b", "preference": "b"}]' >pref.json
try alpaca-eval pref.json
echo '[{"instruction": "i", "input": "", "output": "o"}]' >alpaca.json
try alpaca-eval alpaca.json
try alpaca alpaca.json
: >empty
try dpo empty
try bbh gsm8k.jsonl
try xml gsm8k.jsonl
try gsm8k gsm8k.jsonl --as target
try gsm8k gsm8k.jsonl --annotations no
try aqua gsm8k.jsonl --annotations strip
try aqua gsm8k.jsonl --as both
try dpo gsm8k.jsonl --target x
try csv open.csv --separator ab
try csv missing.csv
try csv
ls
