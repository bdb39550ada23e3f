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
PROMPTS = {"smollm2-135m-instruct": 4, "qwen2.5-coder-0.5b-instruct": 1}  # how many of prompts.txt: it takes long
JOBS = {  # name: (file, examples, loss)
    "navigate": ("examples/navigate/navigate.json", 50, "preference"),
    "logical deduction": ("bench/experiments/data/bbh/logical_deduction_three_objects.json", 50, "preference"),
    "gsm8k solutions": ("bench/experiments/data/gsm8k/test.jsonl", 12, "nll"),
}
# The loss of each prompt may differ from pmpo's at f32 by so many nats: at f32, and at other precisions, whose noise
# of single tokens is 0.001 to 0.07 nats (docs/speed.md).
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
    Program("pmpo", None, ("f32", "auto", "bf16")),
    Program("llama.cpp loop", loop, ("f32", "native")),
    Program("transformers", python("with_transformers"), ("f32", "bf16")),
    Program("lm-evaluation-harness", python("with_lm_eval"), ("f32", "bf16")),
    Program("vLLM, whole sequences", vllm("whole"), ("f32", "bf16")),
    Program("vLLM, next tokens", vllm("next"), ("f32", "bf16"), ("navigate", "logical deduction")),
)}
NOT_THE_SAME = {"llama-perplexity": "scores the second half of fixed-size pieces of one raw text; of multiple choice "
                "it joins question and option with a blank, divides by length and tells the share right alone: no "
                "log-likelihood of an output comes out"}


class Cell:
    def __init__(self, model, precision, job, round_number, program):
        self.model, self.precision, self.job = model, precision, job
        self.round, self.program = round_number, program

    def __str__(self):
        return f"{self.model} {self.precision} {self.job}, {self.program}, round {self.round}"

    def key(self):
        return (self.program, self.job, self.model, self.precision, self.round)


def cells():
    """All of them, in the order in which they are run: programs in turn, and everything once before it is repeated."""
    for n in range(1, ROUNDS + 1):
        for kind in "f32", "own":
            for model in MODELS:
                for job in JOBS:
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


def n_prompts(a, c):
    return min(a.prompts or PROMPTS[c.model], PROMPTS[c.model] if not a.check else 2)


def prompts(a, c):
    with open(f"{HERE}/prompts.txt", encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f][:n_prompts(a, c)]


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
    name = slug("units", c.model, c.job, limit(a, c.job), n_prompts(a, c))
    return make(f"{a.place}/data/{name}.jsonl", lambda new: output_of(
        [a.units, c.model, data_file(a, c.job), JOBS[c.job][2], str(limit(a, c.job)), *prompts(a, c)], new))


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def gguf(a, c):
    precision = "f32" if c.precision == "f32" else "native"
    info = output_of([a.pmpo, "models", "info", "-q", "--json", "--precision", precision, c.model])
    return json.loads(info)["path"]


def batches(a, c):
    """Sizes for a program to try, or the one that it found fastest on this job before."""
    if a.check:
        return "8"
    path = f"{a.place}/batch/{slug(c.program, c.model, c.precision, c.job)}"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return f.read().strip()
    return "4,16,32"


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


def score(a, c):
    """pmpo's own numbers: its document, and the nats in the order of the units, which are checked to be its work."""
    command = [a.pmpo, "score", "-q", "--json", "--no-cache", "-m", c.model, "-d", data_file(a, c.job), "--limit",
               str(limit(a, c.job)), "--loss", JOBS[c.job][2], "--precision", c.precision]
    for p in prompts(a, c):
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
    name = slug("reference", c.model, c.job, limit(a, c.job), n_prompts(a, c))
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
    stopped = timed_out or code in (-signal.SIGINT, -signal.SIGTERM)
    return "" if code == 0 else "stopped" if stopped else f"ended with {code}"


def by_others(a, c):
    """{"seconds": of each prompt, "nats", ...} or {"error"}; None: not all of it is done."""
    path = f"{a.place}/{'check' if a.check else 'parts'}/{slug(*c.key())}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if a.check and os.path.exists(path):
        os.remove(path)
    before, _ = parts_of(path)
    wrong = run_parts(a, c, path) if len(before) < n_prompts(a, c) else ""
    done, told = parts_of(path)
    if len(done) == n_prompts(a, c):
        return {"seconds": [done[i]["seconds"] for i in range(n_prompts(a, c))],
                "nats": [x for i in range(n_prompts(a, c)) for x in done[i]["nats"]],
                "settings": told.get("settings", ""), "version": told.get("version", "")}
    if wrong == "stopped":
        return None
    return {"error": f"{wrong}, log: {path}.log"}


def by_pmpo(a, c):
    document, nats = score(a, c)
    return {"seconds": [document["cost"]["seconds"]], "nats": nats, "settings": document["model"]["precision"],
            "wall_seconds": document["wall_seconds"], "rows": document["cost"]["prefill_tokens"],
            "version": output_of([a.pmpo, "--version"], text=True).strip()}


def row_of(a, c, commit):
    got = by_pmpo(a, c) if PROGRAMS[c.program].command is None else by_others(a, c)
    if got is None:
        return None
    units = read_lines(units_file(a, c))
    row = {"program": c.program, "job": c.job, "model": c.model, "precision": c.precision, "round": c.round,
           "examples": limit(a, c.job), "prompts": n_prompts(a, c), "sequences": len(units),
           "logical_tokens": sum(len(u["ids"]) for u in units), "commit": commit, "cpu": cpu_of(),
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


def cpu_of():
    """Its name, with the model's number where it is a virtual machine's, which names a family."""
    facts = {}
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            name, _, value = line.partition(":")
            facts.setdefault(name.strip(), value.strip())
    name = facts.get("model name", "")
    return f"{name}, model {facts['model']}" if name.endswith(" Processor") and "model" in facts else name


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
        told = "stopped, goes on next time"
        if row:
            with open(a.rows, "a", encoding="utf-8") as f:
                print(json.dumps(row), file=f)
            for part in glob.glob(f"{a.place}/parts/{slug(*c.key())}"):
                os.remove(part)
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
            told = f"not done in {a.minutes:g} minutes" if row is None else row["error"]
        else:
            told = f"loss differs by {row['loss_difference']:.2g} nats, a sequence by {row['sequence_difference']:.2g}"
        wrong = row is None or not row.get("agrees", False)
        failed = failed or (wrong and c.precision == "f32") # others round so much that two examples don't tell
        print(f"{c.model} {c.precision} {c.job}, {c.program}: {told}{' (!)' if wrong else ''}", flush=True)
    sys.exit(1 if failed else 0)


def load_rows(a):
    """Those of one kind of processor: of this one, for tables that of the last row or of CPU=..."""
    rows = read_lines(a.rows) if os.path.exists(a.rows) else []
    cpu = cpu_of() if not a.table else os.environ.get("CPU", rows[-1]["cpu"] if rows else "")
    return [r for r in rows if r["cpu"] == cpu]


def keyed(rows):
    return {tuple(r[k] for k in ("program", "job", "model", "precision", "round")): r for r in rows}


# ---- tables ----------------------------------------------------------------------------------------------------------

def some_of(rows, **of):
    return [r for r in rows if all(r[k] == v for k, v in of.items())]


def rate_of(rows):
    """The median over the rounds that agreed; None: none did."""
    good = [r["logical_per_s"] for r in rows if r.get("agrees")]
    return statistics.median(good) if good else None


def times_faster(own, other):
    """The median ratio of the rates of two lists of rows, over the rounds that both have; None: there is none."""
    rates = [{r["round"]: r["logical_per_s"] for r in rows if r.get("agrees")} for rows in (own, other)]
    both = sorted(set(rates[0]) & set(rates[1]))
    return statistics.median(rates[0][n] / rates[1][n] for n in both) if both else None


def best_of(rows, program, job, model, kind):
    """(tokens/s, precision, rows) of the fastest precision that a table is of, or None."""
    precisions = {"f32": ("f32",), "own": ("auto", "bf16") if program == "pmpo" else PROGRAMS[program].precisions}[kind]
    found = [(rate_of(some), precision, some) for precision in precisions
             for some in [some_of(rows, program=program, job=job, model=model, precision=precision)] if rate_of(some)]
    return max(found, key=lambda x: x[0]) if found else None


def cell_text(rows, program, job, model, kind):
    best, own = best_of(rows, program, job, model, kind), best_of(rows, "pmpo", job, model, kind)
    if not best:
        return "-"
    rate, precision, some = best
    named = "" if kind == "f32" else f" {some[0]['settings'] if program == 'pmpo' else precision}"
    ratio = times_faster(own[2], some) if own and program != "pmpo" else None
    times = f"{ratio:.2f}; " if ratio else ""
    return f"{rate:.0f}{named} ({times}{statistics.median(r['total_seconds'] for r in some if r['agrees']):.1f} s)"


def work_of(rows, job, model):
    """The job with its examples and prompts."""
    many = sorted({f"{r['examples']} x {r['prompts']}" for r in some_of(rows, job=job, model=model)})
    return f"{job}, {' or '.join(many)}"


def print_table(head, lines):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")


def print_settings(rows):
    """Of each program, size and precision: how it was run and how far its numbers are off."""
    lines = []
    for program in PROGRAMS:
        for model, size in MODELS.items():
            for precision in PROGRAMS[program].precisions:
                some = some_of(rows, program=program, model=model, precision=precision)
                ok = [r for r in some if "error" not in r]
                if some and not ok:
                    lines.append([program, "", size, precision, "no numbers: " + some[0]["error"].split(", log")[0],
                                  "", "", ""])
                elif ok:
                    left_out = [r["job"] for r in ok if not r["agrees"] and r["round"] == 1]
                    lines.append([program, ok[0]["version"], size, precision,
                                  " / ".join(dict.fromkeys(r["settings"] for r in ok))
                                  + (f"; no time: {', '.join(left_out)}" if left_out else ""),
                                  f"{max(r['loss_difference'] for r in ok):.1g}",
                                  f"{max(r['sequence_difference'] for r in ok):.1g}",
                                  ", ".join(str(len(some_of(ok, job=j))) for j in PROGRAMS[program].jobs)])
    print_table(["program", "version", "model", "precision", "settings", "a prompt's loss differs by at most, nats",
                 "a sequence by", "rounds of each job"], lines)


def table(a):
    rows = load_rows(a)
    for model, size in MODELS.items():
        for kind, title in ("f32", "all at f32"), ("own", "each at its fastest precision that agrees"):
            print(f"\n{size}, {title}:")
            print_table(["job", *PROGRAMS], [[work_of(rows, job, model),
                                              *(cell_text(rows, p, job, model, kind) for p in PROGRAMS)]
                                             for job in JOBS])
    print_settings(rows)
    for name, why in NOT_THE_SAME.items():
        print(f"\n{name} is not in the tables: its numbers are others. It {why}.")
    print("\nHow many times faster pmpo is, f32 / own choice:")
    ratios = []
    for model, size in MODELS.items():
        for job in JOBS:
            line = [f"{job}, {size}"]
            for p in list(PROGRAMS)[1:]:
                pairs = [[best_of(rows, x, job, model, k) for x in ("pmpo", p)] for k in ("f32", "own")]
                ratio = [times_faster(x[2], y[2]) if x and y else None for x, y in pairs]
                line.append(" / ".join(f"{x:.2f}" if x else "-" for x in ratio))
            ratios.append(line)
    print_table(["job", *list(PROGRAMS)[1:]], ratios)


def main():
    p = argparse.ArgumentParser()
    for name in "pmpo", "units", "place", "models", "intel", "rows":
        p.add_argument(f"--{name}", required=True)
    for name in "check", "list", "table":
        p.add_argument(f"--{name}", action="store_true")
    p.add_argument("parts", nargs="*")
    a = p.parse_args()
    a.minutes, a.limit, a.prompts = float(os.environ.get("MINUTES", "4")), 0, int(os.environ.get("PROMPTS", "0"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    (table if a.table else check if a.check else measure)(a)


main()
