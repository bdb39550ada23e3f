#!/bin/sh
# run.sh PEER MODEL TRAIN VAL METRIC SEED TOKENS REPLY_TOKENS: optimises the start prompt by another optimiser
# (gepa, miprov2, capo, textgrad) against llama-server with MODEL's GGUF, until TOKENS are used up, and prints a JSON
# document. Answers have REPLY_TOKENS at most. PMPO_THREADS: of the server; PMPO: the program, built (mark lies
# beside it). PMPO_PEERS_PORT: of a server that serve.sh started; without, it starts one of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 8 ] || {
    echo "run.sh PEER MODEL TRAIN VAL METRIC SEED TOKENS REPLY_TOKENS" >&2
    exit 2
}
to=$("$here/setup.sh")
mark=$(dirname "${PMPO:-$here/../../build/bin/pmpo}")/mark
[ -x "$mark" ] || mark=$here/../../build/bin/mark
exec "$to/venv/bin/python" -B "$here/peers.py" --server "$to/llama/bin/llama-server" --mark "$mark" \
    ${PMPO_PEERS_PORT:+--upstream "$PMPO_PEERS_PORT"} "$@"
