#!/bin/bash
# check_bench.sh FAKE BUILD SOURCE: every program and script of bench/ that the docs name runs, in small.
#
# Scripts run over the fake engine (or a model of random weights) and have to print rows of JSON with the figures that
# the docs are made from. Programs that simulate print the same at each run: what they print has to be what is kept
# in bench/results/. A script that the docs name and this file doesn't is a failure. Skipped (77) without jq or python3.
set -u
fake=$1
build=$2
source=$3
command -v jq >/dev/null && command -v python3 >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache" LC_ALL=C PMPO="$fake" AA="$build/bin/aa" BIN="$build/bin"
unset PMPO_MODEL
cd "$source" || exit 1
failed=0
fail() {
    echo "check_bench: $*"
    failed=1
}
"$build/bin/make_tiny" "$work/tiny.gguf"

ran=
rows() { # ROWS FIGURE COMMAND...: it prints so many rows, and FIGURE (of jq) is a number in each
    local want=$1 figure=$2 n
    shift 2
    ran="$ran ${1##*bench/}"
    "$@" >"$work/out" 2>"$work/err" </dev/null || fail "$*: exit $?: $(tail -n 2 "$work/err")"
    n=$(jq -c "select($figure | type == \"number\")" "$work/out" | wc -l)
    [ "$n" -eq "$want" ] || fail "$*: $n rows with $figure, not $want: $(head -c 300 "$work/out")"
}

export ROUNDS=1 EXAMPLES=10 CANDIDATES="1 2" CROWDS="1 2" LIMIT=6 TASKS=routing
rows 7 .distinct_over_prefill bench/planner.sh fake f16
rows 2 .noise_floor bench/noise.sh fake f32
rows 3 .tokens_after bench/compress.sh fake
rows 2 .ratio bench/programs.sh fake a="$fake" b="$fake"
rows 2 .rows bench/scale.sh fake "$fake"
rows 4 .median bench/neighbours.sh fake "$fake"
rows 2 .said_better bench/aa.sh fake
rows 5 .ratio bench/predict.sh fake
rows 4 .distinct bench/search/forms.sh "$work/tiny.gguf"
printf '#!/bin/sh\necho "{\\"avg_ts\\": 100}"\n' >"$work/llama-bench" && chmod +x "$work/llama-bench"
rows 1 .ratio bench/answers.sh fake f32
LLAMA_BENCH="$work/llama-bench" rows 1 .ratio bench/llama_bench.sh fake f32

# These have tests of their own; compare.sh needs 3 GB of other programs (it has --check).
ran="$ran experiments/run.py experiments/tables.py load.sh compare.sh"

kept() { # FILE COMMAND...: prints the lines of FILE
    "${@:2}" >"$work/out" || fail "${*:2}: exit $?"
    cmp -s "$work/out" "$1" || fail "${*:2} does not print $1: $(diff "$work/out" "$1" | head -n 3)"
}
ran="$ran scale_plot.py"
bench/scale_plot.py <bench/results/scale.jsonl >"$work/out" || fail "scale_plot.py: exit $?"
cmp -s "$work/out" docs/scale.svg || fail "docs/scale.svg is not drawn from bench/results/scale.jsonl"
kept bench/results/gate.jsonl "$build/bin/gate"
kept bench/results/alike.jsonl "$build/bin/alike"
kept bench/results/race-made-up.jsonl "$build/bin/race" made-up
grep -v '"prompts"' bench/results/aa.jsonl >"$work/aa"
kept "$work/aa" "$build/bin/aa"
# The first line of the table of candidates that are given up.
"$build/bin/race" <bench/results/race-navigate-0.5b.json >"$work/out" || fail "race: exit $?"
for figure in "6.6 %" "12.3 %" "24.9 %"; do
    grep -qF "$figure" "$work/out" || fail "race no longer prints $figure: $(cat "$work/out")"
    grep -F "| best of 16 |" docs/results.md | grep -qF "$figure" || fail "docs/results.md has no $figure"
done

grep -ho '`[^`]*`' README.md CONTRIBUTING.md docs/*.md | tr -d '`' | tr ' ' '\n' |
    sed -n 's,^bench/\([a-z/]*\.\(sh\|py\)\)$,\1,p' | sort -u >"$work/named"
while IFS= read -r script; do
    case " $ran " in *" $script "*) ;; *) fail "the docs name bench/$script, which nothing here runs" ;; esac
done <"$work/named"
[ "$(wc -l <"$work/named")" -ge 8 ] || fail "only $(wc -l <"$work/named") scripts found in the docs"
exit $failed
