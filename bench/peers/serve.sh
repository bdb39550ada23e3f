#!/bin/sh
# serve.sh MODEL PORT: llama-server with MODEL's GGUF for several peers at a time, until stopped. The requests of one that
# mostly waits for a single reply seldom fill the server's batches; two or three at a time take less than each after the other.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 2 ] || {
    echo "serve.sh MODEL PORT" >&2
    exit 2
}
to=$("$here/setup.sh")
exec "$to/venv/bin/python" -B "$here/serve.py" "$to/llama/bin/llama-server" "$@"
