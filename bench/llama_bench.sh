#!/bin/bash
# Is the prefill that `pmpo bench` compares with what llama.cpp's own llama-bench measures?
#   bench/llama_bench.sh MODEL [PRECISION...] >>bench/results/llama_bench.jsonl
# llama-bench is built from the source that pmpo is built with (3 minutes the first time), with its own products and the
# same kind of threads: its pool without polling. Each of ROUNDS=3 rounds runs its pp512 (-n 0, five repetitions, the
# same weights and attention as pmpo's precision) and `pmpo bench` on made-up questions, in turn. A row has
# both rates of each round in rows/s, pmpo's scoring rate, and the median ratio of pmpo's prefill to llama-bench's.
# LLAMA_BENCH names one that is there. Run it on an idle machine.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
model=${1:?llama_bench.sh MODEL [PRECISION...]}
shift
[ $# -gt 0 ] || set -- f32 f16 native
to=${PMPO_COMPARE:-${XDG_CACHE_HOME:-$HOME/.cache}/pmpo-compare}/llama-bench
bench=${LLAMA_BENCH:-$to/bin/llama-bench}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ ! -x "$bench" ]; then
    source=$("$top/scripts/fetch-llama.sh")
    flags=-w
    [ "$(uname -m)" != x86_64 ] || flags="-w -mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
    cmake -S "$source" -B "$to" -DCMAKE_BUILD_TYPE=Release -DGGML_OPENMP=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
        -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >&2
    cmake --build "$to" --target llama-bench -j "$(nproc)" >&2
fi
for precision in "$@"; do
    : >"$tmp/rounds"
    case $precision in
    f32) how="-fa 0" ;; # it takes no keys and values in f32: these are f16
    *) how="-fa 1" ;;
    esac
    "$pmpo" models info "$model" --precision "$precision" --json >"$tmp/info"
    for _ in $(seq "${ROUNDS:-3}"); do
        # shellcheck disable=SC2086 # the words of `how` are apart
        "$bench" -m "$(jq -r .path "$tmp/info")" -p 512 -n 0 -b 512 -ub 512 -r 5 -t "$(jq .threads "$tmp/info")" --poll 0 \
            $how -o jsonl 2>"$tmp/err" >"$tmp/theirs" || { cat "$tmp/err" >&2; exit 1; }
        "$pmpo" bench -q --json -m "$model" --precision "$precision" >"$tmp/ours"
        jq -c --slurpfile theirs "$tmp/theirs" \
            '{llama_bench: $theirs[0].avg_ts, prefill: .prefill_per_s, scoring: .distinct_per_s}' "$tmp/ours" >>"$tmp/rounds"
    done
    jq -sc --arg precision "$precision" --slurpfile info "$tmp/info" \
        --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
        --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
        'def median: sort | .[length / 2 | floor];
         {model: $info[0].name, $precision, $commit, $cpu, threads: $info[0].threads, date: (now | todate), rounds: .,
          ratio: (map(.prefill / .llama_bench) | median)}' "$tmp/rounds"
done
