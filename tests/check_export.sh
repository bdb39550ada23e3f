#!/bin/sh
# check_export.sh FAKE: what `show --format` prints is what the others read, and documents of other
# commands hold.
#
# A run over the fake engine is exported; Python's own JSON and CSV readers hold every form to its
# shape. Where mlflow, wandb and dspy are installed for $PMPO_PYTHON (else python3), the examples for
# trackers and DSPy's load() are really run; where not, stand-ins with the same calls take the lines.
set -eu
fake=$1
here=$(cd "$(dirname "$0")" && pwd)
python=${PMPO_PYTHON:-python3}
command -v "$python" >/dev/null || { echo "skipped: no $python"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME="$work/cache" LC_ALL=C
awk 'BEGIN { for (i = 0; i < 24; i++)
    printf "{\"id\":\"o%d\",\"input\":\"Is %d, \\\"so to say\\\", lucky?\",\"target\":\"%s\",\"options\":[\"yes\",\"no\"]}\n",
        i, i, i % 3 ? "yes" : "no" }' >options.jsonl
"$fake" optimize -m fake -d options.jsonl -p 'Say {{yes}} or
no, "please".' -o run --iterations 2 --hard 2 --variants 3 --train 8 --val 4 --test 8 --quiet >/dev/null
"$fake" optimize -m fake -d options.jsonl -p "" -o empty --iterations 0 --quiet \
    --proposers delete >/dev/null
# With the template place, the words around the prompt are the first example's.
sed 's/"input":"\([^?]*\)?"/"messages":[{"role":"system","content":"Do:\\n  {{prompt}}"},{"role":"user","content":"\1"}]/' \
    options.jsonl >place.jsonl
"$fake" optimize -m fake -d place.jsonl -p 'Say
yes.' --template place -o place --iterations 0 --quiet --proposers delete >/dev/null
"$fake" show place --format messages >place.messages
if "$fake" show place --format text >/dev/null 2>place.err; then exit 1; fi
grep -q 'template place' place.err
for f in text messages openai dspy promptfoo json jsonl csv; do "$fake" show run --format $f >run.$f; done
"$fake" show empty --format text >empty.text
# Words of promptfoo's own templates in a prompt stay words.
"$fake" optimize -m fake -d options.jsonl -p 'a {%endraw%} {% raw %} {#b#} {{c}} {' -o tags --iterations 0 --quiet \
    --proposers delete >/dev/null
"$fake" show tags --format promptfoo >tags.promptfoo
"$fake" show run --best >best

# A run that goes on shows the text of the prompt that is its best then; one with demonstrations as turns
# shows what the model reads from its start on, and DSPy gets them as demos.
set -- -m fake -d options.jsonl --train 8 --val 8 --test 8 --quiet --template raw --no-cache
"$fake" optimize "$@" -p 'Say yes.' -o more --seed 3 --iterations 1 --hard 2 --variants 3 --metric none --lowest-loss \
    --proposers induce,edit,rewrite >/dev/null
"$fake" show more --best >more.first
code=0
"$fake" resume more --no-cache --iterations 12 --budget 4ktok -q >/dev/null 2>&1 || code=$?
[ $code = 3 ] || { echo "resume: exit $code"; exit 1; }
"$fake" show more --best >more.best
if cmp -s more.first more.best; then echo "the best prompt did not change: nothing was tested"; exit 1; fi
"$fake" show more --format text >more.text
code=0
"$fake" optimize "$@" -o turns --budget 1tok -p 'Say yes.

{{example}}
Is 3 lucky?
{{answer}}
no
{{/example}}' >/dev/null 2>&1 || code=$?
[ $code = 3 ] || { echo "turns: exit $code"; exit 1; }
for f in text openai dspy; do "$fake" show turns --format $f >turns.$f; done
# Without a test part there are no tests.
"$fake" optimize -m fake -d options.jsonl -o untested --train 8 --val 8 --test 0 --iterations 0 --quiet \
    --proposers delete >/dev/null
"$fake" show untested --format promptfoo >untested.promptfoo 2>err
grep -q "untested has no test part" err
# The table of score, as JSON; the tokens of analyze, in words; a count that is a bound.
"$fake" score -m fake -d options.jsonl -p Say. --json >score.json
for t in chat user-suffix; do
    "$fake" score -m fake -d options.jsonl -p One -p Two --dry-run --template $t | tr -s ' \n' ' ' >$t.text
done
grep -q "would cost exactly" chat.text
grep -q "would cost at most" user-suffix.text
"$fake" score -m fake -d options.jsonl -p One --dry-run --noise-floor | tr -s ' \n' ' ' | grep -q "would cost about"
# Answers of a letter, of a number, and of more.
awk 'BEGIN { for (i = 0; i < 12; i++)
    printf "{\"input\":\"Which, %d?\",\"target\":\"%s\"}\n", i, i % 3 == 2 ? "12" : i % 3 ? "B" : "to go" }' >short.jsonl
"$fake" optimize -m fake -d short.jsonl -o short --iterations 0 --quiet --proposers delete --train 3 --val 3 --test 6 \
    >/dev/null
"$fake" show short --format promptfoo >short.promptfoo
"$fake" analyze -m fake -d short.jsonl -p Say. >analyze.text

# With --json and --html together, standard output is the document alone.
for c in "analyze -p" "compare -p Think. -p"; do
    "$fake" $c Say. -m fake -d options.jsonl --json --html ${c%% *}.html >${c%% *}.json 2>err
    grep -q "^page " err
done
# Where there is no figure, none is printed.
head -n 5 options.jsonl >five.jsonl
"$fake" compress -m fake -d five.jsonl -p 'Think well. Be good. Say yes.' --margin 5 | tr -s ' \n' ' ' >five.text
grep -q "(one input: no interval) on 1 example that" five.text
if grep -qw nan five.text; then exit 1; fi
# Why nothing was removed: no part may go, or the loss on one of the two parts.
for p in '{{keep}}Think well. Be good.{{/keep}}' 'Think well. Be good. Say yes.' 'Be. So. Go on.'; do
    "$fake" compress -m fake -d options.jsonl -p "$p" --margin 0 | tr -s ' \n' ' '
done >nothing.text
for why in "no part that may go" "training loss by at most 0 nats" "validation loss rises by more than 0 nats"; do
    grep -q "nothing was removed: .*$why" nothing.text || { echo "no '$why'"; cat nothing.text; exit 1; }
done
# A given prompt that is the run's, too, is no family of its own.
"$fake" audit run -m fake --json >audit.json
"$fake" audit run -m fake --json -p "$(printf 'Say {{yes}} or\nno, "please".')" >audited.json

cat >check.py <<'PY'
import csv, json, re, sys
best = open("best", encoding="utf-8").read()[:-1]
text = open("run.text", encoding="utf-8", newline="").read()
assert text == f"<|im_start|>system\n{best}<|im_end|>\n<|im_start|>user\n{{input}}<|im_end|>\n<|im_start|>assistant\n", text
assert open("empty.text").read().startswith("<|im_start|>user\n{input}<|im_end|>"), "empty prompt"
messages = [{"role": "system", "content": best}, {"role": "user", "content": "{input}"}]
assert json.load(open("run.messages")) == messages
assert json.load(open("place.messages")) == [{"role": "system", "content": "Do:\n  Say\n  yes."},
                                             {"role": "user", "content": "{turn2}"}]
assert json.load(open("run.openai")) == {"model": "fake", "messages": messages}
assert json.load(open("run.dspy"))["signature"]["instructions"] == best
assert json.load(open("run.json"))["best"]["prompt"] == best
assert json.load(open("analyze.json"))["segments"] and json.load(open("compare.json"))["models"]
audits = [json.load(open(f)) for f in ("audit.json", "audited.json")]
assert audits[0]["families"] == audits[1]["families"], "families"
foo = json.load(open("run.promptfoo"))
assert [p["label"] for p in foo["prompts"]] == ["start", "best"]
start = json.loads(foo["prompts"][0]["raw"])
assert start[0]["content"] == '{% raw %}Say {{yes}} or\nno, "please".{% endraw %}', start
assert start[1]["content"] == "{{input}}"
tags = json.loads(json.load(open("tags.promptfoo"))["prompts"][0]["raw"])[0]["content"]
tag = "{% endraw %}{{ '{%' }}{% raw %}"
assert tags == "{% raw %}a " + tag + "endraw%} " + tag + " raw %} {#b#} {{c}} {{% endraw %}", tags
assert len(foo["tests"]) == 8
assert open("more.text").read() == open("more.best").read()[:-1] + "\n\n{input}", "a run that goes on"
text = open("turns.text").read()
assert text == "Say yes.\n\nIs 3 lucky?no\n\n{input}", text
assert json.load(open("turns.openai"))["prompt"] == text
state = json.load(open("turns.dspy"))
assert state["signature"]["instructions"] == "Say yes.", state
assert state["demos"] == [{"input": "Is 3 lucky?", "answer": "no"}], state
assert json.load(open("run.dspy"))["demos"] == []
assert json.load(open("untested.promptfoo"))["tests"] == []
score = json.load(open("score.json"))["prompts"][0]
assert score["n_options"] == 24
assert score["n_correct"] == sum(e["correct"] for e in score["examples"])
for e in score["examples"]:
    assert e["correct"] == (e["picked"] == 0) and abs(e["format"] + e["choice"] - e["targets"][0]["nats"]) < 1e-3
assert re.search(r"^token +1 +[0-9.]+ +[tB1] ", open("analyze.text").read(), re.M)
kinds = set()
for t in json.load(open("short.promptfoo"))["tests"]:
    check = t["assert"][0]
    kinds.add(check["value"])
    if check["value"] == "to go":
        assert check["type"] == "icontains"
        continue
    assert check["type"] == "regex"
    good, bad = (["12", "It is 12.", "(12)"], ["123", "a12", ""]) if "12" in check["value"] else (
        ["B", "b.", "Answer: (B)", "a\nB"], ["Because", "maybe", "A"])
    assert all(re.search(check["value"], r) for r in good), check
    assert not any(re.search(check["value"], r) for r in bad), check
assert len(kinds) == 3, kinds
lines = [json.loads(x) for x in open("run.jsonl")]
assert [x["kind"] for x in lines] == ["params"] + ["metrics"] * (len(lines) - 2) + ["summary"]
assert all(isinstance(v, float) for x in lines[1:] for v in x["metrics"].values())
assert lines[-1]["best_prompt"] == best and "best_test_loss" in lines[-1]["metrics"]
run = json.load(open("run.json"))
rows = list(csv.DictReader(open("run.csv", newline="")))
want = [c for i in run["iterations"] for c in i["candidates"]]
assert len(rows) == len(want) + 1
assert rows[0]["prompt"] == run["initial"]["prompt"]
for row, c in zip(rows[1:], want):
    assert row["prompt"] == c["prompt"] and int(row["id"]) == c["id"] and row["fate"] == c["fate"]
    assert (float(row["loss"]) if row["loss"] else None) == c["loss"]
PY
"$python" check.py

# ---- the trackers ------------------------------------------------------------------

has() { "$python" -c "import $1" 2>/dev/null; }

# Stand-ins that write down what they are called with.
mkdir stand
cat >stand/mlflow.py <<'PY'
import contextlib
said = open("said", "a")
@contextlib.contextmanager
def start_run(run_name=None):
    yield
def log_params(p): said.write(f"params {len(p)}\n")
def log_metrics(m, step=None): said.write(f"metrics {step} {m.get('train_loss', m.get('best_test_loss'))}\n")
def set_tags(t): said.write(f"tags {t['status']}\n")
def log_text(t, name): said.write(f"text {name}\n")
PY
cat >stand/wandb.py <<'PY'
said = open("said", "a")
class Run:
    class config:
        update = staticmethod(lambda p: said.write(f"params {len(p)}\n"))
    summary = {}
    def log(self, m, step): said.write(f"metrics {step} {m['train_loss']}\n")
    def finish(self): said.write(f"summary {self.summary['status']} {len(self.summary)}\n")
def init(project, name=None): return Run()
PY
for tracker in mlflow wandb; do
    if has $tracker; then
        MLFLOW_ALLOW_FILE_STORE=true MLFLOW_TRACKING_URI="file://$work/mlruns" WANDB_MODE=offline WANDB_SILENT=true \
            "$python" "$here/../examples/trackers/${tracker}_run.py" name <run.jsonl >said 2>&1 ||
            { cat said; exit 1; }
        echo "$tracker: the real one"
    else
        : >said
        PYTHONPATH=stand "$python" "$here/../examples/trackers/${tracker}_run.py" name <run.jsonl
        grep -q "^params" said && grep -q "^metrics 1 " said && grep -q "done" said || { cat said; exit 1; }
        echo "$tracker: a stand-in"
    fi
done
if has dspy; then
    cp run.dspy run.dspy.json
    cp turns.dspy turns.dspy.json
    "$python" - <<'PY'
import dspy
p = dspy.Predict("input -> answer")
p.load("run.dspy.json")
assert p.signature.instructions == open("best", encoding="utf-8").read()[:-1]
p.load("turns.dspy.json")
assert p.demos[0]["answer"] == "no"
PY
    echo "dspy: the real one"
fi
