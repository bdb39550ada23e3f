# Each format, as published, into JSONL that has no mistakes.
try() {
    "$PMPO" data import "$@" -o out.jsonl --force
    cut -c1-300 out.jsonl
    "$PMPO" data check out.jsonl | grep problems
}
cat >gsm8k.jsonl <<'END'
{"question": "Ann has 3 pens and buys 4.  How many has she?", "answer": "She has 3+4=<<3+4=7>>7 pens.\n#### 7"}
END
try gsm8k gsm8k.jsonl
try gsm8k gsm8k.jsonl --annotations keep
cat >aqua.json <<'END'
{"question": "What is half of 42?", "options": ["A)20", "B)21"], "rationale": "42/2 = 21\nAnswer B", "correct": "B"}
END
try aqua aqua.json
try aqua aqua.json --as options
try aqua aqua.json --as preference
cat >annotations.json <<'END'
[{"instruction": "Name a colour.", "output_1": "Red.", "output_2": "Perhaps blue?", "preference": 1.0000001827},
 {"instruction": "Name a tree.", "output_1": "Fern.", "output_2": "Oak.", "preference": 1.5},
 {"instruction": "Name a fish.", "output_1": "Whale.", "output_2": "Carp.", "preference": 2}]
END
try alpaca-eval annotations.json
cat >counting.txt <<'END'
A WARNING about benchmark data.
-----
Count things.

Q: I have a plum and two pears. How many fruits do I have?
A: Let's think step by step.
1 + 2 = 3. So the answer is 3.
END
try bbh-cot counting.txt
cat >dpo.jsonl <<'END'
{"prompt": "Hi", "chosen": "Hello!", "rejected": "Go."}
{"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey!"}], "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Go."}]}
END
try dpo dpo.jsonl
printf '\357\273\277text;label;why\r\n"Is ""it"";\r\nor not?";yes;-\r\n' >table.csv
try csv table.csv --separator ';' --input text --target label
printf 'question\ttarget\toptions\n1, 2 or 3?\t2\t1|2|3\n' >table.tsv
try csv table.tsv
