# Help that was asked for goes to standard output; both ways are one.
set -e
"$PMPO" help | tail -n +2 >a
"$PMPO" --help | tail -n +2 >b
cmp a b
"$PMPO" help score >c
"$PMPO" score --help >d
cmp c d
"$PMPO" data split -h >e
"$PMPO" help data split >f
cmp e f
cat a
"$PMPO" help models
