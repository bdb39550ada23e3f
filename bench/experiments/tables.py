#!/usr/bin/env python3
"""Tables and plot of docs/results.md, made of ledger.jsonl alone.

    bench/experiments/tables.py [LEDGER [RESULTS.md]]

What stands between the two markers of the file is replaced; the plot is written beside it. Intervals are
Wilson's (95 %), differences between two prompts are over the same test examples with the exact McNemar test.
Over several cells an example that is in the test parts of two seeds (examples.json) is one observation.
"""
import json
import math
import pathlib
import sys

from ledger import rows_of

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BEGIN = "<!-- experiments: made by bench/experiments/tables.py -->"
END = "<!-- experiments: end -->"
FIXED = ("start", "answer-only", "step-back", "rar")
PROMPTS_TO_READ = 3

# ---- rows ---------------------------------------------------------------------


def by_kind(r):
    """The row, its measures by what they are: answers of at most so many tokens are a kind of their own."""
    r["measures"] = {f"generated, at most {m['max_tokens']} tokens" if m.get("max_tokens") else kind: m
                     for kind, m in r["measures"].items()}
    return r


def latest(rows, kind=None):
    """Of each cell the row of the newest version of its method, whichever experiment ran it. With a kind: of the cells
    that were measured so, whatever else they were measured by."""
    best = {}
    for r in rows:
        sizes = tuple((k, m["n"]) for k, m in r["measures"].items() if kind in (None, k))
        key = (r["task"], r["model"], r["method"], r["seed"], r["size"], parts(r), sizes)
        if sizes and (key not in best or best[key]["version"] <= r["version"]):
            best[key] = r
    return list(best.values())


def parts(row):
    return tuple(row["parts"][p] for p in ("train", "val", "test"))


def peers_of(row, rows, kind):
    """The rows that answered the same test examples with the same model, by method; of several that of the row's own
    experiment, for another machine may answer otherwise, and of these the newest version."""
    same = {}
    for r in sorted(rows, key=lambda r: (r["experiment"] == row["experiment"], r["version"])):
        if (r["task"], r["model"], r["seed"], r["size"], parts(r)) == \
           (row["task"], row["model"], row["seed"], row["size"], parts(row)) and kind in r["measures"] \
           and len(r["measures"][kind]["bits"]) == len(row["measures"][kind]["bits"]):
            same[r["method"]] = r
    return same


# ---- statistics ---------------------------------------------------------------


def difference(examples):
    """Paired difference of shares and its interval. `examples`: of each distinct one its differences (1, 0, -1), one
    for each time it was asked. As the program's (src/stats/paired.c): Bonett and Price's adjustment, a win and a loss
    more of the mean size; the variance is that of the examples' sums, so answers to one example needn't be independent;
    and it holds 0 where the test doesn't exclude it."""
    n, sums = sum(map(len, examples)), [sum(d) for d in examples]
    value = sum(sums) / n
    if not any(sums):
        most = 1 - 0.025 ** (1 / len(examples))
        return value, -most, most
    size = n / len(examples)
    mid = sum(sums) / (n + 2 * size)
    squares = sum((s - len(d) * mid) ** 2 for s, d in zip(sums, examples)) + 2 * size ** 2 * (1 + mid ** 2)
    half = 1.959963984540054 * math.sqrt(squares) / (n + 2 * size)
    low, high = min(mid - half, value), max(mid + half, value)
    if flips(examples) >= 0.05:
        low, high = min(low, 0), max(high, 0)
    return value, max(low, -1), min(high, 1)


def flips(examples):
    """Exact two-sided test of no difference: the sign of each distinct example's sum is as likely the other one. Where
    every example was asked once, it is McNemar's."""
    sums = [abs(sum(d)) for d in examples]
    ways = {0: 1}  # of each total, how many choices of signs give it
    for s in filter(None, sums):
        more = {}
        for total, count in ways.items():
            for t in (total + s, total - s):
                more[t] = more.get(t, 0) + count
        ways = more
    seen = abs(sum(map(sum, examples)))
    return sum(c for total, c in ways.items() if abs(total) >= seen) / sum(ways.values())


# ---- words --------------------------------------------------------------------


def percent(x):
    return "-" if x is None else f"{100 * x:.1f}"


def named(rows):
    """The rows' method, with its versions where there is more than the first."""
    versions = sorted({r["version"] for r in rows})
    return rows[0]["method"] + ("" if versions == [1] else ", v" + " and v".join(map(str, versions)))


def right(m):
    return f"{m['right']} of {m['n']}: {percent(m['right'] / m['n'])} ({percent(m['low'])}..{percent(m['high'])})"


def against(row, other, kind):
    if other is None or other is row:
        return "-"
    examples = gather([(other, row)], kind, {})
    wins, losses = examples.count([1]), examples.count([-1])
    elsewhere = "" if other["machine"] == row["machine"] else ", another machine"
    return f"+{wins} -{losses}, p {flips(examples):.2g}{elsewhere}"


def nats(pair):
    return "-" if not pair or None in pair else f"{pair[0]:.3f} to {pair[1]:.3f}"


def thousands(tokens):
    return "-" if not tokens else f"{sum(tokens.values()) / 1000:.0f}"


def minutes(seconds):
    return "-" if seconds is None else f"{seconds / 60:.1f}"


def kinds_of(rows):
    return list(dict.fromkeys(k for r in rows for k in r["measures"]))


# ---- tables -------------------------------------------------------------------


def of_experiment(name, rows, published):
    """All rows of an experiment, of older versions of a method, too."""
    mine = [r for r in rows if r["experiment"] == name]
    out = [f"### {name}", "", about(name), ""]
    for kind in kinds_of(mine):
        out += [f"By {kind}, right of those asked:", "",
                "| task | model | seed | prompt | right, % | majority | cut off | against the start prompt "
                "| training loss | search, 1000 tokens | minutes | published |",
                "|---|---|---|---|---|---|---|---|---|---|---|---|"]
        for r in mine:
            if kind not in r["measures"] or r["measures"][kind]["n"] == 0:
                continue
            m, s = r["measures"][kind], r.get("search") or {}
            start = peers_of(r, rows, kind).get("start")
            loss = (r.get("loss") or {}).get("train")
            there = published_for(r, published)
            out.append(f"| {r['task']} | {r['model'].split('-instruct')[0]} | {r['seed']} | {named([r])} | {right(m)} | "
                       f"{percent(m['majority'])} | {'-' if m['cut_off'] is None else m['cut_off']} | "
                       f"{against(r, start, kind)} | {nats(loss)} | {thousands(s.get('tokens'))} | "
                       f"{minutes(s.get('seconds'))} | {there} |")
        out.append("")
    return out


def published_for(row, published):
    """The published figure of the task, else of what the experiment is about."""
    for name in (row["task"], row["experiment"]):
        share = published.get(name, {}).get(row["method"])
        if share is not None:
            return percent(share) + ("" if name == row["task"] else f" ({published['names'][name]})")
    return "-"


def about(name):
    path = HERE / f"{name}.json"
    return json.loads(path.read_text())["about"] if path.exists() else ""


def asked_of(row, tests):
    """Of each test example of the row, by place: which it is."""
    name = "{task} {seed} {train}-{val}-{test}".format(**row, **row["parts"])
    known = tests.get(name, "").split()
    return lambda i: (row["task"], known[i]) if i < len(known) else (name, i)


def gather(pairs, kind, tests):
    """The differences between the rows of each pair, by distinct example."""
    found = {}
    for a, b in pairs:
        which = asked_of(b, tests)
        for i, (x, y) in enumerate(zip(a["measures"][kind]["bits"], b["measures"][kind]["bits"])):
            if x in "01" and y in "01":
                found.setdefault(which(i), []).append(int(y) - int(x))
    return list(found.values())


OVER_ALL = (
    "Paired over the same test examples, over tasks and seeds. The test parts of two seeds share examples: one that "
    "was asked twice is one observation, of the interval and of the exact test, which exchanges the two prompts at each "
    "distinct example (McNemar's, where each was asked once). \"Best fixed\" is the fixed prompt with the most right "
    "answers on these same examples, which favours it. Of each cell the newest version of a method counts, if it was "
    "read by older rules, too; \"elsewhere\" are the cells whose two prompts answered on different machines. Chance is "
    "that of the test examples alone: what a search with another seed would end with is not in the intervals.")


def pooled(all_, tests):
    """Differences between two methods over all tasks and seeds that have both."""
    lines, values = [], []
    for model in dict.fromkeys(r["model"] for r in all_):
        for kind in kinds_of(all_):
            rows = [r for r in all_ if r["model"] == model and r["measures"].get(kind, {}).get("n")]
            for method in dict.fromkeys(r["method"] for r in rows if r["method"] != "start"):
                for other in (*FIXED, "best fixed", "paper", "paper-same-tokens", "default"):
                    pairs = pairs_of(method, other, rows, kind)
                    examples = gather(pairs, kind, tests)
                    if examples:
                        values.append(flips(examples))
                        lines.append(pooled_line(model, kind, pairs, other, examples))
    few = sum(p < 0.05 for p in values)
    out = ["### Over all tasks", "",
           f"{OVER_ALL} No p is corrected for their number: of these {len(values)} comparisons, many of which share "
           f"examples, {few} are below 5 %.", "",
           "| model | by | prompt | than | cells | elsewhere | asked | distinct | only the one right | only the other "
           "| difference, points | p |",
           "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    return out + lines + [""] if lines else []


def pairs_of(method, other, rows, kind):
    """Of each cell of the method its row, behind that of the other method. Fixed prompts are held against the start
    prompt alone."""
    if method in FIXED and other != "start":
        return []
    mine = latest([r for r in rows if r["method"] == method], kind)
    return [(o, r) for o, r in ((rival(r, rows, kind, other), r) for r in mine) if o is not None and o is not r]


def pooled_line(model, kind, pairs, other, examples):
    each = [x for d in examples for x in d]
    d, low, high = difference(examples)
    elsewhere = sum(o["machine"] != r["machine"] for o, r in pairs)
    than = other if other == "best fixed" else named([o for o, _ in pairs])
    return (f"| {model.split('-instruct')[0]} | {kind} | {named([r for _, r in pairs])} | {than} | {len(pairs)} | "
            f"{elsewhere} | {len(each)} | {len(examples)} | {each.count(1)} | {each.count(-1)} | "
            f"{100 * d:+.1f} ({100 * low:+.1f}..{100 * high:+.1f}) | {flips(examples):.2g} |")


OPTIMISERS = (
    "Each optimiser of peers.json against pmpo's default on the same test examples, over all tasks that it was run "
    "on: against the newest version there, and against the one whose tokens were its budget, the default when it was run. "
    "Holm's correction is for the optimisers of the same column of versions.")


def holm(values):
    """The corrected values, in the order of the given ones."""
    out, least = [0] * len(values), 0
    for rank, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        least = max(least, min(1, (len(values) - rank) * values[i]))
        out[i] = least
    return out


def optimisers(all_, tests):
    """Other optimisers, pooled over tasks whose answers are of different lengths."""
    mine = [r for r in all_ if r["experiment"] == "peers" and (r.get("search") or {}).get("budget")]
    out = []
    for of_budget in (False, True):
        found = []
        for method in dict.fromkeys(r["method"] for r in mine):
            examples, versions = [], []
            for r in (r for r in mine if r["method"] == method):
                kind = next(k for k in r["measures"] if k.startswith("generated"))
                made = [d for d in all_ if d["method"] == "default" and
                        (not of_budget or sum(d["search"]["tokens"].values()) == r["search"]["budget"])]
                other = peers_of(r, made, kind).get("default")
                if other:
                    examples += gather([(other, r)], kind, tests)
                    versions.append(f"{r['task']} {other['version']}")
            if examples:
                found.append((method, versions, examples))
        corrected = holm([flips(e) for _, _, e in found])
        for (method, versions, examples), p in zip(found, corrected):
            d, low, high = difference(examples)
            out.append(f"| {method} | {'of its budget' if of_budget else 'newest'}: {', '.join(versions)} | "
                       f"{len(examples)} | {100 * d:+.1f} ({100 * low:+.1f}..{100 * high:+.1f}) | "
                       f"{flips(examples):.2g} | {p:.2g} |")
    head = ["### Other optimisers over their tasks", "", OPTIMISERS, "",
            "| optimiser | than the default's version | examples | difference, points | p | Holm |",
            "|---|---|---|---|---|---|"]
    return head + out + [""] if out else []


def rival(row, rows, kind, name):
    same = peers_of(row, rows, kind)
    if name != "best fixed":
        return same.get(name)
    fixed = [same[m] for m in FIXED if m in same]
    return max(fixed, key=lambda r: r["measures"][kind]["right"]) if len(fixed) == len(FIXED) else None


def by_iteration(rows):
    runs = [r for r in rows if (r.get("loss") or {}).get("by_iteration")]
    if not runs:
        return []
    out = ["### Loss by iteration", "", "Training loss of the incumbent: at the start, then after each iteration "
           "(the default's first is the race of the library).", "", "| task | model | seed | prompt | loss | nats |",
           "|---|---|---|---|---|---|"]
    for r in runs:
        l = r["loss"]
        steps = [l["train"][0], *l["by_iteration"]]
        out.append(f"| {r['task']} | {r['model'].split('-instruct')[0]} | {r['seed']} | {named([r])} | {l['name']} | "
                   + ", ".join("-" if x is None else f"{x:.4f}" for x in steps) + " |")
    return out + [""]


def to_read(rows):
    newest = {}  # of each task
    for r in rows:
        if r["method"] == "default" and r["version"] >= newest.get(r["task"], r)["version"]:
            newest[r["task"]] = r
    found = sorted(newest.values(), key=lambda r: -r["version"])[:PROMPTS_TO_READ]
    out = ["### Prompts to read", "", "What the newest versions of the default ended with, one of a task.",
           ""] if found else []
    for r in found:
        text = r["prompt"]["after"].strip().replace("\n", "\n> ")
        out += [f"{r['task']}, {r['model'].split('-instruct')[0]}, seed {r['seed']}, {named([r])}, from "
                f"\"{r['prompt']['before']}\":", "", f"> {text}", ""]
    return out


# ---- the plot -----------------------------------------------------------------


def plot(rows):
    """Share right with its interval: a block for each task, model and way, a line for each prompt."""
    blocks = {}
    for r in rows:
        for kind, m in r["measures"].items():
            if m["n"]:
                blocks.setdefault((r["task"], r["model"].split("-instruct")[0], kind), []).append((r, m))
    left, wide, line, y, out = 230, 430, 16, 24, []
    x = lambda share: left + share * wide
    for (task, model, kind), list_ in blocks.items():
        out.append(f'<text x="8" y="{y}" font-weight="bold">{task}, {model}, {kind}</text>')
        y += line
        top = y
        for r, m in list_:
            out.append(f'<text x="20" y="{y + 4}">{r["method"]}, seed {r["seed"]}</text>')
            out.append(f'<line x1="{x(m["low"]):.1f}" x2="{x(m["high"]):.1f}" y1="{y}" y2="{y}" stroke="#2a6f97"/>')
            out.append(f'<circle cx="{x(m["right"] / m["n"]):.1f}" cy="{y}" r="3.5" fill="#2a6f97"/>')
            y += line
        at = list_[0][1]["majority"]
        at = x(at) if at is not None else None
        out.append("" if at is None else f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top - 8}" y2="{y - 8}" stroke="#999" stroke-dasharray="3 3"/>')
        y += 10
    for tick in range(0, 101, 20):
        out.append(f'<text x="{x(tick / 100):.1f}" y="{y + 8}" text-anchor="middle">{tick}</text>')
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 30}" height="{y + 40}" '
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>')
    foot = (f'<text x="{x(0.5):.1f}" y="{y + 28}" text-anchor="middle">right, %, with 95 % intervals; '
            'dashed: the commonest answer</text></svg>')
    return "\n".join([head, *out, foot]) + "\n"


def proposers(rows):
    """What the candidates of each proposer came to, over all searches of a model that tell."""
    out = ["### Proposers", "",
           "Candidates of the searches of each cell's newest version, where the row tells it: scored (the rest was "
           "refused or given up), accepted, and those that the prompt at the end is made of.", "",
           "| model | prompt | searches | proposer | candidates | scored | accepted | in the last prompt |",
           "|---|---|---|---|---|---|---|---|"]
    told = [r for r in rows if (r.get("search") or {}).get("proposers")]
    for model, method in dict.fromkeys((r["model"], r["method"]) for r in told):
        these = [r["search"]["proposers"] for r in told if (r["model"], r["method"]) == (model, method)]
        for name in sorted({n for t in these for n in t}):
            sums = [sum(t.get(name, {}).get(k, 0) for t in these)
                    for k in ("candidates", "scored", "accepted", "in_best")]
            out.append(f"| {model.split('-instruct')[0]} | {method} | {len(these)} | {name} | "
                       + " | ".join(map(str, sums)) + " |")
    return out + [""] if told else []


# ---- all ----------------------------------------------------------------------


def section(all_, published, tests):
    rows = latest(all_)
    machines = "; ".join(dict.fromkeys(r["machine"] for r in all_))
    out = [BEGIN, "", "## Experiments", "",
           f"{len(all_)} rows of `bench/experiments/ledger.jsonl`, each run on: {machines}. Others worked on "
           "the same cores, so minutes are upper bounds; tokens (read and written) are exact. `published` are "
           "the figures of arXiv 2505.16307 with a model of 14 billion parameters and 1,000 and more test "
           "examples. What no row has yet is listed, and run, by `bench/experiments/run.py` "
           "(`--list` only lists).", "",
           "![share right by task and prompt](experiments.svg)", ""]
    for name in dict.fromkeys(r["experiment"] for r in all_):
        out += of_experiment(name, all_, published)
    out += pooled(all_, tests) + optimisers(all_, tests)
    return "\n".join(out + proposers(rows) + by_iteration(rows) + to_read(rows) + [END])


def main():
    ledger = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "ledger.jsonl"
    results = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else TOP / "docs" / "results.md"
    rows = [by_kind(r) for r in rows_of(ledger)]
    if not rows:
        sys.exit(f"tables.py: {ledger} has no row")
    published = json.loads((HERE / "published.json").read_text())
    text = results.read_text() if results.exists() else "# Results\n"
    beside = ledger.with_name("examples.json")
    made = section(rows, published, json.loads(beside.read_text()) if beside.exists() else {})
    if BEGIN in text and END in text:
        text = text[:text.index(BEGIN)] + made + text[text.index(END) + len(END):]
    else:
        text = text.rstrip("\n") + "\n\n" + made + "\n"
    results.write_text(text)
    (results.parent / "experiments.svg").write_text(plot(latest(rows)))
    print(f"{len(rows)} rows: {results}")


if __name__ == "__main__":
    main()
