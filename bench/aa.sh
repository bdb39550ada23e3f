#!/bin/sh
# aa.sh [MODEL]: the A/A experiment on measured losses: the start prompt and rewordings of it that
# mean the same, on 125 examples of navigate, then searches among them (aa.c).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
pmpo=${PMPO:-$top/build/bin/pmpo}
aa=${AA:-$top/build/bin/aa}
model=${1:-smollm2-135m-instruct}
set --
while IFS= read -r line; do
    set -- "$@" -p "$line"
done <<'END'
Let's think step by step.
Let us think step by step.
Let's think step-by-step.
Let's think this through step by step.
Let's think it through, step by step.
Think step by step.
Let's think about this step by step.
Let's think about it one step at a time.
Let's think one step at a time.
Let's reason step by step.
Step by step, let's think.
Now let's think step by step.
Let's think, step by step.
END
"$pmpo" score -q --json -m "$model" -d "$top/examples/navigate/navigate.json" --limit 125 "$@" |
    "$aa" - | sed "s/^{/{\"model\":\"$model\",\"prompts\":\"rewordings of the start prompt\",/"
