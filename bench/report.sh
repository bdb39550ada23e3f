#!/bin/sh
# report.sh [BUILD]: how big the page of a big run is (1,000 examples with answers of 60 tokens, 300
# candidates), how long pmpo takes to make it, and a headless Chromium from opening it to having drawn
# it. A row of JSON for results/report.jsonl.
set -eu
build=${1:-build}
here=$(dirname "$0")
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
"$build/bin/make_run" "$t/big.pmpo" 1000 20 15 60
start=$(date +%s%N)
"$build/bin/pmpo" report "$t/big.pmpo" -o "$t/big.html" >/dev/null
end=$(date +%s%N)
page=$(python3 "$here/../tests/report_browser.py" --time "$t/big.html")
printf '{"what":"report, 1000 examples, 300 candidates","commit":"%s","machine":"%s, %s processors","make_ms":%d,"page":%s}\n' \
    "$(git -C "$here" rev-parse --short HEAD)" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
    $(((end - start) / 1000000)) "$page"
