#!/bin/sh
# setup.sh: what the peers need, in ~/.cache/pmpo-peers (or $PMPO_PEERS): a Python environment with
# requirements.txt and llama-server of the llama.cpp that pmpo is built with. Does nothing twice.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${PMPO_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/pmpo-peers}
mkdir -p "$to"
if ! cmp -s "$here/requirements.txt" "$to/installed"; then
    [ -d "$to/venv" ] || python3 -m venv "$to/venv"
    "$to/venv/bin/pip" install -q -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$to/installed"
fi
if [ ! -x "$to/llama/bin/llama-server" ]; then
    source=$("$here/../../scripts/fetch-llama.sh")
    amx="-w"
    case $(uname -m) in
    x86_64) amx="-w -mno-amx-tile -mno-amx-int8 -mno-amx-bf16" ;; # they crash, as in pmpo's own build
    esac
    cmake -S "$source" -B "$to/llama" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF \
        -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DGGML_OPENMP=ON \
        -DCMAKE_C_FLAGS="$amx" -DCMAKE_CXX_FLAGS="$amx" >&2
    cmake --build "$to/llama" --target llama-server -j 2 >&2
fi
echo "$to"
