#!/bin/sh
# demo.sh [navigate] [RUN]: improves a real prompt with real models, from nothing: sets everything
# up (packages, llama.cpp, two models: 1.6 GB, and 2.5 GB for a widened copy), then runs the main job and
# prints what came of it.
#
# Without an argument the task is one like a user's: customers' messages are to go to the right team.
# It ends with the answers that the model generates to messages it has not seen, before and after.
# `navigate` is a task of BIG-Bench Hard. A 0.5B model scores and answers, a 1.5B model rewrites.
# Far below the paper's settings (20 iterations, 50 examples), so that two cores need minutes.
set -eu
cd "$(dirname "$0")"
. scripts/setup.sh
task=routing
if [ "${1:-}" = navigate ]; then
    task=navigate
    shift
fi
need_packages
build_in build
need_models qwen2.5-coder-0.5b-instruct qwen2.5-coder-1.5b-instruct
run=${1:-demo-$(date +%Y%m%d-%H%M%S).pmpo}
set -- -m qwen2.5-coder-0.5b-instruct --rewriter qwen2.5-coder-1.5b-instruct --loss nll --seed 1 -v -o "$run"
if [ $task = navigate ]; then
    say "improving \"Let's think step by step.\" on examples/navigate, 2 iterations, 20 training examples"
    exec build/bin/pmpo optimize "$@" -d examples/navigate/navigate.json -p "Let's think step by step." \
        --train 20 --val 20 --test 80 --iterations 2 --metric none
fi
say "improving \"Classify the message.\" on examples/routing, 1 iteration, 24 training messages"
exec build/bin/pmpo optimize "$@" -d examples/routing/messages.jsonl -p "Classify the message." \
    --train 24 --val 36 --test 90 --iterations 1 --hard 2 --variants 3 --max-reply-tokens 120 \
    --metric exact --max-tokens 12
