"""The real gepa package over a small local model."""

from __future__ import annotations

import math
import os

import gepa
import pytest

import pmpo
import pmpo.gepa

WORDS = ["apple", "hammer", "pear", "saw", "plum", "drill"]


@pytest.fixture(scope="module")
def model():
    return pmpo.Model(os.environ["PMPO_TEST_CHAT"])


@pytest.fixture
def data():
    return [{"input": w, "answer": "tool" if i % 2 else "fruit",
             "additional_context": {"language": "English"}}
            for i, w in enumerate(WORDS)]


def test_scores_are_likelihoods(model, data):
    adapter = pmpo.gepa.LikelihoodAdapter(model)
    got = adapter.evaluate(data, {"system_prompt": "Sort."}, capture_traces=True)
    losses = model.score([{"input": d["input"], "target": d["answer"]} for d in data],
                         "Sort.", loss="nll").losses[0]
    assert got.scores == [math.exp(-x) for x in losses] and max(got.scores) <= 1
    assert adapter.evaluate(data, {"p": "Sort."}).trajectories is None
    told = adapter.make_reflective_dataset({"p": "Sort."}, got, ["p"])
    assert len(told["p"]) == 6
    assert "'fruit'" in told["p"][0]["Feedback"] and "English" in told["p"][0]["Feedback"]


def test_choice_among_options(model, data):
    rows = [{**d, "options": ["fruit", "tool"]} for d in data]
    got = pmpo.gepa.LikelihoodAdapter(model, loss="choice").evaluate(
        rows, {"p": "Sort."}, capture_traces=True)
    assert all(o["picked"] in ("fruit", "tool") for o in got.outputs)
    assert all((s > 0.5) == (o["picked"] == d["answer"])
               for s, o, d in zip(got.scores, got.outputs, data))


def test_scores_are_at_most_one(model, data):
    rows = [{**d, "options": ["fruit", "tool"]} for d in data]
    adapter = pmpo.gepa.LikelihoodAdapter(model, loss="choice", calibrate="content-free")
    assert all(0 <= s <= 1 for s in adapter.evaluate(rows, {"p": "x"}).scores)
    for how in ({}, {"loss": "nll"}, {"loss": "auto"}):
        with pytest.raises(ValueError, match="calibrate makes the loss nll negative"):
            pmpo.gepa.LikelihoodAdapter(model, calibrate="content-free", **how)


def test_gepa_runs_with_it(model, data):
    proposals = iter(f"```\nSay fruit or tool, way {i}.\n```" for i in range(1000))
    asked = []

    def reflect(prompt):
        asked.append(prompt)
        return next(proposals)

    result = gepa.optimize(
        {"system_prompt": "Sort."}, trainset=data[:3], valset=data[3:],
        adapter=pmpo.gepa.LikelihoodAdapter(model), reflection_lm=reflect,
        max_metric_calls=60, reflection_minibatch_size=3, display_progress_bar=False)
    best = result.best_candidate["system_prompt"]
    adapter = pmpo.gepa.LikelihoodAdapter(model)

    def mean(p):
        return sum(adapter.evaluate(data[3:], {"p": p}).scores) / 3

    assert mean(best) >= mean("Sort.")
    assert asked and "The right answer is" in str(asked[0])
    assert result.val_aggregate_scores[result.best_idx] == pytest.approx(mean(best))


def test_a_candidate_that_is_too_long(model, data):
    adapter = pmpo.gepa.LikelihoodAdapter(model)
    with pytest.warns(UserWarning, match="the score 0: .*context"):
        got = adapter.evaluate(data, {"p": "x" * 20000}, capture_traces=True)
    assert got.scores == [0.0] * len(data) and got.num_metric_calls == len(data)
    told = adapter.make_reflective_dataset({"p": "x"}, got, ["p"])["p"]
    assert all("can't be used" in t["Feedback"] for t in told)
