#!/bin/sh
# Runs one experiment of this folder, or goes on with it, and writes its table.
#   bench/experiments/run.sh FILE.json [small|published] [-o FOLDER]
# What is finished is found in FOLDER (results/NAME-SIZE) and not done again: optimised runs, one
# file each, and evaluations, one JSON document each. results.jsonl and table.md are made of these.
# Takes: pmpo in build/bin (or $PMPO) and jq. README.md here says what a file holds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
fail() {
    printf 'run.sh: %s\n' "$*" >&2
    exit 2
}

spec= size=small out=
while [ $# -gt 0 ]; do
    case $1 in
    small | published) size=$1 ;;
    -o) shift && out=${1:-} ;;
    *) spec=$1 ;;
    esac
    shift
done
[ -f "$spec" ] || fail "no experiment: run.sh FILE.json [small|published] [-o FOLDER]"
[ -x "$pmpo" ] || fail "no pmpo at $pmpo: build it, or set PMPO"
command -v jq >/dev/null || fail "jq is missing: apt-get install jq"
name=$(basename "$spec" .json)
out=${out:-$here/results/$name-$size}
mkdir -p "$out/data" "$out/runs" "$out/eval"

# The file with the size's own settings put over the common ones.
conf=$(jq -c --arg size "$size" '. * (.sizes[$size] // error("no size " + $size)) | del(.sizes)' "$spec")
get() { printf %s "$conf" | jq -r "$1"; }
words() { printf %s "$conf" | jq -r "$1 | @sh"; }

# The functions below are subshells: their variables are their own.

# ---- data: one split a task and seed, by hash of the ids ----

make_data() ( # TASK SEED
    file=$(get ".tasks[] | select(.name == \"$1\").file")
    form=$(words ".tasks[] | select(.name == \"$1\") | (.import // [])")
    case $file in
    \$*) # a file that is not ours to ship: named by the environment
        file=$(eval "printf %s \"\${${file#\$}:-}\"")
        [ -n "$file" ] || fail "task $1: set $(get ".tasks[] | select(.name == \"$1\").file") to its file"
        ;;
    *) file=$top/$file ;;
    esac
    whole=$out/data/$1.jsonl
    if [ -n "$form" ] && [ ! -f "$whole" ]; then
        eval "set -- $1 $2 $form"
        task=$1 seed=$2
        shift 2
        "$pmpo" data import -q "$@" "$file" >"$whole.new"
        mv "$whole.new" "$whole"
        set -- "$task" "$seed"
    fi
    [ -z "$form" ] || file=$whole
    prefix=$out/data/$1-$2
    if [ ! -f "$prefix.test.jsonl" ]; then
        eval "set -- $1 $2 $(words '.split')"
        task=$1 seed=$2
        shift 2
        "$pmpo" data split "$file" -o "$prefix" --seed "$seed" "$@" >/dev/null
    fi
)

# ---- optimised prompts ----

run_of() { printf %s "$out/runs/$1-$2-$3-$4.pmpo"; } # TASK MODEL VARIANT SEED

optimize() ( # TASK MODEL VARIANT SEED
    run=$(run_of "$@")
    if [ -f "$run" ]; then
        [ "$("$pmpo" show --json "$run" | jq -r .status)" != done ] || exit 0
        say "going on with $run"
        "$pmpo" resume -q "$run" >/dev/null
        exit
    fi
    say "optimising: task $1, model $2, $3, seed $4"
    prefix=$out/data/$1-$4
    task_options=$(words ".tasks[] | select(.name == \"$1\") | (.optimize // [])")
    variant=$(words ".variants[] | select(.name == \"$3\").options")
    val=
    [ ! -s "$prefix.val.jsonl" ] || val=$prefix.val.jsonl
    eval "\"\$pmpo\" optimize -q -m $2 -d \"\$prefix.train.jsonl\" \
        --val \"\${val:-0}\" --test \"\$prefix.test.jsonl\" --seed $4 -o \"\$run\" \
        $(words '.optimize // []') $task_options $variant" >/dev/null
)

# ---- evaluations on the test part ----

evaluate() ( # TASK MODEL SEED NUMBER-OF-EVAL WHAT PROMPT-OPTIONS...
    task=$1 model=$2 seed=$3 number=$4 what=$5
    eval=$(get ".evals[$number].name")
    shift 5
    json=$out/eval/$task-$model-$seed-$eval-$what.json
    metric=$(get ".evals[$number].metric")
    [ ! -f "$json" ] || exit 0
    [ "$metric" != likelihood ] || [ "$(get ".tasks[] | select(.name == \"$task\").options")" != false ] || exit 0
    say "evaluating: task $task, model $model, seed $seed, $eval, $what"
    prefix=$out/data/$task-$seed
    case $metric in
    likelihood) metric=options ;;
    task) metric=$(get ".tasks[] | select(.name == \"$task\").metric") ;;
    esac
    eval "set -- \"\$@\" $(words ".evals[$number].options // []")"
    "$pmpo" eval -q --json -m "$model" -d "$prefix.test.jsonl" --train "$prefix.train.jsonl" \
        --metric "$metric" "$@" |
        jq -c --arg experiment "$name" --arg size "$size" --arg task "$task" --arg model "$model" \
            --arg seed "$seed" --arg what "$what" --arg eval "$eval" \
            '. + {experiment: $experiment, size: $size, task: $task, eval_model: $model,
                  seed: ($seed | tonumber), what: $what, eval: $eval}' >"$json.new"
    mv "$json.new" "$json"
)

of_baselines() ( # TASK SEED
    for number in $(get '.evals | to_entries[] | select(.value.of != "best").key'); do
        baseline=$(get ".evals[$number].of")
        for model in $(get '(.eval_models // .models)[]'); do
            evaluate "$1" "$model" "$2" "$number" "$baseline" --baseline "$baseline"
        done
    done
)

of_best() ( # TASK SEED VARIANT MODEL
    "$pmpo" show --best "$(run_of "$1" "$4" "$3" "$2")" >"$out/best.txt"
    for number in $(get '.evals | to_entries[] | select(.value.of == "best").key'); do
        for other in $(get ".eval_models // [\"$4\"] | .[]"); do
            evaluate "$1" "$other" "$2" "$number" "best-of-$4-$3" -p "@$out/best.txt"
        done
    done
)

# ---- the grid ----

for task in $(get '.tasks[].name'); do
    for seed in $(get '.seeds[]'); do
        make_data "$task" "$seed"
        of_baselines "$task" "$seed"
        for variant in $(get '.variants // [] | .[].name'); do
            for model in $(get '.models[]'); do
                optimize "$task" "$model" "$variant" "$seed"
                of_best "$task" "$seed" "$variant" "$model"
            done
        done
    done
done

# ---- what came of it ----

for run in "$out"/runs/*.pmpo; do
    [ -f "$run" ] || continue
    "$pmpo" show --json "$run" | jq -c --arg run "$(basename "$run" .pmpo)" \
        '{run: $run, status, loss: .settings.loss, initial, best, verdict,
          by_iteration: [.iterations[] | .best_loss], seconds: .cost.seconds}'
done >"$out/runs.jsonl"
cat "$out"/eval/*.json | jq -c -f "$here/results.jq" >"$out/results.jsonl"
jq -r -s --arg name "$name" --arg size "$size" --slurpfile runs "$out/runs.jsonl" \
    -f "$here/table.jq" "$out/results.jsonl" >"$out/table.md"
cat "$out/table.md"
