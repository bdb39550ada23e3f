# A --config file: comments, spaces, the command line first, other commands'
# options passed over, mistakes told with their line.
printf '# shared\n\n  train = 3 \nval=1\ntest =0\nhard = 7\njson = yes\n' >ok
"$PMPO" data split "$CASES/few.jsonl" -o part --config ok --train 2
wc -l <part.train.jsonl
printf 'train = 3\nfrob = 1\n' >unknown
"$PMPO" data split "$CASES/few.jsonl" --config unknown
echo $?
printf 'train 3\n' >form
"$PMPO" data split "$CASES/few.jsonl" --config form
echo $?
printf '\n\nseed = x\n' >value
"$PMPO" data split "$CASES/few.jsonl" --config value
echo $?
printf 'json = maybe\n' >switch
"$PMPO" data split "$CASES/few.jsonl" --config switch
echo $?
printf '\357\273\277train = 2\nval = 1\ntest = 0\n' >marked # with a byte order mark
"$PMPO" data split "$CASES/few.jsonl" -o marked --config marked
wc -l <marked.train.jsonl
"$PMPO" data split "$CASES/few.jsonl" --config missing
# A name of optimize's that means something else here is passed over, unless it is said of this command.
printf 'val = v.jsonl\ntest = v.jsonl\noutput = ok\nforce = yes\n' >bare
"$PMPO" data split "$CASES/few.jsonl" -o part --config bare
echo $?
printf 'data split.val=2\nval = 1\nreport.output = x\ndata split . output = own\ntrain = 2\n' >own
"$PMPO" data split "$CASES/few.jsonl" --config own
printf 'split.val = 2\n' >command
"$PMPO" data split "$CASES/few.jsonl" --config command
echo $?
printf '\nreport.val = 2\n' >option
"$PMPO" data split "$CASES/few.jsonl" --config option
echo $?
printf 'model =\n' >empty
"$PMPO" score -p x -d "$CASES/few.jsonl" --config empty
echo $?
printf 'metric = auto\ntrain = 2\n' >optimize
"$PMPO" eval -m none.gguf -p x -d "$CASES/few.jsonl" --config optimize
