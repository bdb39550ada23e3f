#!/bin/sh
# What many requests in flight cost the client.
#   bench/load.sh [BUILD] >>bench/results/load.jsonl
# Rows of 1,000 requests in flight against a server that answers after 50 ms and after 1 s, and of 100 and 1. On an idle
# machine: the server takes most of it, and with 1,000 at 50 ms it is what limits the rate. REQUESTS=30000 in the first.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
load=${1:-$top/build}/bin/load
n=${REQUESTS:-30000}
row() {
    "$load" "$@" | jq -c --arg command "load $*" --arg commit "$(git -C "$top" rev-parse --short HEAD)" \
        --arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" --argjson cores "$(nproc)" \
        '{command: $command, commit: $commit, cpu: $cpu, cores: $cores, date: (now | todate)} + .'
}
row "$n" 1000 50
row "$n" 1000 50
row "$n" 1000 50
row $((n / 3)) 1000 1000
row $((n / 3)) 100 50
row $((n / 100 + 20)) 1 50
