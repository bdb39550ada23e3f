#!/usr/bin/env python3
"""Runs the cells of the experiments in this folder that ledger.jsonl has no row of.

    bench/experiments/run.py [small|published] [OPTION]... [EXPERIMENT.json]...

A cell is a task, a model, a method and a seed; README.md says what a file declares. A finished cell
becomes one row of the ledger. Cells are run one after the other in the order of worth; the runner may
be stopped at any point and goes on from there: searches are runs that pmpo resumes, answers are kept
by pieces of the test part. pmpo itself is driven through its command line alone.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time

from ledger import Ledger, digest, lines_of, locked, write_whole

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
STOPPED = 3  # pmpo's exit status when told to stop; everything is kept


def fail(text):
    sys.exit(f"run.py: {text}")


# ---- what is declared ---------------------------------------------------------


def merged(base, over):
    """`over` put over `base`: objects member by member, all else replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {k: merged(base[k], over[k]) if k in base and k in over else over.get(k, base.get(k))
            for k in {**base, **over}}


def load_experiment(path, size):
    whole = json.loads(path.read_text())
    sizes = whole.pop("sizes", {})
    if size not in sizes:
        return None
    spec = merged(whole, sizes[size])
    spec["name"] = path.stem
    spec["size"] = size
    return spec


def load_methods():
    return {m["name"]: m for m in json.loads((HERE / "methods.json").read_text())}


class Cell:
    """One row to be: what it is (`key`) and all that its figures depend on (`setting`)."""

    def __init__(self, spec, task, model, method, seed):
        self.spec, self.task, self.model, self.method, self.seed = spec, task, model, method, seed
        self.split = task.get("split", spec["split"])
        self.measures = task.get("measure", spec["measure"])
        self.searches = (spec.get("optimize", []) + task.get("optimize", []) + method.get("optimize", [])
                         + task.get("method_options", spec.get("method_options", {})).get(method["name"], []))
        asked = {kind: {k: v for k, v in how.items() if k != "piece"} for kind, how in self.measures.items()}
        depends = {"file": task["file"], "import": task.get("import"), "split": self.split,
                   "measure": asked, "metric": task.get("metric"), "size": spec["size"]}
        if "optimize" in method:
            depends["optimize"] = self.searches
        for other in ("of", "peer", "budget"):
            if other in method:
                depends[other] = method[other]
        self.setting = digest(depends)

    def key(self):
        return (self.task["name"], self.model, self.method["name"], self.method["version"], self.seed,
                self.setting)

    def label(self):
        return f"{self.task['name']}-{self.model}-{self.method['name']}-{self.seed}-{self.setting}"

    def worth(self):
        return (self.seed, self.spec["worth"], self.spec["tasks"].index(self.task),
                self.spec["methods"].index(self.method["name"]))


def all_cells(paths, size):
    methods, cells = load_methods(), []
    for path in paths:
        spec = load_experiment(path, size)
        for task in spec["tasks"] if spec else []:
            for model in spec["models"]:
                for name in spec["methods"]:
                    if name not in methods:
                        fail(f"{path.name}: methods.json has no method {name}")
                    if name in task.get("without", []):
                        continue
                    for seed in spec["seeds"]:
                        cells.append(Cell(spec, task, model, methods[name], seed))
    cells.sort(key=Cell.worth)
    seen, distinct = set(), []
    for cell in cells:  # two experiments may declare the same cell
        if cell.key() not in seen:
            seen.add(cell.key())
            distinct.append(cell)
    return distinct


# ---- pmpo ---------------------------------------------------------------------


class OutOfTime(Exception):
    pass


class CellFailed(Exception):
    """Of a program that isn't pmpo: the other cells go on."""


class Program:
    """pmpo, with what every command gets; a cell's time is that of its commands."""

    def __init__(self, args):
        self.path, self.threads, self.minutes = args.pmpo, args.threads, args.minutes
        self.gpu = ["--gpu-layers", "-1"] if args.size == "published" else []
        self.child, self.until = None, 0

    def begin_cell(self):
        self.until = time.monotonic() + 60 * self.minutes

    def run(self, *words, models=True, may_stop=False, budget=False):
        """What pmpo prints. `may_stop`: being told to stop is being out of time; `budget`: it may be used up."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise OutOfTime
        more = self.gpu + (["--threads", str(self.threads)] if self.threads else []) if models else []
        self.child = subprocess.Popen([self.path, *map(str, words), *more], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        try:
            out, err = self.child.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            self.child.send_signal(signal.SIGTERM)
            self.child.communicate()
            raise OutOfTime from None
        code = self.child.returncode
        if code == STOPPED and may_stop and not budget:
            raise OutOfTime
        if code != 0 and not (code == STOPPED and budget):
            fail(f"{' '.join(map(str, words[:2]))} ended with {code}: {err.strip()}")
        return out

    def commit(self):
        if os.environ.get("PMPO_COMMIT"):
            return os.environ["PMPO_COMMIT"]
        out = subprocess.run(["git", "-C", str(TOP), "describe", "--always", "--dirty"],
                             capture_output=True, text=True)
        return out.stdout.strip() or "unknown"


def machine():
    """The processor, and which of the instructions it has that decide how weights are multiplied."""
    name, fast = platform.processor() or platform.machine(), ""
    try:
        facts = dict(line.split(":", 1) for line in open("/proc/cpuinfo") if ":" in line)
        facts = {k.strip(): v.strip() for k, v in facts.items()}
        name = facts.get("model name", name)
        has = facts.get("flags", "").split()
        fast = "".join(f" {word}" for flag, word in (("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_bf16", "BF16"),
                                                     ("amx_bf16", "AMX")) if flag in has)
    except OSError:
        pass
    return f"{name}{fast}, {os.cpu_count()} cores"


# ---- a cell's data ------------------------------------------------------------


def data_file(task):
    name = task["file"]
    if name.startswith("$"):  # a file that is not ours to ship
        there = os.environ.get(name[1:])
        return pathlib.Path(there) if there else None
    return TOP / name


def make_data(pmpo, cell, work):
    """The parts of the task for this seed: paths of train, val and test."""
    task = cell.task
    source = data_file(task)
    if task.get("import"):
        whole = work / "data" / f"{task['name']}-{digest([task['file'], task['import']])}.jsonl"
        if not whole.exists():
            part = whole.with_suffix(f".new-{os.getpid()}")  # another runner may be at it, too
            pmpo.run("data", "import", *task["import"], source, "-q", "-o", part, "--force", models=False)
            part.rename(whole)
        source = whole
    prefix = work / "data" / f"{task['name']}-{cell.seed}-{digest([task['file'], task.get('import'), cell.split])}"
    parts = {p: prefix.with_name(f"{prefix.name}.{p}.jsonl") for p in ("train", "val", "test")}
    if not parts["test"].exists():
        new = prefix.with_name(f"{prefix.name}-new-{os.getpid()}")  # another runner may be at it, too
        pmpo.run("data", "split", source, "-o", new, "--seed", cell.seed, *cell.split, "--force", models=False)
        for p, path in parts.items():  # the test part last
            made = new.with_name(f"{new.name}.{p}.jsonl")
            if made.exists():
                made.rename(path)
    return parts


def pieces_of(path, n, size, folder):
    """The first n examples as files of `size`, so that answers are kept by pieces."""
    lines = lines_of(path)
    lines = lines[:n] if n else lines
    size = size or len(lines)
    files = []
    for at in range(0, len(lines), size):
        text = "\n".join(lines[at:at + size]) + "\n"
        piece = folder / f"{path.stem}-{digest(text)}.jsonl"
        if not piece.exists():
            write_whole(piece, text)
        files.append(piece)
    return files


def parts_of_row(pmpo, cell, row, work):
    """The data of a row of the cell's task, made again with its seed and sizes."""
    cell.seed = row["seed"]
    cell.split = [w for part, n in row["parts"].items() for w in (f"--{part}", str(n))]
    return make_data(pmpo, cell, work)


def note_all(pmpo, cells, work, ledger):
    """Notes the examples of rows that were made before they were noted: test parts of the rows' sizes."""
    tasks = {c.task["name"]: c for c in cells}
    for row in ledger.rows:
        cell = tasks.get(row["task"])
        if cell is None or data_file(cell.task) is None:
            continue
        pmpo.begin_cell()
        test = parts_of_row(pmpo, cell, row, work)["test"]
        for m in row["measures"].values():
            if m["majority"] is not None and abs(majority(test, m["n"]) - m["majority"]) > 1e-9:
                fail(f"the test part of {row['task']}, seed {row['seed']}, isn't what the row was measured on")
        ledger.note_examples(row, test)


# ---- a cell's prompt ----------------------------------------------------------


def count_lines(path):
    return len(lines_of(path))


def spent(*costs):
    names = {"prefill": "prefill_tokens", "prompt": "prompt_tokens", "generated": "generated_tokens"}
    return {k: sum(c.get(v) or 0 for c in costs) for k, v in names.items()}


def search(pmpo, cell, parts, work, budget=None):
    """An optimised prompt, with the run's figures. A `budget` of tokens, once used up, ends the search."""
    # A run of an older version is not gone on with.
    run = work / "runs" / f"{cell.label()}-v{cell.method['version']}.pmpo"
    doc = json.loads(pmpo.run("show", "--json", run, models=False)) if run.exists() else None
    left = budget - sum(spent(doc["cost"]).values()) if budget and doc else budget
    words = ["--budget", f"{left}tok"] if budget else []
    if doc is None:
        val = parts["val"]
        if val.exists() and val.stat().st_size:
            split = ["--val", val]
        else:
            split = ["--train", count_lines(parts["train"]), "--val", 0, "--test", 0]
        # Without the score cache: what another cell had scored would count as free.
        pmpo.run("optimize", "-q", "--no-cache", "-m", cell.model, "-d", parts["train"], *split,
                 "--seed", cell.seed, "-o", run, *cell.searches, *words, may_stop=True, budget=budget)
    elif doc["status"] != "done" and (not budget or left > 0):
        pmpo.run("resume", "-q", "--no-cache", run, *words, may_stop=True, budget=budget)
    doc = json.loads(pmpo.run("show", "--json", run, models=False))
    if doc["status"] != "done" and sum(spent(doc["cost"]).values()) < budget:
        raise OutOfTime  # it was told to stop, the budget isn't used up
    by_iteration = [x["best_loss"] for x in doc["iterations"]]
    cost = doc["cost"]
    return {"before": doc["initial"]["prompt"], "after": doc["best"]["prompt"],
            "loss": {"name": doc["loss"],
                     "train": [doc["initial"]["train_loss"], doc["best"]["train_loss"]],
                     "val": [doc["initial"]["val_loss"], doc["best"]["val_loss"]],
                     "by_iteration": by_iteration},
            "tokens": spent(cost), "seconds": cost["seconds"], "precision": doc["precision"],
            "usable": usable(doc), "proposers": proposers(doc), "verdict": doc["verdict"]}


def usable(doc):
    """How many candidates, of all proposers, met each fate."""
    fates = {}
    for it in doc["iterations"]:
        for c in it["candidates"]:
            fates[c["fate"]] = fates.get(c["fate"], 0) + 1
    return fates


def proposers(doc):
    """What each proposer's candidates came to; `in_best`: those that the prompt at the end goes back to."""
    rows, tally = {}, {}
    for it in doc["iterations"]:
        for c in it["candidates"]:
            rows[c["id"]] = c
            t = tally.setdefault(c["proposer"], {"candidates": 0, "scored": 0, "accepted": 0, "in_best": 0})
            t["candidates"] += 1
            t["scored"] += c["loss"] is not None
            t["accepted"] += c["fate"] == "accepted"
    todo, seen = [c["id"] for c in rows.values() if c["prompt"] == doc["best"]["prompt"]][:1], set()
    while todo:
        i = todo.pop()
        if i in rows and i not in seen:
            seen.add(i)
            tally[rows[i]["proposer"]]["in_best"] += 1
            todo += rows[i]["parents"]
    return tally


def from_other_row(cell, parts, ledger):
    """The prompt that another cell ended with on the same parts, so that no example that it was made from is asked
    here; None while there is no such row."""
    want = dict(cell.method["of"])
    want.setdefault("parts", {p: count_lines(f) for p, f in parts.items()})
    want.setdefault("task", cell.task["name"])
    want.setdefault("model", cell.model)
    want.setdefault("seed", cell.seed)
    for row in reversed(ledger.rows):  # the newest
        if all(row.get(k) == v for k, v in want.items()):
            return {"before": row["prompt"]["before"], "after": row["prompt"]["after"]}
    return None


def tokens_of_default(cell, parts, ledger):
    """What pmpo's own search took of tokens on the same parts, measured likewise: another's budget. None: not run
    yet."""
    count = {p: count_lines(f) for p, f in parts.items()}
    for row in reversed(ledger.rows):  # the newest
        if row["method"] == "default" and row["parts"] == count and set(row["measures"]) <= set(cell.measures) and \
           (row["task"], row["model"], row["seed"]) == (cell.task["name"], cell.model, cell.seed):
            return sum(row["search"]["tokens"].values())
    return None


def reply_tokens(how):
    """How long the answers are at most that a prompt is measured with. None: that is not told."""
    words = how["options"]
    return int(words[words.index("--max-tokens") + 1]) if "--max-tokens" in words else None


def peer(pmpo, cell, parts, work, ledger):
    """Another optimiser's prompt: bench/peers/run.sh prints a JSON document."""
    budget = tokens_of_default(cell, parts, ledger)
    if budget is None:
        return None
    out = work / "peers" / f"{cell.label()}-v{cell.method['version']}-{budget}.json"
    if subprocess.run([TOP / "bench" / "peers" / "setup.sh"], stdout=subprocess.DEVNULL).returncode != 0:
        raise CellFailed("bench/peers/setup.sh")
    pmpo.begin_cell()  # that took a quarter of an hour the first time
    if not out.exists():
        left = max(1, pmpo.until - time.monotonic())
        words = [TOP / "bench" / "peers" / "run.sh", cell.method["peer"], cell.model, parts["train"],
                 parts["val"], cell.task["metric"], str(cell.seed), str(budget),
                 str(reply_tokens(cell.measures["generated"]))]
        log = out.with_suffix(".log")  # to look at: how much of the budget is used
        with open(log, "w", encoding="utf-8") as f:
            child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=f, text=True, start_new_session=True)
        try:
            printed, _ = child.communicate(timeout=left)
        except BaseException as e:
            os.killpg(child.pid, signal.SIGKILL)  # with the server that it started
            child.communicate()
            raise OutOfTime if isinstance(e, subprocess.TimeoutExpired) else e from None
        if child.returncode != 0:
            raise CellFailed(f"bench/peers/run.sh {cell.method['peer']}: {log.read_text()[-1000:].strip()}")
        write_whole(out, printed)
    return {**json.loads(out.read_text()), "budget": budget}


def prompt_of(pmpo, cell, parts, work, ledger):
    method = cell.method
    if method.get("budget") == "default":
        budget = tokens_of_default(cell, parts, ledger)
        return {**search(pmpo, cell, parts, work, budget), "budget": budget} if budget else None
    if "optimize" in method:
        return search(pmpo, cell, parts, work)
    if "of" in method:
        return from_other_row(cell, parts, ledger)
    if "peer" in method:
        return peer(pmpo, cell, parts, work, ledger)
    return {"after": method["prompt"]}


# ---- a cell's figures ---------------------------------------------------------


def wilson(right, n):
    if n == 0:
        return None, None
    z, p = 1.959963984540054, right / n
    mid, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (mid - half) / (1 + z * z / n)), (mid + half) / (1 + z * z / n)


def bit(mark):
    if mark not in (None, 0, 1):
        fail(f"a mark of {mark:.4g}: rows keep right and wrong alone")
    return "-" if mark is None else str(int(mark))


def measure(pmpo, cell, kind, how, prompt, parts, work):
    """One way of measuring on the test part: by generated answers or by likelihood."""
    metric = cell.task["metric"] if kind.startswith("generated") else how.get("metric", "options")
    file = work / "prompts" / f"{digest(prompt)}.txt"
    write_whole(file, prompt)
    marks, cut_off, costs, replies, precisions = "", 0, [], [], []
    for piece in pieces_of(parts["test"], how.get("n"), how.get("piece"), work / "data"):
        name = digest([prompt, cell.model, metric, how["options"], piece.name, pmpo.commit()])
        kept = work / "measures" / f"{name}.json"
        if not kept.exists():
            words = how["options"]
            shown = "--shots" in words and words[words.index("--shots") + 1] != "0"
            more = ["--train", parts["train"]] if shown else []
            text = pmpo.run("eval", "-q", "--json", "--no-cache", "-m", cell.model, "-d", piece, "-p", f"@{file}",
                            "--metric", metric, *how["options"], *more)
            write_whole(kept, text)
        doc = json.loads(kept.read_text())
        one = doc["prompts"][0]
        marks += "".join(bit(x["right"].get(metric)) for x in one["examples"])
        cut_off += one["cut_off"] or 0
        if one["cut_off"] is not None:
            replies += [{"reply": x["reply"], "complete": x["complete"]} for x in one["examples"]]
        costs.append(doc["cost"])
        precisions.append(doc["model"]["precision"])
    return {"metric": metric, **counted(marks),
            "cut_off": cut_off if replies else None, "max_tokens": reply_tokens(how) if replies else None,
            "precision": " and ".join(dict.fromkeys(precisions)), "tokens": spent(*costs),
            "seconds": round(sum(c["seconds"] for c in costs), 1)}, replies


def counted(bits):
    """What the marks of the test examples come to."""
    n, right = sum(bits.count(c) for c in "01"), bits.count("1")
    low, high = wilson(right, n)
    return {"n": n, "right": right, "low": low, "high": high, "bits": bits}


def mark_all(pmpo, cells, work, ledger):
    """Marks the kept replies again, by the rules of the program that is there now."""
    tasks = {c.task["name"]: c for c in cells}
    for row in ledger.rows:
        cell = tasks.get(row["task"])
        for kind, m in row["measures"].items():
            replies = ledger.kept_replies(row, kind) if cell else None
            if replies is None or "-" in m["bits"]:
                continue
            pmpo.begin_cell()
            test = parts_of_row(pmpo, cell, row, work)["test"]
            lines = [json.dumps({"example": i, **r}) for i, r in enumerate(replies)]
            out = subprocess.run([pathlib.Path(pmpo.path).with_name("mark"), m["metric"], test],
                                 input="\n".join(lines) + "\n", capture_output=True, text=True)
            bits = "".join(out.stdout.split())
            if out.returncode != 0 or len(bits) != len(m["bits"]):
                fail(f"mark: {out.stderr.strip() or 'not a mark for each reply'}")
            if bits != m["bits"]:
                print(f"{ledger.replies_of(row, kind).name}: {m['right']} right, now {bits.count('1')}", flush=True)
                m.update(counted(bits), marked=pmpo.commit())
    ledger.write_again()


def majority(test, n):
    """Share of the commonest answer among the test examples that were asked."""
    counts = {}
    lines = lines_of(test)
    for line in lines[:n] if n else lines:
        x = json.loads(line)
        label = x.get("answer") or x.get("target") or x.get("chosen") or ""
        counts[label] = counts.get(label, 0) + 1
    return max(counts.values()) / sum(counts.values())


def run_cell(pmpo, cell, work, ledger):
    """The cell's row; None: it can't be run yet."""
    source = data_file(cell.task)
    if source is None or not source.exists():
        return None
    pmpo.begin_cell()
    parts = make_data(pmpo, cell, work)
    found = prompt_of(pmpo, cell, parts, work, ledger)
    if found is None:
        return None
    figures, replies = {}, {}
    for kind, how in cell.measures.items():
        if kind.startswith("likelihood") and cell.task.get("options") is False:
            continue
        figures[kind], replies[kind] = measure(pmpo, cell, kind, how, found["after"], parts, work)
        pairs = figures[kind]["metric"] == "pairs"
        figures[kind]["majority"] = None if pairs else majority(parts["test"], how.get("n"))
    count = {p: count_lines(f) for p, f in parts.items()}
    row = {"experiment": cell.spec["name"], "task": cell.task["name"], "model": cell.model,
           "method": cell.method["name"], "version": cell.method["version"], "seed": cell.seed,
           "size": cell.spec["size"], "setting": cell.setting, "parts": count,
           "prompt": {"before": found.get("before"), "after": found["after"]},
           "loss": found.get("loss"), "measures": figures,
           "search": {k: found.get(k) for k in ("tokens", "budget", "seconds", "precision", "usable", "proposers",
                                                "verdict") if k in found} or None,
           "commit": pmpo.commit(), "machine": machine(), "date": time.strftime("%Y-%m-%d")}
    ledger.note_examples(row, parts["test"])
    for kind in filter(replies.get, replies):
        ledger.keep_replies(row, kind, replies[kind])
    return row


# ---- all ----------------------------------------------------------------------


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("words", nargs="*", metavar="small|published|smoke|EXPERIMENT.json",
                   help="the size (small), and the experiments (all of this folder)")
    p.add_argument("--list", action="store_true", help="only list the cells, the finished ones marked")
    p.add_argument("--examples", action="store_true", help="only note which examples older rows were measured on")
    p.add_argument("--mark-again", action="store_true", help="only mark the kept replies by the rules of this pmpo")
    p.add_argument("--only", default="", metavar="TEXT", help="cells whose name has this in it")
    p.add_argument("--ledger", type=pathlib.Path, default=HERE / "ledger.jsonl")
    p.add_argument("--work", type=pathlib.Path, default=HERE / "work", help="where runs and answers are kept")
    p.add_argument("--minutes", type=float, default=20, help="of a cell at most; it goes on another time")
    p.add_argument("--threads", type=int, default=0)
    a = p.parse_args()
    a.pmpo = os.environ.get("PMPO", str(TOP / "build" / "bin" / "pmpo"))
    sizes = [w for w in a.words if w in ("small", "published", "smoke")]
    a.size = sizes[0] if sizes else "small"
    files = [pathlib.Path(w) for w in a.words if w not in sizes]
    declared = [f for f in sorted(HERE.glob("*.json")) if "worth" in json.loads(f.read_text())]
    a.files = files or declared
    for f in a.files:
        if not f.exists():
            fail(f"no experiment {f}")
    return a


def stop(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    sys.exit(128 + signal.SIGTERM)


def do_cell(pmpo, cell, work, ledger):
    """Adds the cell's row, or says why it has none yet."""
    print(time.strftime("%H:%M:%S"), cell.spec["name"], cell.label(), flush=True)
    try:
        row = run_cell(pmpo, cell, work, ledger)
    except OutOfTime:
        print("  out of time: it goes on at the next call", flush=True)
        return
    except CellFailed as e:
        print(f"  failed: {e}", flush=True)
        return
    except (KeyboardInterrupt, SystemExit):
        if pmpo.child and pmpo.child.poll() is None:
            pmpo.child.terminate()
        raise
    if row is None:
        print("  not yet: its data file or the row it starts from is missing", flush=True)
        return
    ledger.add(row)
    for kind, m in row["measures"].items():
        print(f"  {kind}: {m['right']} of {m['n']} right by {m['metric']}", flush=True)


def main():
    a = arguments()
    for folder in ("data", "runs", "measures", "prompts", "peers", "locks"):
        (a.work / folder).mkdir(parents=True, exist_ok=True)
    ledger, pmpo = Ledger(a.ledger, a.work / "locks"), Program(a)
    signal.signal(signal.SIGTERM, stop)
    cells = [c for c in all_cells(a.files, a.size) if a.only in c.label() or a.only == c.spec["name"]]
    if a.examples:
        note_all(pmpo, cells, a.work, ledger)
        return
    if a.mark_again:
        mark_all(pmpo, cells, a.work, ledger)
        return
    for cell in cells:
        there = ledger.find(cell.key())
        if a.list:
            print("done" if there else "open", cell.spec["name"], cell.label())
        elif not there:
            with locked(a.work / "locks" / cell.label(), wait=False) as mine:
                if not mine:
                    print("  another runner is at", cell.label(), flush=True)
                    continue
                ledger.read()
                if not ledger.find(cell.key()):
                    do_cell(pmpo, cell, a.work, ledger)


if __name__ == "__main__":
    main()
