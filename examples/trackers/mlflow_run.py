#!/usr/bin/env python3
"""Puts a pmpo run into MLflow: pmpo show --format jsonl run.pmpo | mlflow_run.py [RUN-NAME]

Settings become parameters, each iteration a step, the two prompts text files of
the MLflow run. Where it goes is MLflow's business (MLFLOW_TRACKING_URI).
"""
import json
import sys

import mlflow

with mlflow.start_run(run_name=sys.argv[1] if len(sys.argv) > 1 else None):
    for line in map(json.loads, sys.stdin):
        if line["kind"] == "params":
            mlflow.log_params({k: v[:500] for k, v in line["params"].items()})
        elif line["kind"] == "metrics":
            mlflow.log_metrics(line["metrics"], step=line["step"])
        elif line["kind"] == "summary":
            mlflow.log_metrics(line["metrics"])
            mlflow.set_tags({"status": line["status"], "verdict": line["verdict"]})
            for which in ("start_prompt", "best_prompt"):
                mlflow.log_text(line[which], which + ".txt")
