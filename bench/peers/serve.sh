#!/bin/sh
# serve.sh MODEL PORT PEERS: llama-server with MODEL's GGUF for so many peers at a time, until stopped. One peer's requests
# seldom fill the server's batches; several at a time take less than each after the other.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 3 ] || {
    echo "serve.sh MODEL PORT PEERS" >&2
    exit 2
}
to=$("$here/setup.sh")
exec "$to/venv/bin/python" -B "$here/serve.py" "$to/llama/bin/llama-server" "$@"
