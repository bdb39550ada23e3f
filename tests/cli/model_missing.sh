# A listed model that is not here: the command to run is named.
"$PMPO" score -m smollm2-135m-instruct -p x -d "$CASES/few.jsonl" 2>err
echo $?
grep -c 'pmpo models pull smollm2-135m-instruct' err
"$PMPO" optimize -m smollm2-135m-instruct -d "$CASES/few.jsonl" -o a.pmpo \
    2>err >out
echo $?
grep -c 'pmpo models pull smollm2-135m-instruct' err
ls
cat out # the name of a run that is not there
