"""The real promptolution package over a small local model."""

from __future__ import annotations

import os

import pandas as pd
import pytest
from promptolution.llms.base_llm import BaseLLM
from promptolution.optimizers.opro import OPRO
from promptolution.predictors.first_occurrence_predictor import \
    FirstOccurrencePredictor
from promptolution.utils.prompt import Prompt

import pmpo
import pmpo.promptolution

WORDS = ["apple", "hammer", "pear", "saw", "plum", "drill"]


class Canned(BaseLLM):
    """Proposes a new prompt each time; keeps what it was asked."""

    def __init__(self):
        super().__init__()
        self.n, self.asked = 0, []
        self.tokenizer = None

    def _get_response(self, prompts, system_prompts):
        self.asked += prompts
        out = []
        for _ in prompts:
            self.n += 1
            out.append(f"<prompt>Say fruit or tool, way {self.n}.</prompt>")
        return out


@pytest.fixture(scope="module")
def model():
    return pmpo.Model(os.environ["PMPO_TEST_CHAT"])


@pytest.fixture
def frame():
    return pd.DataFrame({"x": WORDS, "y": ["tool" if i % 2 else "fruit"
                                           for i in range(len(WORDS))]})


def test_scores_are_log_likelihoods(model, frame):
    llm = Canned()
    task = pmpo.promptolution.LikelihoodTask(model, frame)
    predictor = FirstOccurrencePredictor(llm, classes=["fruit", "tool"])
    got = task.evaluate([Prompt("Sort."), Prompt("So?")], predictor,
                        system_prompts="Help.")
    assert got.scores.shape == (2, 6) and (got.scores < 0).all()
    rows = [{"messages": [{"role": "system", "content": "Help."},
                          {"role": "user", "content": f"{Prompt('So?')}\n{x}"}],
             "target": y} for x, y in zip(frame["x"], frame["y"])]
    assert list(got.scores[1]) == [-x for x in model.score(rows, "").losses[0]]
    assert llm.asked == []  # nothing is generated


@pytest.mark.parametrize("strategy", ["subsample", "sequential_block", "random_block"])
def test_strategies(model, frame, strategy):
    task = pmpo.promptolution.LikelihoodTask(model, frame, n_subsamples=2,
                                             eval_strategy=strategy)
    predictor = FirstOccurrencePredictor(Canned(), classes=["fruit", "tool"])
    got = task.evaluate(Prompt("Sort."), predictor)
    assert got.scores.shape == (1, 2) and (got.scores < 0).all()


def test_choice(model, frame):
    task = pmpo.promptolution.LikelihoodTask(
        model, frame, options=["fruit", "tool"], scoring={"loss": "choice"})
    predictor = FirstOccurrencePredictor(Canned(), classes=["fruit", "tool"])
    assert (task.evaluate(Prompt("Sort."), predictor).scores < 0).all()


def test_an_optimiser_runs_with_it(model, frame):
    llm = Canned()
    task = pmpo.promptolution.LikelihoodTask(model, frame,
                                             task_description="Sort words.")
    predictor = FirstOccurrencePredictor(llm, classes=["fruit", "tool"])
    optimiser = OPRO(predictor=predictor, task=task, meta_llm=llm,
                     initial_prompts=["Sort.", "So?"])
    best = optimiser.optimize(n_steps=2)
    scores = task.evaluate([best[0], Prompt("Sort."), Prompt("So?")],
                           predictor).agg_scores
    assert scores[0] == scores.max() and llm.n > 0
