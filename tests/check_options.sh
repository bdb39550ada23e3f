#!/bin/sh
# check_options.sh FAKE PMPO: every option that a command takes changes what it does, or is refused.
#
# FAKE is the command line over an engine of known numbers and a clock of its own (fake_open.c), so
# that the same arguments give the same text. A row below names a command, an option, arguments for
# both sides and those of the option. The command runs without and with the latter, in folders made
# alike, after a run that fills the score cache; what it prints, its exit status and the files it
# leaves are compared. "=>" instead of the first bar: it must be refused with exit status 2 and the
# option's name; "==": nothing changes. Every option of every command has a row that changes something.
set -u
fake=$1
pmpo=$2
work=$(mktemp -d /dev/shm/pmpo-options-XXXXXX 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C XDG_CACHE_HOME="$work/cache"
unset PMPO_MODEL NO_COLOR PMPO_API_KEY
failed=0

fail() {
    echo "check_options: $*"
    failed=1
}

# ---- what commands work on ----------------------------------------------------

make_data() {
    awk 'BEGIN { for (i = 0; i < 24; i++) {
        y = i % 3 ? "yes" : "no"; n = i % 3 ? "no" : "yes"
        q = "Question " i ": is the number " i * i + 7 " a lucky one?"
        printf "{\"id\":\"p%d\",\"input\":\"%s\",\"chosen\":\"%s\",\"rejected\":[\"%s!\"]}\n",
            i, q, y, n >"pairs.jsonl"
        printf "{\"input\":\"%s\",\"chosen\":\"%s\",\"rejected\":[\"%s!\",\"%s?\"]}\n",
            q, y, n, n >"several.jsonl"
        printf "{\"id\":\"o%d\",\"input\":\"%s\",\"target\":\"%s\",\"options\":[\"yes\",\"no\"]}\n",
            i, q, y >"options.jsonl"
        printf "{\"input\":\"%s\",\"target\":\"Yes, since %d is.\",\"answer\":\"%s\"}\n",
            q, i, i % 2 ? "Yes" : "No" >"free.jsonl"
        printf "{\"input\":\"%s\",\"target\":\"It is %d, so: %s.\",\"answer\":\"%s\"}\n",
            q, i, y, y >"answers.jsonl"
        printf "{\"id\":\"m%d\",\"input\":\"More %d?\",\"target\":\"%s\",\"options\":[\"yes\",\"no\"]}\n",
            i, i, y >"more.jsonl"
    } }'
    printf 'input;target;id;answer;options;weight;in2;out2;opt2;w2;id2;good;bad\n' >t.csv
    printf 'q%s;yes;i%s;y;yes|no;1;r%s;no;yes|no|maybe;2;j%s;fine;poor\n' 1 1 1 1 2 2 2 2 >>t.csv
    printf 'input;chosen;rejected;good;bad\nq;a;b;c;d\n' >pairs.csv
    printf 'input,target\na,x\nb,y\nc,x\nd,y\n' >labels.csv
    printf 'Read it all.\n\nThink of the numbers.\n\nAnswer yes or no.\n' >prompt
    cp options.jsonl again.train.jsonl
    printf '{"question":"1+1?","options":["A)2","B)3"],"rationale":"It is 2.","correct":"A"}\n' >aqua.json
    printf '{"question":"1+1?","answer":"It is 1+1=<<1+1=2>>2.\\n#### 2"}\n' >gsm8k.json
    printf 'Q: {input} {prompt} A: ' >template
    printf 'limit = 20\njson = yes\nquiet = yes\nprecision = f16\n' >config
    printf 'output = there\nforce = yes\nreport.output = other.html\n' >page.config
    echo there >there
    echo 'Answer in one word, yes or no, and say nothing else.' >mine
    echo 0123456789 >key
    echo 0123456789 >open.key
    chmod 600 key
    chmod 644 open.key
}

# A folder with all that, and a run of one iteration.
mkdir "$work/start" && cd "$work/start" || exit 1
make_data
OPTIMIZE='optimize -d options.jsonl -o out --iterations 2 --hard 2 --variants 3
    --max-reply-tokens 2000 --train 8 --val 4 --test 8'
URL=http://127.0.0.1:8000/v1
"$fake" $OPTIMIZE -m $URL --model-name served -o served --iterations 1 >/dev/null || exit 1
"$fake" $OPTIMIZE -o run --iterations 1 --rewriter other --template @template \
    --threads 2 --precision f16 >/dev/null || exit 1
"$fake" $OPTIMIZE -o chat --iterations 1 >/dev/null || exit 1

"$fake" $OPTIMIZE -o asked -p Think. --seed 5 --iterations 1 --approve </dev/null >/dev/null 2>&1

# The command without the option: base COMMAND.
base() {
    case $1 in
    data_import_solutions) echo "data import gsm8k gsm8k.json -o out" ;;
    data_import_aqua) echo "data import aqua aqua.json -o out" ;;
    data_import_pairs) echo "data import csv pairs.csv --separator ; -o out" ;;
    analyze_nothing) echo "analyze -d options.jsonl" ;;
    data_import_labels) echo "data import csv labels.csv -o out" ;;
    data_import_tab) echo "data import csv t.csv -o out" ;;
    models_pull) echo "models pull $model" ;;
    models_rm) echo "models rm $model" ;;
    optimize) echo "$OPTIMIZE" ;;
    resume_asked) echo "resume asked" ;;
    resume) echo "resume run --iterations 2" ;;
    score) echo "score -d options.jsonl -p One" ;;
    eval) echo "eval -d options.jsonl -p One" ;;
    completion) echo "completion bash" ;;
    compare) echo "compare -d options.jsonl -p One" ;;
    audit) echo "audit run -p More --baseline cot,rar" ;;
    audit_served) echo "audit served -p More --baseline cot,rar" ;;
    compress_nothing) echo "compress -d options.jsonl --margin 9" ;;
    compress) echo "compress -d options.jsonl -p @prompt --margin 2" ;;
    analyze) echo "analyze -d options.jsonl -p @prompt" ;;
    show_chat) echo "show chat" ;;
    show) echo "show run" ;;
    report) echo "report run" ;;
    bench) echo "bench" ;;
    models_list) echo "models list" ;;
    models_info) echo "models info fake" ;;
    models_info_url) echo "models info $URL" ;;
    resume_url) echo "resume served --iterations 2" ;;
    data_check_tab) echo "data check t.csv" ;;
    data_check_table) echo "data check t.csv --separator ;" ;;
    data_check_pairs) echo "data check pairs.csv --separator ;" ;;
    data_check) echo "data check options.jsonl" ;;
    data_split) echo "data split options.jsonl" ;;
    data_import) echo "data import csv t.csv --separator ; -o out" ;;
    esac
}

# ---- one row --------------------------------------------------------------------

# What a listed model looks like that was fetched.
model=gemma-3-270m
fresh_cache() {
    rm -rf "$work/cache"
    mkdir -p "$work/cache/pmpo/models"
    echo GGUF >"$work/cache/pmpo/models/$model.gguf"
}

# Runs the program with the arguments in a fresh folder, into the file $1.
run() {
    to=$1
    shift
    rm -rf "$work/here"
    cp -r "$work/start" "$work/here"
    cd "$work/here" || exit 1
    {
        if [ "$tty" ]; then # its standard error is a terminal
            # What is drawn from the first picture of progress on is a matter of time.
            script -qec "stty cols 80 2>/dev/null; '$fake' $*" /dev/null </dev/null |
                tr '\r\033' '\n\n' | grep . | uniq |
                awk '!drawn && /^\[J/ { print "(drawn)"; drawn = 1 } !drawn'
        else
            # shellcheck disable=SC2086
            "$fake" $* </dev/null 2>&1
        fi
        echo "exit $?"
        # What it left: texts as they are, runs as they are shown, but for the settings, since to
        # be written down is no effect.
        diff -rq "$work/start" . | sed 's/^Only in \.: //; s/.* and \.\/\(.*\) differ$/\1/' |
            while read -r f; do
                echo "$f:"
                "$fake" show "$f" --json 2>/dev/null | sed '/^ *"settings"/,$d'
                head -c 6 "$f" | grep -q SQLite || cat "$f"
            done
    } >"$to"
}

# The output without the option, which several rows may share, goes to $without.
run_without() {
    without=$work/without.$(echo "$tty$*" | cksum | tr ' ' .)
    fresh_cache
    run "$work/warm" "$@"
    [ -e "$without" ] && return
    run "$without" "$@"
    run "$work/again" "$@"
    if ! cmp -s "$without" "$work/again"; then
        fail "does not print the same twice: $*"
        diff "$without" "$work/again" | head -5
    fi
}

check_change() { # COMMAND OPTION BOTH GIVEN
    # shellcheck disable=SC2046,SC2086
    run_without $(base "$1") $3
    # shellcheck disable=SC2046,SC2086
    run "$work/with" $(base "$1") $3 $4
    if cmp -s "$without" "$work/with"; then
        fail "$1 $2: no effect of: $4, beside: $3"
    elif grep -q "^exit 2" "$work/with" && ! grep -q "^exit 2" "$without"; then
        fail "$1 $2: refused: $(head -3 "$work/with")"
    fi
}

check_refusal() { # COMMAND OPTION BOTH GIVEN
    # shellcheck disable=SC2046,SC2086
    run "$work/with" $(base "$1") $3 $4
    grep -q "^exit 2" "$work/with" && grep -q -e "$2 " -e "more than one prompt" \
        -e "exists; --force" "$work/with" || fail "$1 $2: not refused: $4: $(head -3 "$work/with")"
}

# What the option says is so without it: what takes a run takes the run's settings.
check_same() { # COMMAND OPTION BOTH GIVEN
    # shellcheck disable=SC2046,SC2086
    run_without $(base "$1") $3
    # shellcheck disable=SC2046,SC2086
    run "$work/with" $(base "$1") $3 $4
    cmp -s "$without" "$work/with" || fail "$1 $2: not as with $4"
}

# ---- the table ------------------------------------------------------------------

rows() {
    # ---- of all, or of most
    for c in optimize score eval audit analyze bench compare compress; do
        echo "$c | --model | | -m another"
        test $c = compare || echo "$c | -m | -m fake => -m another"
        echo "$c | --data | | -d pairs.jsonl" | sed '/^eval/s/pairs/more/; /^audit/s/pairs/more/'
        echo "$c | --limit | | --limit 6" | sed '/^optimize/d'
        echo "$c | --template | | --template user-suffix"
        echo "$c | --end | | --end yes"
        echo "$c | --precision | | --precision f32-fast"
        echo "$c | --threads | | --threads 3"
        echo "$c | --gpu-layers | | --gpu-layers 7"
        echo "$c | --memory | | --memory 10"
        echo "$c | --json | | --json"
        echo "$c | --config | | --config config"
    done
    for c in optimize score eval audit analyze compare compress; do
        echo "$c | --no-cache | | --no-cache"
    done
    for c in optimize score eval audit analyze bench compare compress models_info_url; do
        at="-m $URL"
        test $c = models_info_url && at=
        echo "$c | --model-name | $at | --model-name other"
        echo "$c | --dialect | $at | --dialect sglang"
        echo "$c | --tokenizer | $at | --tokenizer words.gguf"
        test $c = models_info_url && continue
        echo "$c | --model | $at | -m http://127.0.0.2:8000/v1"
        test $c = compare || echo "$c | -m | $at => -m another"
        for o in "--model-name x" "--dialect echo" "--tokenizer x" "--key-file key" "--cacert key" \
            --insecure "--concurrency 3" "--timeout 5"; do
            echo "$c | ${o% *} | => $o"
        done
        for o in "--precision f32" "--threads 2" "--gpu-layers 2" "--memory 4G"; do
            echo "$c | ${o% *} | $at => $o"
        done
    done
    for c in optimize score eval audit analyze bench compare compress models_info_url resume_url; do
        at="-m $URL"
        case $c in *_url) at= ;; esac
        echo "$c | --key-file | $at | --key-file key"
        echo "$c | --key-file | $at => --key-file open.key"
        echo "$c | --cacert | $at | --cacert key"
        echo "$c | --insecure | $at | --insecure"
        echo "$c | --concurrency | $at | --concurrency 3"
        echo "$c | --timeout | $at | --timeout 5"
    done
    for c in score eval audit analyze bench compare compress; do
        echo "$c | --quiet | | --quiet"
    done
    for c in optimize score analyze bench compare compress; do
        echo "$c | --prompt | | -p Other.Words." | sed '/^analyze/d; /^compress/d'
        other=nll # auto is preference here, but where answers are generated
        [ "$c" = optimize ] && other=preference
        echo "$c | --loss | | --loss $other"
        echo "$c | --reduction | --loss nll -d free.jsonl | --reduction sum"
        echo "$c | --reduction | --loss preference -d pairs.jsonl => --reduction sum"
        echo "$c | --loss-on | --loss nll -d answers.jsonl | --loss-on answer"
        echo "$c | --loss-on | --loss choice => --loss-on answer"
        echo "$c | --calibrate | --loss nll --loss-on answer -d answers.jsonl => --calibrate content-free"
        echo "$c | --normalize | --loss choice -d free.jsonl -d options.jsonl | --normalize length"
        echo "$c | --normalize | --loss nll => --normalize length"
        echo "$c | --calibrate | | --calibrate content-free"
        echo "$c | --beta | --loss preference -d pairs.jsonl | --beta 2"
        echo "$c | --beta | --loss choice => --beta 2"
    done
    for c in completion optimize resume score eval audit compare compress analyze show report bench models_list models_info \
        data_check data_split data_import models_pull models_rm; do
        echo "$c | --help | | --help"
    done

    # ---- optimize and resume
    cat <<END
optimize | --rewriter | | --rewriter other
optimize | --prompt | -p One => -p Two
optimize | --task | | --task Sort.
optimize | --output | | -o other.run
optimize | --force | -o there | --force
optimize | --train | | --train 6
optimize | --val | | --val 3
optimize | --val | | --val 0
optimize | --test | | --test 5
optimize | --seed | | --seed 2
optimize | --limit | --train 4 --val 2 --test 4 | --limit 12
optimize | --iterations | | --iterations 3
optimize | --hard | | --hard 1
optimize | --variants | | --variants 1
optimize | --segments | -p One.Two.Three.Four. | --segments 2
optimize | --segments | --no-mask => --segments 2
optimize | --temperature | | --temperature 0
optimize | --top-p | | --top-p 0.5
optimize | --max-reply-tokens | | --max-reply-tokens 20
optimize | --max-prompt-tokens | | --max-prompt-tokens 10
optimize | --patience | --iterations 4 --max-prompt-tokens 1 | --patience 1
optimize | --preset | | --preset paper
optimize | --joint | -m fake -m another --joint mean | --joint max
optimize | --joint | => --joint mean
optimize | -m | -m fake -m another --joint mean => --joint none
optimize | --no-loss-check | -m fake -m another --joint mean => --no-loss-check
optimize | --no-guard | --preset paper => --no-guard
optimize | --allow-copy | --preset paper => --allow-copy
optimize | --allow-copy | --no-guard => --allow-copy
optimize | --allow-copy | --rewriter none => --allow-copy
optimize | --task | --rewriter none => --task Sort.
optimize | --approve | --freeze - => --approve
optimize | --race | --hard 4 --variants 8 --train 20 --test 0 --val 4 | --race off
optimize | --race | --preset paper => --race paired
optimize | --rewrite-form | | --rewrite-form large
optimize | --rewrite-form | | --rewrite-form small
optimize | --no-mask | | --no-mask
optimize | --no-hard-cases | | --no-hard-cases
optimize | --no-loss-check | | --no-loss-check
optimize | --lowest-loss | | --lowest-loss
optimize | --lowest-loss | --preset paper => --lowest-loss
optimize | --lowest-loss | --rewriter none --metric none => --lowest-loss
optimize | --lowest-loss | --approve --metric none => --lowest-loss
optimize | --lowest-loss | --iterations 0 => --lowest-loss
optimize | --lowest-loss | --val 0 => --lowest-loss
optimize | --lowest-loss | --proposers library,merge --metric none => --lowest-loss
optimize | --no-loss-check | --preset paper => --no-loss-check
optimize | --proposers | | --proposers rewrite
optimize | --approve | | --approve
resume_asked | --approve | | --approve
optimize | --length-price | | --length-price 1
optimize | --demos | | --demos 2
optimize | --demos | --proposers rewrite => --demos 2
optimize | --demos | --calibrate content-free => --demos 2
optimize | --demos-as | --demos 2 | --demos-as turns
optimize | --demos-as | => --demos-as turns
show | --pareto | | --pareto
optimize | --from | | --from run
optimize | --from | --proposers rewrite -p One => --from run
optimize | --freeze | | --freeze think
optimize | --library | --proposers library,rewrite | --library mine
optimize | --library | --proposers rewrite => --library mine
optimize | --rewrite-form | --proposers library => --rewrite-form large
optimize | --rewrite-form | --rewriter none => --rewrite-form large
optimize | --rewrite-form | --proposers library,induce | --rewrite-form large
optimize | --variants | --proposers library => --variants 2
optimize | --variants | --rewriter none => --variants 2
optimize | --variants | --proposers library,induce | --variants 1
optimize | --temperature | --rewriter none => --temperature 0
optimize | --top-p | --proposers library => --top-p 0.5
optimize | --metric | | --metric none
optimize | --shortlist | --iterations 3 | --shortlist 1
optimize | --shortlist | --metric none => --shortlist 2
optimize | --shortlist | --val 0 => --shortlist 2
optimize | --shortlist | --lowest-loss => --shortlist 2
optimize | --shortlist | --iterations 0 => --shortlist 2
optimize | --max-tokens | | --max-tokens 1
optimize | --max-tokens | --preset paper => --max-tokens 9
optimize | --allow-copy | --variants 30 | --allow-copy
optimize | --no-guard | --variants 30 | --no-guard
optimize | --budget | --no-cache | --budget 1tok
optimize | --budget | --no-cache | --budget 0.005s
optimize | --dry-run | | --dry-run
optimize | --quiet | | --quiet
optimize | --verbose | | --verbose
optimize | --verbose | --quiet => --verbose
optimize | --price | --rewriter $URL | --price 1,2
optimize | --price | --rewriter other => --price 1,2
optimize | --price | -m $URL => --price 1
optimize | --budget | -m $URL => --budget 2usd
resume_url | --price | | --price 1,2
optimize | --rewriter-name | --rewriter $URL | --rewriter-name other
optimize | --rewriter-name | --rewriter other => --rewriter-name other
resume_url | --model | | -m http://127.0.0.1:9/v1
resume | --rewriter | | --rewriter missing
resume_url | --rewriter | => --rewriter other
resume | --key-file | => --key-file key
resume | --no-cache | | --no-cache
resume | --iterations | | --iterations 3
resume | --budget | --no-cache --iterations 3 | --budget 1tok
resume:tty | --quiet | | --quiet
resume | --json | | --json
resume | --verbose | | --verbose
resume | --verbose | --quiet => --verbose
resume | --config | --iterations 2 | --config config
END
    # ---- the others
    sed "s,\$URL,$URL," <<'END'
score | --prompt | | -p Two
score | --noise-floor | | --noise-floor
score | --plain | --dry-run | --plain
score | --noise-floor | --dry-run | --noise-floor
score | --baseline | | --baseline cot
score | --dry-run | | --dry-run
score | --verbose | | --verbose
score | --verbose | --json => --verbose
eval | --prompt | | -p Two
eval | --force | --examples there | --force
eval | --force | => --force
eval | --seed | --shots 2 | --seed 2
eval | --metric | | --metric options-mean
eval | --shots | | --shots 0,2
eval | --train | --shots 1 | --train more.jsonl
eval | --train | => --train more.jsonl
eval | --regex | --metric regex --regex [A-Z][a-z]* | --regex (The)
eval | --regex | | --regex is.(.*)[.]
eval | --regex | --metric exact => --regex x
eval | --judge | --metric judge | --judge another
eval | --judge | --metric exact => --judge another
eval | --price | -m $URL | --price 1,2
eval | --judge-name | --metric judge --judge $URL | --judge-name other
eval | --judge-name | --metric judge --judge another => --judge-name other
eval | --judge | => --judge another
eval | --examples | | --examples lines
eval | --examples | => --examples there
eval | --baseline | | --baseline cot
eval | --max-tokens | --metric exact | --max-tokens 5
eval | --max-tokens | => --max-tokens 5
eval | --end | --metric exact => --end yes
eval | --verbose | | --verbose
eval | --verbose | --json => --verbose
compare | --baseline | | --baseline cot
compare | --seed | -d several.jsonl -p Two | --seed 2
compare | --metric | | --metric options-mean
compare | --metric | | --metric none
compare | --metric | => --metric exact,number
compare | --max-tokens | --metric exact | --max-tokens 5
compare | --max-tokens | => --max-tokens 5
compare | --html | | --html page.html
compare | --force | --html there | --force
compare | --force | => --force
compare | --json | --html - => --json
audit | --prompt | | -p Other
audit | --template | == --template @template
audit | --end | == --end no
audit | --threads | == --threads 2
audit | --precision | == --precision f16
audit | --model-name | => --model-name other
audit_served | --model-name | | --model-name other
audit_served | --dialect | | --dialect sglang
audit_served | --tokenizer | | --tokenizer words.gguf
audit | --seed | | --seed 2
audit | --metric | | --metric options-mean
audit | --baseline | | --baseline all
audit | --max-tokens | --metric exact | --max-tokens 5
audit | --max-tokens | => --max-tokens 5
audit | --verbose | | --verbose
audit | --verbose | --json => --verbose
analyze | --rewriter | | --rewriter other
compress | --prompt | => -p Two
compress_nothing | --prompt | | -p Say.yes
compress | --freeze | | --freeze numbers
compress | --margin | | --margin 0
compress | --grain | | --grain word
compress | --seed | | --seed 2
compress | --best | | --best
compress | --json | --best => --json
analyze | --rewriter-name | --rewriter $URL | --rewriter-name other
analyze | --prompt | => -p Two
analyze_nothing | --prompt | | -p One
analyze | --segments | | --segments 1
analyze | --html | | --html page.html
analyze | --force | --html there | --force
analyze | --force | => --force
analyze | --json | --html - => --json
analyze | --noise-floor | | --noise-floor
bench | --prompt | -p One | -p Two
show | --best | | --best
show | --table | | --table
show | --format | | --format text
show_chat | --format | | --format messages
show | --format | | --format openai
show | --format | | --format dspy
show_chat | --format | | --format promptfoo
show | --format | | --format jsonl
show | --format | | --format csv
show | --format | --json => --format csv
show | --format | --json => --format json
show | --json | | --json
show | --config | | --config config
report | --output | | -o other.html
report | --force | -o there | --force
report | --config | | --config page.config
models_list | --json | | --json
models_list | --config | | --config config
models_info | --precision | | --precision f32
models_info | --threads | | --threads 3
models_info | --gpu-layers | | --gpu-layers 7
models_info | --memory | | --memory 10
models_info | --json | | --json
models_info | --config | | --config config
models_info:tty | --quiet | | --quiet
models_pull | --quiet | | --quiet
models_pull | --config | | --config config
data_check | --json | | --json
data_check | --config | | --config config
data_check_tab | --separator | | --separator ;
data_check_table | --input | | --input in2
data_check_table | --target | | --target out2
data_check_pairs | --chosen | | --chosen good
data_check_pairs | --rejected | | --rejected bad
data_check_table | --id | | --id id2
data_check_table | --answer | | --answer out2
data_check_table | --options | | --options opt2
data_check_table | --weight | | --weight w2
data_split | --output | | -o parts
data_split | --force | -o again | --force
data_split | --train | | --train 3
data_split | --val | | --val 3
data_split | --test | | --test 3
data_split | --limit | | --limit 8
data_split | --seed | | --seed 2
data_split | --json | | --json
data_split | --config | | --config config
data_import_aqua | --as | | --as options
data_import_solutions | --annotations | | --annotations keep
data_import_aqua | --annotations | => --annotations keep
data_import_tab | --separator | | --separator ;
data_import_pairs | --chosen | | --chosen good
data_import_pairs | --rejected | | --rejected bad
data_import | --output | | -o other
data_import | --force | -o there | --force
data_import | --input | | --input in2
data_import | --target | | --target out2
data_import | --id | | --id id2
data_import | --answer | | --answer out2
data_import | --options | | --options opt2
data_import | --weight | | --weight w2
data_import | --limit | | --limit 1
data_import_labels | --labels | | --labels
data_import_solutions | --labels | => --labels
data_import | --json | | --json
data_import | --quiet | | --quiet
data_import | --config | | --config config
END
}
rows >"$work/rows"

while IFS= read -r line; do
    command=$(echo "$line" | sed 's/ *|.*//')
    option=$(echo "$line" | sed 's/[^|]*| *//; s/ *|.*//')
    rest=$(echo "$line" | sed 's/[^|]*|[^|]*|//')
    tty=
    case $command in *:tty) tty=yes ;; esac
    command=${command%:tty}
    case $rest in
    *"=="*) check_same "$command" "$option" "${rest%%==*}" "${rest#*==}" ;;
    *"=>"*) check_refusal "$command" "$option" "${rest%%=>*}" "${rest#*=>}" ;;
    *) check_change "$command" "$option" "${rest%%|*}" "${rest#*|}" ;;
    esac
done <"$work/rows"

# ---- a file's byte order mark ---------------------------------------------------------

printf '\357\273\277Be brief.\r\n' >marked
"$fake" score -m fake -d options.jsonl --no-cache --json -p @marked >"$work/marked"
"$fake" score -m fake -d options.jsonl --no-cache --json -p "Be brief." >"$work/plain"
cmp -s "$work/marked" "$work/plain" || fail "a byte order mark is part of a prompt"

# ---- --from with another start ----------------------------------------------------------

"$fake" optimize -m fake -d options.jsonl -o on --iterations 1 --from run -p Other. >/dev/null
"$fake" show --json on | grep -qF "\"prompt\":\"$("$fake" show --best run)" ||
    fail "--from with -p leaves the earlier run's best prompt out"

# ---- what a run is told as ------------------------------------------------------------

"$fake" show run >shown
grep -q '^opening ' shown || fail "show: no row of the opening"
grep -q 'the one iteration is done' shown || fail "show: $(grep ^status shown)"

# ---- nothing is left out ------------------------------------------------------------

"$pmpo" --list-options | awk -F '\t' '{ gsub(" ", "_", $1); print $1 " | " $2 " |" }' | sort -u |
    while IFS= read -r want; do
        grep -v "=>\|==" "$work/rows" | sed 's/:tty//; s/^\(data_check\|data_import\|show\|analyze\|compress\|models_info\|resume\)_[a-z]*/\1/' |
            grep -qF "$want" || echo "$want"
    done >"$work/missing"
[ -s "$work/missing" ] && fail "no row: $(tr '\n' ' ' <"$work/missing")"
echo "$(wc -l <"$work/rows") rows"
exit $failed
