#!/usr/bin/env python3
"""compare.py: runs the cells of bench/compare.sh, checks their numbers, keeps rows and makes tables of them.

A cell is program x job x model x precision x round. Programs that score one prompt after the other tell of
each as it is done; what is done is kept in parts/, so that a cell that was stopped goes on. Python's own
library is enough here; the others run by the environment that compare.sh makes.
"""
import argparse
import datetime
import glob
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

# ---- the work ------------------------------------------------------------------------------------------------

MODELS = {"smollm2-135m-instruct": "135M", "qwen2.5-coder-0.5b-instruct": "0.5B"}
JOBS = {  # name: (file, examples, loss)
    "navigate": ("examples/navigate/navigate.json", 50, "preference"),
    "logical deduction": ("bench/experiments/data/bbh/logical_deduction_three_objects.json", 50, "preference"),
    "gsm8k solutions": ("bench/experiments/data/gsm8k/test.jsonl", 12, "nll"),
}
# The loss of each prompt may differ from pmpo's at f32 by so many nats: at f32, and at other precisions, whose noise
# of single tokens is 0.001 to 0.07 nats (docs/results.md).
TOLERANCE = {"f32": 0.001, "own": 0.05}
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SLOW = 60  # seconds; a cell that takes longer has one round


class Program:
    def __init__(self, name, command, precisions, jobs=tuple(JOBS)):
        self.name, self.command, self.precisions, self.jobs = name, command, precisions, jobs


def python(script):
    return lambda a, c: [f"{a.place}/venv/bin/python", f"{HERE}/{script}.py", f"{a.models}/{c.model}",
                         {"f32": "float32", "bf16": "bfloat16"}[c.precision], batches(a, c), units_file(a, c)]


def vllm(form):
    return lambda a, c: [f"{a.place}/venv/bin/python", f"{HERE}/with_vllm.py", f"{a.models}/{c.model}",
                         {"f32": "float32", "bf16": "bfloat16"}[c.precision], form, units_file(a, c)]


def loop(a, c):
    return [f"{a.place}/loop", gguf(a, c), c.precision, str(len(os.sched_getaffinity(0))), units_file(a, c)]


# The precisions of a program: f32, and what else it would be run at.
PROGRAMS = {p.name: p for p in (
    Program("pmpo", None, ("f32", "auto")),
    Program("pmpo, one by one", None, ("f32",)),
    Program("llama.cpp loop", loop, ("f32", "native")),
    Program("transformers", python("with_transformers"), ("f32", "bf16")),
    Program("lm-evaluation-harness", python("with_lm_eval"), ("f32", "bf16")),
    Program("vLLM, whole sequences", vllm("whole"), ("f32", "bf16")),
    Program("vLLM, next tokens", vllm("next"), ("f32", "bf16"), ("navigate", "logical deduction")),
)}
NOT_THE_SAME = {"llama-perplexity": "scores the second half of fixed-size pieces of one raw text; of multiple choice "
                "it joins question and option with a blank, divides by length and tells the share right alone: no "
                "log-likelihood of an output comes out"}
NO_ROW = {"vLLM, next tokens": "a request for each token of a solution"}


class Cell:
    def __init__(self, model, precision, job, round_number, program):
        self.model, self.precision, self.job = model, precision, job
        self.round, self.program = round_number, program

    def __str__(self):
        return f"{self.model} {self.precision} {self.job}, {self.program}, round {self.round}"

    def key(self):
        return (self.program, self.job, self.model, self.precision, self.round)


def cells():
    """All of them, in the order in which they are run: programs in turn within a round."""
    for model in MODELS:
        for kind in "f32", "own":
            for job in JOBS:
                for n in range(1, ROUNDS + 1):
                    for p in PROGRAMS.values():
                        for precision in p.precisions:
                            if (precision == "f32") == (kind == "f32") and job in p.jobs:
                                yield Cell(model, precision, job, n, p.name)


# ---- files in the place ------------------------------------------------------------------------------------------

def slug(*words):
    return "-".join(str(w) for w in words).replace(" ", "_").replace(",", "").replace("/", "_")


def make(path, write):
    """The file, made by write(temporary path) if it is not there."""
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path + ".new")
        os.rename(path + ".new", path)
    return path


def output_of(command, path=None, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, **more).stdout
    if path:
        with open(path, "wb") as f:
            f.write(done)
    return done


def prompts(a):
    with open(f"{HERE}/prompts.txt", encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f][:a.prompts]


def limit(a, job):
    return a.limit or JOBS[job][1]


def data_file(a, job):
    path, _, loss = JOBS[job]
    path = f"{TOP}/{path}"
    if loss == "preference":
        return path
    return make(f"{a.place}/data/{slug(job)}.jsonl",
                lambda new: output_of([a.pmpo, "data", "import", "-q", "gsm8k", path], new))


def units_file(a, c):
    name = slug("units", c.model, c.job, limit(a, c.job), a.prompts)
    return make(f"{a.place}/data/{name}.jsonl", lambda new: output_of(
        [a.units, c.model, data_file(a, c.job), JOBS[c.job][2], str(limit(a, c.job)), *prompts(a)], new))


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def gguf(a, c):
    precision = "f32" if c.precision == "f32" else "native"
    info = output_of([a.pmpo, "models", "info", "-q", "--json", "--precision", precision, c.model])
    return json.loads(info)["path"]


def batches(a, c):
    """Sizes for a program to try, or the one that it found fastest before."""
    if a.check:
        return "8"
    path = f"{a.place}/batch/{slug(c.program, c.model, c.precision, c.job)}"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return f.read().strip()
    return "4,16,32" if c.job == "gsm8k solutions" else "8,32,64"


def keep_batch(a, c, size):
    if size and not a.check:
        path = f"{a.place}/batch/{slug(c.program, c.model, c.precision, c.job)}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            print(size, file=f)


# ---- numbers -----------------------------------------------------------------------------------------------------

def softplus(x):
    return max(x, 0) + math.log1p(math.exp(-abs(x)))


def losses(units, nats, loss):
    """The loss of each prompt from the nats of all sequences."""
    examples = {}
    for u, x in zip(units, nats):
        examples.setdefault((u["prompt"], u["example"]), []).append(
            (x, len(u["ids"]) - u["n_context"]))
    by_prompt = {}
    for (prompt, _), targets in sorted(examples.items()):
        first = targets[0][0]
        value = (first / targets[0][1] if loss == "nll"
                 else statistics.fmean(softplus(first - x) for x, _ in targets[1:]))
        by_prompt.setdefault(prompt, []).append(value)
    return [statistics.fmean(v) for _, v in sorted(by_prompt.items())]


def score(a, c, *more):
    """pmpo's own numbers: its document, and the nats in the order of the units, which are checked to be its work."""
    command = [a.pmpo, "score", "-q", "--json", "--no-cache", "-m", c.model, "-d", data_file(a, c.job), "--limit",
               str(limit(a, c.job)), "--loss", JOBS[c.job][2], "--precision", c.precision, *more]
    for p in prompts(a):
        command += ["-p", p]
    begin = time.perf_counter()
    document = json.loads(output_of(command))
    document["wall_seconds"] = time.perf_counter() - begin
    units = read_lines(units_file(a, c))
    targets = [t for p in document["prompts"] for e in p["examples"] for t in e["targets"]]
    if [t["token_ids"] for t in targets] != [u["ids"][u["n_context"]:] for u in units]:
        sys.exit(f"{c}: pmpo scored other targets than units printed")
    if document["cost"]["logical_tokens"] != sum(len(u["ids"]) for u in units):
        sys.exit(f"{c}: pmpo fed other sequences than units printed")
    return document, [t["nats"] for t in targets]


def reference(a, c):
    """pmpo's nats at f32 of the job, made once."""
    exact = Cell(c.model, "f32", c.job, 0, "pmpo")

    def write(new):
        document, nats = score(a, exact)
        own = [p["loss"] for p in document["prompts"]]
        again = losses(read_lines(units_file(a, c)), nats, JOBS[c.job][2])
        if max(abs(x - y) for x, y in zip(own, again)) > 1e-9:
            sys.exit(f"{c}: the losses are computed otherwise than by pmpo")
        with open(new, "w", encoding="utf-8") as f:
            json.dump(nats, f)
    name = slug("reference", c.model, c.job, limit(a, c.job), a.prompts)
    with open(make(f"{a.place}/data/{name}.json", write), encoding="utf-8") as f:
        return json.load(f)


# ---- running ------------------------------------------------------------------------------------------------------

def environment(a, c):
    e = dict(os.environ, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", DO_NOT_TRACK="1", TOKENIZERS_PARALLELISM="false",
             OMP_NUM_THREADS=str(len(os.sched_getaffinity(0))))
    if c.program.startswith("vLLM"):
        # As its documentation for CPUs has it: memory for keys and values, Intel's OpenMP loaded first. Later
        # instruction sets than this one (AMX) end it.
        e.update(LD_PRELOAD=os.path.join(a.intel, "libiomp5.so"), VLLM_CPU_KVCACHE_SPACE="3",
                 OMP_WAIT_POLICY="PASSIVE", ONEDNN_MAX_CPU_ISA="AVX512_CORE_BF16", VLLM_NO_USAGE_STATS="1",
                 VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_LOGGING_LEVEL="ERROR")
        del e["OMP_NUM_THREADS"]
    return e


def parts_of(path):
    if not os.path.exists(path):
        return {}, {}
    lines = read_lines(path)
    told = next((x for x in reversed(lines) if "loaded" in x), {})
    return {x["prompt"]: x for x in lines if "prompt" in x}, told


def run_parts(a, c, path):
    """Runs the program on the prompts that have no part yet; each becomes a line of `path`. How it ended, "": well."""
    done, _ = parts_of(path)
    units = units_file(a, c)
    left = f"{path}.units"
    with open(left, "w", encoding="utf-8") as f:
        for u in read_lines(units):
            if u["prompt"] not in done:
                print(json.dumps(u), file=f)
    command = PROGRAMS[c.program].command(a, c)
    command[command.index(units)] = left
    with open(f"{path}.log", "w", encoding="utf-8") as log, open(path, "a", encoding="utf-8") as f:
        p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment(a, c), cwd=a.place,
                             text=True)
        signal.signal(signal.SIGALRM, lambda *_: p.kill())
        signal.alarm(int(60 * a.minutes))
        try:
            for line in p.stdout:
                f.write(line)
                f.flush()
                keep_batch(a, c, json.loads(line).get("batch"))
            code = p.wait()
        finally:
            p.kill()
        timed_out = signal.alarm(0) == 0
    os.remove(left)
    return "" if code == 0 else f"stopped after {a.minutes} minutes" if timed_out else f"ended with {code}"


def by_others(a, c):
    """{"seconds": of each prompt, "nats", ...} or {"error"}; None: not all of it is done."""
    path = f"{a.place}/{'check' if a.check else 'parts'}/{slug(*c.key())}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if a.check and os.path.exists(path):
        os.remove(path)
    before, _ = parts_of(path)
    wrong = run_parts(a, c, path) if len(before) < a.prompts else ""
    done, told = parts_of(path)
    if len(done) == a.prompts:
        return {"seconds": [done[i]["seconds"] for i in range(a.prompts)],
                "nats": [x for i in range(a.prompts) for x in done[i]["nats"]],
                "settings": told.get("settings", ""), "version": told.get("version", "")}
    if wrong.startswith("stopped") and len(done) > len(before):
        return None
    return {"error": f"{wrong}, log: {path}.log"}


def by_pmpo(a, c):
    more = ["--plain"] if "one by one" in c.program else []
    document, nats = score(a, c, *more)
    return {"seconds": [document["cost"]["seconds"]], "nats": nats, "settings": document["model"]["precision"],
            "wall_seconds": document["wall_seconds"], "rows": document["cost"]["prefill_tokens"],
            "version": output_of([a.pmpo, "--version"], text=True).strip()}


def row_of(a, c, commit):
    got = by_pmpo(a, c) if PROGRAMS[c.program].command is None else by_others(a, c)
    if got is None:
        return None
    units = read_lines(units_file(a, c))
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "")
    row = {"program": c.program, "job": c.job, "model": c.model, "precision": c.precision, "round": c.round,
           "examples": limit(a, c.job), "prompts": a.prompts, "sequences": len(units),
           "logical_tokens": sum(len(u["ids"]) for u in units), "commit": commit, "cpu": cpu,
           "threads": len(os.sched_getaffinity(0)),
           "date": datetime.datetime.now(datetime.timezone.utc).strftime("%FT%TZ")}
    if "error" in got:
        return {**row, **got}
    want, nats = reference(a, c), got.pop("nats")
    if len(nats) != len(want) or not all(map(math.isfinite, nats)):
        return {**row, "error": "numbers are missing"}
    loss, of_pmpo = (losses(units, x, JOBS[c.job][2]) for x in (nats, want))
    apart = max(abs(x - y) for x, y in zip(loss, of_pmpo))
    agrees = apart <= TOLERANCE["f32" if c.precision == "f32" else "own"]
    total = sum(got["seconds"])
    if not agrees:
        del got["seconds"]
    return {**row, "loss": loss, "loss_difference": apart,
            "sequence_difference": max(abs(x - y) for x, y in zip(nats, want)), "agrees": agrees, **got,
            **({"total_seconds": total, "logical_per_s": row["logical_tokens"] / total} if agrees else {})}


def commit_of():
    return output_of(["git", "-C", TOP, "rev-parse", "--short", "HEAD"], text=True).strip()


# ---- commands -------------------------------------------------------------------------------------------------------

def is_wanted(c, rows):
    """No row yet. Later rounds only of cells that agreed and were quick; what ended at a precision isn't run there
    on other jobs."""
    if any("error" in r and (r["program"], r["model"], r["precision"]) == (c.program, c.model, c.precision)
           for r in rows.values()):
        return False
    if c.key() in rows or c.round == 1:
        return c.key() not in rows
    first = rows.get((*c.key()[:-1], 1), {})
    return first.get("agrees", False) and first["total_seconds"] <= SLOW


def measure(a):
    commit = commit_of()
    for c in cells():
        if not all(p in str(c) for p in a.parts) or not is_wanted(c, keyed(load_rows(a))):
            continue
        if a.list:
            print(c)
            continue
        begin = time.perf_counter()
        row = row_of(a, c, commit)
        told = "goes on next time"
        if row:
            with open(a.rows, "a", encoding="utf-8") as f:
                print(json.dumps(row), file=f)
            told = row.get("error") or (f"{row['logical_per_s']:.0f} tokens/s" if row["agrees"] else
                                        f"other numbers: {row['loss_difference']:.3g} nats")
        print(f"{c}: {told} ({time.perf_counter() - begin:.0f} s in all)", flush=True)


def check(a):
    """Every program on little work, agreement only. Times are not looked at, the machine may be busy."""
    failed = False
    a.limit, a.prompts = 2, 2
    for c in cells():
        if c.round > 1 or not all(p in str(c) for p in a.parts) or (c.model != next(iter(MODELS)) and not a.parts):
            continue
        row = row_of(a, c, "")
        if row is None or "error" in row:
            told = "not done in time" if row is None else row["error"]
        else:
            told = f"loss differs by {row['loss_difference']:.2g} nats, a sequence by {row['sequence_difference']:.2g}"
        wrong = row is None or not row.get("agrees", False)
        failed = failed or (wrong and c.precision == "f32") # others round so much that two examples don't tell
        print(f"{c.model} {c.precision} {c.job}, {c.program}: {told}{' (!)' if wrong else ''}", flush=True)
    sys.exit(1 if failed else 0)


def load_rows(a):
    return read_lines(a.rows) if os.path.exists(a.rows) else []


def keyed(rows):
    return {tuple(r[k] for k in ("program", "job", "model", "precision", "round")): r for r in rows}


# ---- tables ----------------------------------------------------------------------------------------------------------

def best_of(rows, program, job, model, precisions):
    """The fastest of the precisions: its rows, which agree; or what was wrong with the last that doesn't."""
    found, wrong = [], None
    for precision in precisions:
        some = [r for r in rows if (r["program"], r["job"], r["model"], r["precision"]) ==
                (program, job, model, precision) or "error" in r and
                (r["program"], r["model"], r["precision"]) == (program, model, precision)]
        good = [r for r in some if r.get("agrees")]
        if good:
            found.append((statistics.median(r["logical_per_s"] for r in good), precision, good))
        elif some:
            wrong = some[-1]
    return max(found, key=lambda x: x[0]) if found else None, wrong


def why_not(row):
    if row is None:
        return "not run"
    if "error" in row:
        return f"{row['precision']}: " + row["error"].split(", log")[0]
    return f"{row['precision']}: other numbers, by {row['loss_difference']:.3f} nats"


def lines_of(rows, job, model, kind):
    """[program, settings, tokens/s, pmpo's over that, seconds, difference, rounds]; the fastest first."""
    lines, rest, own = [], [], None
    for p in PROGRAMS.values():
        if job not in p.jobs:
            rest.append((p.name, NO_ROW[p.name]))
            continue
        precisions = ("f32",) if kind == "f32" else ("auto",) if p.name == "pmpo" else p.precisions
        best, wrong = best_of(rows, p.name, job, model, precisions)
        if best:
            rate, precision, good = best
            own = rate if p.name == "pmpo" else own
            lines.append([p.name, precision, good, rate])
        elif wrong:
            rest.append((p.name, why_not(wrong)))
    lines.sort(key=lambda x: -x[3])
    return lines, rest, own


def table(a):
    rows = load_rows(a)
    for model, size in MODELS.items():
        for kind in "f32", "own":
            title = "f32" if kind == "f32" else "each at the faster of its precisions, pmpo at `auto`"
            print(f"\n**{size}, {title}**\n\n| job | program | precision | tokens/s | pmpo is faster by | seconds | "
                  "difference of the loss | rounds |\n|---|---|---|---|---|---|---|---|")
            for job in JOBS:
                lines, rest, own = lines_of(rows, job, model, kind)
                for name, precision, good, rate in lines:
                    shown = good[-1]["settings"] if precision == "auto" else precision
                    print(f"| {job} | {name} | {shown} | {rate:.0f} | "
                          f"{'-' if name == 'pmpo' or own is None else f'{own / rate:.2f}'} | "
                          f"{statistics.median(r['total_seconds'] for r in good):.1f} | "
                          f"{max(r['loss_difference'] for r in good):.1g} | {len(good)} |")
                for name, why in rest:
                    print(f"| {job} | {name} | | no time: {why} | | | | |")
    for name, why in NOT_THE_SAME.items():
        print(f"\n{name}: not the same numbers. It {why}.")
    short(rows)


def short(rows):
    """Ratios of pmpo's rate to theirs."""
    columns = [(m, k, j) for m in MODELS for k in ("f32", "own") for j in JOBS]
    found = {c: lines_of(rows, c[2], c[0], c[1]) for c in columns}
    columns = [c for c in columns if found[c][2]]
    print("\n| pmpo is faster than | " + " | ".join(f"{j}, {MODELS[m]}, {k}" for m, k, j in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name in PROGRAMS:
        if name != "pmpo":
            cells_of = []
            for c in columns:
                rate = next((x[3] for x in found[c][0] if x[0] == name), None)
                cells_of.append(f"{found[c][2] / rate:.1f}" if rate else "-")
            print(f"| {name} | " + " | ".join(cells_of) + " |")


def main():
    p = argparse.ArgumentParser()
    for name in "pmpo", "units", "place", "models", "intel", "rows":
        p.add_argument(f"--{name}", required=True)
    for name in "check", "list", "table":
        p.add_argument(f"--{name}", action="store_true")
    p.add_argument("parts", nargs="*")
    a = p.parse_args()
    a.minutes, a.limit, a.prompts = float(os.environ.get("MINUTES", "4")), 0, 4
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    (table if a.table else check if a.check else measure)(a)


main()
