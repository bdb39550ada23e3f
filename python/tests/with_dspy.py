"""The real dspy package over a small local model. PMPO_TEST_CHAT: a GGUF with a
chat template (tests/make_tiny.c); PMPO_TEST_REAL: a real one, PMPO_TEST_ABLE: one
whose replies DSPy can read, if there is one."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any, Literal

import dspy
import pytest

import pmpo
import pmpo.dspy
from pmpo.dspy import filled, messages_of

warnings.filterwarnings("ignore", category=DeprecationWarning)
CHAT = os.environ["PMPO_TEST_CHAT"]
HOW: dict[str, Any] = dict(no_rewriter=True, iterations=1, no_cache=True)


class Sort(dspy.Signature):
    """Say what the word is.

    Be brief."""

    word: str = dspy.InputField()
    kind: Literal["fruit", "tool"] = dspy.OutputField()


class Hint(dspy.Signature):
    """Give a hint about the word."""

    word: str = dspy.InputField()
    hint: str = dspy.OutputField()


class Judge(dspy.Signature):
    """Judge by the hint."""

    word: str = dspy.InputField()
    hint: str = dspy.InputField()
    kind: str = dspy.OutputField()


class TwoStages(dspy.Module):
    def __init__(self):
        super().__init__()
        self.hint = dspy.Predict(Hint)
        self.judge = dspy.Predict(Judge)

    def forward(self, word):
        return self.judge(word=word, hint=self.hint(word=word).hint)


WORDS = ["apple", "hammer", "pear", "saw", "plum", "drill", "cherry", "pliers",
         "grape", "wrench", "lemon", "chisel"]


@pytest.fixture(scope="module")
def model():
    return pmpo.Model(CHAT)


@pytest.fixture
def examples():
    return [dspy.Example(word=w, kind="tool" if i % 2 else "fruit").with_inputs("word")
            for i, w in enumerate(WORDS)]


class Scripted(dspy.BaseLM):
    """Answers every request in the right form; keeps what it was sent."""

    def __init__(self):
        super().__init__(model="scripted")
        self.sent: list[Any] = []

    def forward(self, prompt=None, messages=None, **kwargs):
        from types import SimpleNamespace as N

        self.sent.append(messages)
        last = messages[-1]["content"]
        word = last.split("[[ ## word ## ]]\n")[1].split("\n")[0]
        kind = "tool" if WORDS.index(word) % 2 else "fruit"
        said = (f"[[ ## hint ## ]]\nIt is a {kind}.\n\n[[ ## completed ## ]]"
                if "field `[[ ## hint" in last else
                f"[[ ## kind ## ]]\n{kind}\n\n[[ ## completed ## ]]")
        return N(choices=[N(message=N(content=said, tool_calls=None,
                                      reasoning_content=None), finish_reason="stop")],
                 usage={}, model="scripted")

    def copy(self, **kwargs):
        return self

    def __deepcopy__(self, memo):
        return self


def test_messages_are_those_scored():
    signature = Sort
    for prompt in ["One line.", "Two\nlines.", "Three\n\nwith {{prompt}}? no.\n x"]:
        prompt = prompt.replace("{{prompt}}", "")
        placed = messages_of(signature.with_instructions("{{prompt}}"), [],
                             {"word": "pear"})
        assert sum(m["content"].count("{{prompt}}") for m in placed) == 1
        assert filled(placed, prompt) == messages_of(
            signature.with_instructions(prompt), [], {"word": "pear"})


def test_data_with_the_place_are_refused():
    with pytest.raises(ValueError, match="prompt's place"):
        pmpo.dspy.row_of(Sort, [], {"word": "a {{prompt}}"}, {"kind": "fruit"})


def test_the_library_places_as_dspy_does(model):
    """The same tokens, so the same loss to the last bit."""
    prompt = "Say what it is.\nFruit or tool?"
    row = pmpo.dspy.row_of(Sort, [], {"word": "pear"}, {"kind": "fruit"})
    sent = messages_of(Sort.with_instructions(prompt), [], {"word": "pear"})
    a = model.score([row], prompt, template="place", no_cache=True)
    b = model.score([{**row, "messages": sent}], "", no_cache=True)
    assert a.loss[0] == b.loss[0]
    assert row["options"][0].startswith("[[ ## kind ## ]]\nfruit")


def test_metric(model, examples):
    lm = Scripted()
    metric = pmpo.dspy.LogLikelihood(model)
    with dspy.context(lm=lm, trace=[]):
        program = dspy.Predict(Sort)
        p = program(word="apple")
        score = metric(examples[0], p, None)
        assert metric(examples[0], p, dspy.settings.trace) == score < 0
    row = {"messages": messages_of(Sort, [], {"word": "apple"}),
           "target": "[[ ## kind ## ]]\nfruit\n\n[[ ## completed ## ]]\n"}
    assert score == -model.score([row], "", loss="nll").loss[0]
    with dspy.context(lm=lm):
        done = dspy.Evaluate(devset=examples[:3], metric=metric, num_threads=1,
                             display_progress=False)(program)
    assert all(s < 0 for _, _, s in done.results)
    with pytest.raises(ValueError, match="no predictor"):
        metric(dspy.Example(x=1), None, [])


def test_metric_takes_the_examples_own_call(model, examples):
    """Threads of dspy.Evaluate share a trace."""
    metric = pmpo.dspy.LogLikelihood(model)
    program = dspy.Predict(Sort)
    with dspy.context(lm=Scripted(), trace=[]):
        apple, pear = (program(word=w) for w in ("apple", "pear"))
        own = metric.of(Sort, [], {"word": "apple"}, {"kind": "fruit"})
        other = metric.of(Sort, [], {"word": "pear"}, {"kind": "fruit"})
        assert own != other
        assert metric(examples[0], apple) == metric(examples[0]) == own
        assert metric(examples[2], pear) == other
        with pytest.raises(ValueError, match="no call .* the example's inputs"):
            metric(examples[4])
        with pytest.raises(ValueError, match="calls with different inputs"):
            metric(dspy.Example(kind="fruit"))
        assert metric(dspy.Example(kind="fruit"), apple) == own
        assert metric(examples[0], None, dspy.settings.trace) == own


def test_one_predictor(model, examples, tmp_path):
    lm = Scripted()
    with dspy.context(lm=lm):
        student = dspy.Predict(Sort)
        program = pmpo.dspy.PMPO(model, folder=tmp_path, max_demos=0, **HOW).compile(
            student, trainset=examples)
    run = program.pmpo_runs["self"]
    assert run.status == "done" and program._compiled
    assert program.signature.instructions == run.prompt
    assert student.signature.instructions == Sort.instructions


def test_two_stages(model, examples, tmp_path):
    lm = Scripted()
    with dspy.context(lm=lm):
        program = pmpo.dspy.PMPO(model, folder=tmp_path, demo_sets=8, **HOW).compile(
            TwoStages(), trainset=examples)
        assert set(program.pmpo_runs) == {"hint", "judge"}
        lm.sent.clear()
        assert program(word="pear").kind == "fruit"
    # What the program sends is what was scored.
    for sent, name in zip(lm.sent, ["hint", "judge"]):
        run, predictor = program.pmpo_runs[name], getattr(program, name)
        assert run.settings["template"] == "place"
        row = next(e for p in ("train", "validation", "test") for e in run.data(p)
                   if "pear" in e["messages"][-1]["content"])
        scored = filled(row["messages"], run.prompt)
        plain = [m for m in sent if m["role"] != "assistant"]
        assert scored[0] == plain[0] and scored[-1] == sent[-1]
        assert len(sent) == len(scored) + 2 * len(predictor.demos)
    # The first stage learnt from traces that ended well.
    assert "It is a" in program.pmpo_runs["hint"].data("train")[0]["target"]
    # It saves and loads as DSPy's own programs do.
    program.save(tmp_path / "program.json")
    loaded = TwoStages()
    loaded.load(tmp_path / "program.json")
    for a, b in zip(loaded.predictors(), program.predictors()):
        assert a.signature.instructions == b.signature.instructions
        assert [dict(d) for d in a.demos] == [dict(d) for d in b.demos]
    with dspy.context(lm=lm):
        lm.sent.clear()
        loaded(word="pear")
        again = list(lm.sent)
        lm.sent.clear()
        program(word="pear")
    assert again == lm.sent


def test_demonstrations_are_chosen_by_loss(model, examples, tmp_path):
    class Favours:
        """The model's losses, less where demonstrations are shown."""

        def __getattr__(self, name):
            return getattr(model, name)

    favours = Favours()
    optimiser = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW)
    calls = [({"word": w}, {"kind": "fruit"}) for w in WORDS]
    predictor = dspy.Predict(Sort)

    class Scores:
        def __init__(self, n):
            import numpy as np
            self.losses = np.array([[5.0 - n + 0.01 * i for i in range(4)]])

    favours.score = lambda rows, *a, **k: Scores(len(rows[0]["messages"]))
    optimiser.model = favours
    chosen = optimiser._choose(predictor, "x", calls, lambda demos: [
        pmpo.dspy.row_of(Sort, demos, x, y) for x, y in calls[:4]])
    assert 1 <= len(chosen) <= 3
    favours.score = lambda rows, *a, **k: Scores(-len(rows[0]["messages"]))
    assert optimiser._choose(predictor, "x", calls, lambda demos: [
        pmpo.dspy.row_of(Sort, demos, x, y) for x, y in calls[:4]]) == []


def test_too_few_examples(model, examples, tmp_path):
    with dspy.context(lm=Scripted()), pytest.warns(UserWarning, match="stays as it is"):
        program = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW).compile(
            dspy.Predict(Sort), trainset=examples[:2])
    assert program.pmpo_runs == {}


def test_a_teacher_answers_where_the_student_does_not(model, examples, tmp_path):
    class Mumbles(Scripted):
        def forward(self, prompt=None, messages=None, **kwargs):
            said = super().forward(prompt, messages, **kwargs)
            said.choices[0].message.content = "Hm."
            return said

    student, teacher = TwoStages(), TwoStages()
    teacher.set_lm(Scripted())
    plain = dspy.ChatAdapter(use_json_adapter_fallback=False)
    with dspy.context(lm=Mumbles(), adapter=plain):
        with pytest.warns(UserWarning, match="hint: 0 of 12.*a teacher's may.*"
                          "the last failure: AdapterParseError"):
            program = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW).compile(
                student, trainset=examples)
        assert program.pmpo_runs == {}
        program = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW).compile(
            student, trainset=examples, teacher=teacher)
    assert set(program.pmpo_runs) == {"hint", "judge"}


def test_failures_are_told(model, examples, tmp_path):
    class Fails(Scripted):
        def __init__(self, what, good=0):
            super().__init__()
            self.what, self.good = what, good

        def forward(self, prompt=None, messages=None, **kwargs):
            if len(self.sent) < self.good:
                return super().forward(prompt, messages, **kwargs)
            raise self.what

    optimiser = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW)
    with dspy.context(lm=Fails(OSError("no such server"))):
        with pytest.raises(OSError, match="no such server"):
            optimiser.compile(TwoStages(), trainset=examples)
    with dspy.context(lm=Fails(OSError("no such server"), good=4)), \
            pytest.warns(UserWarning, match="hint: 2 of 12.*OSError: no such server"), \
            pytest.raises(OSError):
        optimiser.compile(TwoStages(), trainset=examples)
    with dspy.context(lm=Fails(pmpo.Cancelled(-9, "cancelled"), good=4)):
        with pytest.raises(pmpo.Cancelled):
            optimiser.compile(TwoStages(), trainset=examples)


def test_valset(model, examples, tmp_path):
    with dspy.context(lm=Scripted()):
        program = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW).compile(
            dspy.Predict(Sort), trainset=examples[:8], valset=examples[8:])
    run = program.pmpo_runs["self"]
    assert (run.n_train, run.n_val) == (8, 4)


@pytest.mark.skipif("PMPO_TEST_REAL" not in os.environ, reason="no real model here")
def test_a_real_model_answers_and_scores(examples, tmp_path):
    model = pmpo.Model(os.environ["PMPO_TEST_REAL"])
    lm = pmpo.dspy.LM(model, max_tokens=40)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        program = pmpo.dspy.PMPO(model, folder=tmp_path, **HOW).compile(
            dspy.Predict(Sort), trainset=examples)
        before = pmpo.dspy.LogLikelihood(model).of(
            Sort, [], {"word": "pear"}, {"kind": "fruit"})
        after = pmpo.dspy.LogLikelihood(model).of(
            program.signature, program.demos, {"word": "pear"}, {"kind": "fruit"})
    run = program.pmpo_runs["self"]
    assert run.best.train_loss <= run.initial.train_loss
    assert before < 0 and after < 0
    assert lm("Say yes.")  # it generates


class Gist(dspy.Signature):
    """Say in a few words what the customer wants."""

    message: str = dspy.InputField()
    gist: str = dspy.OutputField()


class Route(dspy.Signature):
    """Choose the team."""

    message: str = dspy.InputField()
    gist: str = dspy.InputField()
    team: Literal["billing", "delivery", "returns", "technical", "account", "other"] \
        = dspy.OutputField()


class Desk(dspy.Module):
    def __init__(self):
        super().__init__()
        self.gist = dspy.Predict(Gist)
        self.route = dspy.Predict(Route)

    def forward(self, message):
        return self.route(message=message, gist=self.gist(message=message).gist)


@pytest.mark.skipif("PMPO_TEST_ABLE" not in os.environ, reason="no such model here")
def test_two_stages_with_a_real_model(tmp_path):
    """One copy of the weights answers, scores and rewrites, for both predictors."""
    messages = Path(__file__).parents[2] / "examples/routing/messages.jsonl"
    rows = [json.loads(line) for line in messages.read_text().splitlines()[:9]]
    examples = [dspy.Example(message=r["input"], team=r["target"]).with_inputs("message")
                for r in rows]
    model = pmpo.Model(os.environ["PMPO_TEST_ABLE"])
    sent = []

    class Heard(pmpo.dspy.LM):
        def forward(self, prompt=None, messages=None, **kwargs):
            sent.append(messages)
            return super().forward(prompt, messages, **kwargs)

        def copy(self, **kwargs):
            return self

        def __deepcopy__(self, memo):
            return self

    lm = Heard(model, max_tokens=60)
    likelihood = pmpo.dspy.LogLikelihood(model)
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
        program = pmpo.dspy.PMPO(
            model, folder=tmp_path, iterations=1, hard=1, variants=2, segments=2,
            proposers="contract,induce,rewrite", max_demos=2, demo_sets=2,
            max_reply_tokens=80, no_cache=True, metric=lambda *_: True).compile(
                Desk(), trainset=examples)
        assert set(program.pmpo_runs) == {"gist", "route"}
        sent.clear()
        program(message=rows[0]["input"])
        for messages, (name, run) in zip(sent, program.pmpo_runs.items()):
            assert run.status == "done"
            assert run.best.train_loss <= run.initial.train_loss
            predictor = getattr(program, name)
            assert predictor.signature.instructions == run.prompt
            instructions = messages_of(predictor.signature, predictor.demos, {
                k: "" for k in predictor.signature.input_fields})[0]
            assert messages[0] == instructions
        x = {"message": rows[0]["input"], "gist": "help"}
        y = {"team": rows[0]["target"]}
        # The loss of the compiled predictor is that of its run's last prompt.
        row = pmpo.dspy.row_of(program.route.signature, program.route.demos, x, y)
        scored = model.score([row], program.pmpo_runs["route"].prompt, loss="nll",
                             template="place", no_cache=True).loss[0]
        assert likelihood.of(program.route.signature, program.route.demos, x, y) \
            == pytest.approx(-scored, abs=1e-3)
    program.save(tmp_path / "desk.json")
    loaded = Desk()
    loaded.load(tmp_path / "desk.json")
    for a, b in zip(loaded.predictors(), program.predictors()):
        assert a.signature.instructions == b.signature.instructions
