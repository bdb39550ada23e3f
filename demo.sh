#!/bin/sh
# Improves a real prompt with real models, from nothing: sets everything up (packages, llama.cpp,
# two models, 1.6 GB), then runs the main job on a task of BIG-Bench Hard and prints what came of it.
#
# A 0.5B model scores, a 1.5B model rewrites. Below the paper's settings, so that two cores need
# minutes: 2 iterations of at most 20, 20 training examples of at most 50. As published: 3 hard
# cases, 4 rewrites of each, at most 5 masked parts.
set -eu
cd "$(dirname "$0")"
. scripts/setup.sh
need_packages
build_in build
need_models qwen2.5-coder-0.5b-instruct qwen2.5-coder-1.5b-instruct
say "2 iterations (the paper: at most 20), 20 training examples (at most 50), models of 0.5B and 1.5B"
say "(0.5B to 32B), the likelihood of the answer as loss (preference), no demonstration (one)"
run=${1:-demo-$(date +%Y%m%d-%H%M%S).pmpo}
say "improving \"Let's think step by step.\" on examples/navigate (2 iterations of 12 candidates)"
exec build/bin/pmpo optimize -m qwen2.5-coder-0.5b-instruct --rewriter qwen2.5-coder-1.5b-instruct \
    -d examples/navigate/navigate.json -p "Let's think step by step." --loss nll \
    --train 20 --val 20 --test 80 --iterations 2 --seed 1 -v -o "$run"
