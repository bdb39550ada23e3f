#!/bin/sh
# run.sh PEER MODEL TRAIN VAL METRIC SEED TOKENS: optimises the start prompt by another optimiser (gepa,
# miprov2, capo, textgrad) against llama-server with MODEL's GGUF, until TOKENS are used up, and prints a
# JSON document. PMPO_THREADS: of the server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 7 ] || {
    echo "run.sh PEER MODEL TRAIN VAL METRIC SEED TOKENS" >&2
    exit 2
}
to=$("$here/setup.sh")
exec "$to/venv/bin/python" "$here/peers.py" --server "$to/llama/bin/llama-server" "$@"
