#!/usr/bin/env python3
"""Puts a pmpo run into Weights & Biases: pmpo show --format jsonl run.pmpo | wandb_run.py [RUN-NAME]

Settings become the config, each iteration a step, figures and prompts of the
end the summary. WANDB_MODE=offline keeps it on this machine.
"""
import json
import sys

import wandb

run = wandb.init(project="pmpo", name=sys.argv[1] if len(sys.argv) > 1 else None)
for line in map(json.loads, sys.stdin):
    if line["kind"] == "params":
        run.config.update(line["params"])
    elif line["kind"] == "metrics":
        run.log(line["metrics"], step=line["step"])
    elif line["kind"] == "summary":
        run.summary.update(line["metrics"])
        for key in ("status", "verdict", "start_prompt", "best_prompt"):
            run.summary[key] = line[key]
run.finish()
