# Tables as data: plain columns work as they are, others are named with what to do.
try() { "$PMPO" "$@"; echo "exit $?"; }
printf 'input,target\nIs it late?,no\n"Is it, you say?",yes\n' >plain.csv
try data check plain.csv
printf 'question\toptions\ttarget\nIs it?\tyes|no\tno\n' >plain.tsv
try data check plain.tsv
printf 'text,label\nhello,greeting\n' >named.csv
try data check named.csv
try data import csv named.csv
"$PMPO" data import csv named.csv --input text --target label -o data.jsonl -q && cat data.jsonl
printf 'The Review,label,rank\nfine,good,1\n' >odd.csv
try data import csv odd.csv
printf 'message,What'"'"'s wanted\nhi,x\n' >quote.csv
try data import csv quote.csv
printf 'input,a,b\nq,1,2\n' >many.csv
try data import csv many.csv
printf 'input,target\nq\n' >short.csv
try data check short.csv
# All mistakes of a table are listed, also those of text that is none.
printf 'input,target\nq,\na,b\nq\nc,d\n,e\n' >three.csv
try data check three.csv
printf 'input,target\ncaf\351,x\n' >latin.csv
try data check latin.csv
# A field's name with capitals or blanks is told, and so is another separator.
for head in Input,Target id,Input,Target Question,Answer,Notes 'id, input, target'; do
    printf '%s\n1,2,3\n' "$head" >named.csv
    try data import csv named.csv
done
printf 'input;target\nq;a\n' >semi.csv
try data import csv semi.csv
try data import csv semi.csv --input input --target target
"$PMPO" data import csv semi.csv --separator ';' -q
printf 'input\ttarget\nq\ta\n' >tabs.csv
try data import csv tabs.csv
"$PMPO" data import csv tabs.csv --separator tab -q
# Lines that end in CR alone; what a limit leaves is not looked at.
printf 'input,target\rq,a\r' >mac.csv
try data import csv mac.csv
try data import csv latin.csv
printf 'input,target\nq,a\nr,caf\351\n' >late.csv
try data import csv late.csv --limit 1
cp tabs.csv T.TSV
try data check T.TSV
# Excel's first line says the separator.
printf 'sep=;\r\ninput;target\r\nq;a\r\n' >excel.csv
try data check excel.csv
printf 'sep=;' >excel.csv
try data check excel.csv
printf 'sep=;\r\ninput;target\r\nq;a\r\n' >excel.csv
"$PMPO" data import csv excel.csv -q
# All mistakes of a table with other names; labels as options, of which the check tells.
printf 'text,label\na,x\nb,\nc,y\nd\ne,x\nf,y\n' >named.csv
try data check named.csv --input text --target label
try data check named.csv --input text --target tag
printf 'text;label\na;x\nc;y\ne;x\nf;y\n' >named.csv
try data check named.csv --input text --target label --separator ';'
try data check named.csv --input text --target label --separator ''
try data import csv named.csv --input text --target label --separator ';' --labels -q
printf 'input,chosen,rejected\na,good,bad\nb,fine,poor\n' >pairs.csv
try data check pairs.csv
