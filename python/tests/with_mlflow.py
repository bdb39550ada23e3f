"""The real mlflow package over a small local model."""

from __future__ import annotations

import json
import os
import warnings

import mlflow
import pytest
from mlflow.genai.scorers import scorer

import pmpo
import pmpo.mlflow
from pmpo.mlflow import answer_of, cut, fill

WORDS = ["apple", "hammer", "pear", "saw", "plum", "drill", "cherry", "pliers"]
HOW = dict(no_rewriter=True, iterations=1, no_cache=True)


@pytest.fixture(scope="module")
def model():
    return pmpo.Model(os.environ["PMPO_TEST_CHAT"])


@pytest.fixture(autouse=True)
def tracking(tmp_path):
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_registry_uri(f"sqlite:///{tmp_path}/mlflow.db")


@pytest.fixture
def data():
    return [{"inputs": {"word": w},
             "expectations": {"expected_response": "tool" if i % 2 else "fruit"}}
            for i, w in enumerate(WORDS)]


def test_cutting():
    assert cut("Say what {{ word }} is.") == ("", "Say what", " {{ word }} is.")
    assert cut("{{a}}\n{{b}}\n\nBe brief.\n") == ("{{a}}\n{{b}}\n\n", "Be brief.", "\n")
    assert cut("No variable.") == ("", "No variable.", "")
    assert cut("{{a}} {{b}}") is None
    assert fill("{{prompt}} {{ a }}", {"a": 1, "prompt": "x"}) == "x 1"


def test_answers():
    assert answer_of({"outputs": "a"}, None) == "a"
    assert answer_of({"outputs": {"y": "a"}}, None) == "a"
    assert answer_of({"expectations": {"kind": "b"}}, None) == "b"
    assert answer_of({"expectations": {"kind": "b", "why": "c"}}, "why") == "c"
    assert answer_of({"inputs": {}}, None) is None
    nan = float("nan")
    for missing in (None, nan, ["a", "b"], {"x": 1, "y": 2}, []):
        assert answer_of({"expectations": {"expected_response": missing}}, None) is None
        assert answer_of({"expectations": {"kind": missing}}, "kind") is None
        assert answer_of({"outputs": missing}, None) is None
        assert answer_of({"expectations": missing, "outputs": 7}, None) == "7"


def test_records_without_an_answer(model, data, tmp_path):
    optimiser = pmpo.mlflow.PmpoOptimizer(model, folder=tmp_path, **HOW)
    bad = [{"inputs": {"word": "x"}, "outputs": v} for v in (float("nan"), ["a", "b"])]
    with pytest.warns(UserWarning, match="2 of 10 records are left out"):
        optimiser.optimize(None, data + bad, {"p": "Sort {{word}}"})
    run = optimiser.runs["p"]
    assert run.n_train + run.n_val + run.n_test == len(data)
    with pytest.raises(ValueError, match="none of the 2 records has an answer"):
        optimiser.optimize(None, bad, {"q": "Sort {{word}}"})


def test_optimize_prompts(model, data, tmp_path):
    prompt = mlflow.genai.register_prompt(
        name="sort", template="Sort it. The word: {{word}}\nAnswer:")
    sent = []

    def predict(word: str) -> str:
        sent.append(mlflow.genai.load_prompt(prompt.uri).format(word=word))
        return "fruit"

    @scorer
    def right(outputs, expectations):
        return float(outputs == expectations["expected_response"])

    optimiser = pmpo.mlflow.PmpoOptimizer(model, folder=tmp_path / "runs", **HOW)
    result = mlflow.genai.optimize_prompts(
        predict_fn=predict, train_data=data, prompt_uris=[prompt.uri],
        optimizer=optimiser, scorers=[right])
    run = optimiser.runs["sort"]
    new = result.optimized_prompts[0].template
    assert new == run.prompt + " {{word}}\nAnswer:"
    assert result.initial_eval_score == result.final_eval_score == 0.5
    # What predict_fn sends is what was scored.
    scored = {e["messages"][0]["content"].replace("{{prompt}}", run.prompt)
              for part in ("train", "validation", "test") for e in run.data(part)}
    assert scored == set(sent[-len(data):])


def test_worse_prompts_are_not_returned(model, data, tmp_path):
    from mlflow.genai.optimize.types import EvaluationResultRecord

    start = {"sort": "Sort it: {{word}}"}

    def evaluate(prompts, rows):
        score = 1.0 if prompts == start else 0.0
        return [EvaluationResultRecord({}, "", {}, score, None, {}, {"s": score})
                for _ in rows]

    optimiser = pmpo.mlflow.PmpoOptimizer(model, folder=tmp_path, **HOW)
    if optimiser.optimize(None, data, start).optimized_prompts == start:
        pytest.skip("the search has kept the start prompt")
    with pytest.warns(UserWarning, match="find the new prompts worse"):
        out = pmpo.mlflow.PmpoOptimizer(
            model, folder=tmp_path, force=True, **HOW).optimize(evaluate, data, start)
    assert out.optimized_prompts == start and out.final_eval_score == 1.0


def test_chat_prompts(model, data, tmp_path):
    chat = json.dumps([{"role": "system", "content": "Sort the word."},
                       {"role": "user", "content": "{{word}}"}])
    optimiser = pmpo.mlflow.PmpoOptimizer(model, folder=tmp_path, **HOW)
    new = json.loads(optimiser.optimize(None, data, {"chat": chat})
                     .optimized_prompts["chat"])
    assert new[0]["content"] == optimiser.runs["chat"].prompt
    assert new[1] == {"role": "user", "content": "{{word}}"}
    rows = list(optimiser.runs["chat"].data("train"))
    assert rows[0]["messages"][0]["content"] == "{{prompt}}"
    assert rows[0]["messages"][1]["content"] in WORDS


def test_indented_templates(model, data, tmp_path):
    """A template between three quotes; further lines are indented as the first is."""
    template = """
    Sort the word.
    Say fruit or tool.
    {{word}}
    """
    optimiser = pmpo.mlflow.PmpoOptimizer(model, folder=tmp_path, **HOW)
    new = optimiser.optimize(None, data, {"p": template}).optimized_prompts["p"]
    run = optimiser.runs["p"]
    assert run.initial.prompt == "Sort the word.\nSay fruit or tool."

    def loss(template, prompt):
        """The same examples as their messages are sent, and as they are scored."""
        rows = list(run.data("train"))
        words = [r["messages"][0]["content"].split()[-1] for r in rows]
        sent = [{"target": r["target"], "messages": [
            {"role": "user", "content": fill(template, {"word": w})}]}
            for r, w in zip(rows, words)]
        a = model.score(sent, "", loss="nll", no_cache=True).loss[0]
        b = model.score(rows, prompt, loss="nll", template="place", no_cache=True)
        assert a == b.loss[0]
        return a

    assert loss(template, run.initial.prompt) == pytest.approx(run.initial.train_loss)
    assert loss(new, run.prompt) == pytest.approx(run.best.train_loss)
    uneven = template.replace("    Say", "Say")
    with pytest.warns(UserWarning, match="not indented alike"):
        assert optimiser.optimize(None, data, {"q": uneven}).optimized_prompts == \
            {"q": uneven}


def test_prompts_that_stay(model, data, tmp_path):
    optimiser = pmpo.mlflow.PmpoOptimizer(model, folder=tmp_path, **HOW)
    for template in ("{{word}}", "Judge {{hint}} of {{word}}"):
        with pytest.warns(UserWarning, match="stays as it is"):
            out = optimiser.optimize(None, data, {"p": template})
        assert out.optimized_prompts == {"p": template}
    with pytest.raises(ValueError, match="prompt's place"):
        optimiser.optimize(None, [{"inputs": {"word": "{{prompt}}"}, "outputs": "x"}],
                           {"p": "x {{word}}"})
    with pytest.raises(ValueError, match="train_data"), warnings.catch_warnings():
        optimiser.optimize(None, [], {"p": "x {{word}}"})
