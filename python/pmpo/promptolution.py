"""A likelihood task for promptolution: its optimisers compare prompts by the
log-likelihood of the known answers instead of by what is generated.

    task = pmpo.promptolution.LikelihoodTask(model, df, x_column="x", y_column="y")
    CAPO(predictor=predictor, task=task, ...).optimize(n_steps=10)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from promptolution.llms.base_llm import DEFAULT_SYS_PROMPT
from promptolution.tasks.base_task import BaseTask
from promptolution.utils.prompt import Prompt

from ._model import Model
from ._options import PLACE, refuse_places, with_fixed

if TYPE_CHECKING:
    from ._options import ScoreOptions


class LikelihoodTask(BaseTask):  # type: ignore[misc]
    """Scores are minus the loss of y after prompt and x, nats (a token, with the
    default loss nll): at most 0, higher is better. options: all possible
    answers; then loss="choice" compares the answer with the others. What is
    scored is what promptolution's predictors send: its system prompt, and the
    prompt, a newline and x from the user. Generation is left to the optimiser;
    the task itself generates nothing. Further arguments are BaseTask's."""

    def __init__(self, model: Model, df: Any, x_column: str = "x",
                 y_column: str = "y", *, options: Sequence[str] | None = None,
                 scoring: ScoreOptions | None = None, **task: Any) -> None:
        super().__init__(df, x_column, y_column, **task)
        self.task_type = "reward"
        self.model = model
        self.options = list(options) if options else None
        self.scoring: ScoreOptions = with_fixed(
            {"loss": "nll", **(scoring or {})}, template="place")

    def _row(self, x: str, y: str, system: str) -> dict[str, Any]:
        refuse_places([system, x])
        messages = [{"role": "system", "content": system},
                    {"role": "user", "content": PLACE + "\n" + x}]
        row: dict[str, Any] = {"messages": messages, "target": y}
        if self.options:
            row["options"] = self.options
        return row

    def evaluate(self, prompts: Any, predictor: Any, system_prompts: Any = None,
                 eval_strategy: Any = None, block_idx: Any = None) -> Any:
        asked = [prompts] if isinstance(prompts, Prompt) else list(prompts)
        strategy = eval_strategy or self.eval_strategy
        blocks = [block_idx] if isinstance(block_idx, int) else block_idx
        state = self.rng.bit_generator.state  # the base class draws the same again
        xs, ys = self.subsample(strategy, block_idx=blocks)
        self.rng.bit_generator.state = state
        if strategy != "evaluated":
            self._fill(asked, xs, ys, system_prompts or DEFAULT_SYS_PROMPT)
        return super().evaluate(asked, predictor, system_prompts, eval_strategy,
                                block_idx)

    def _fill(self, prompts: list[Any], xs: list[str], ys: list[str],
              system: Any) -> None:
        """Scores what the cache lacks into it."""
        if not isinstance(system, str):
            raise ValueError("one system prompt for all: a task is scored whole")
        texts = [str(p) for p in prompts]
        missing = [t for t in dict.fromkeys(texts)
                   if any((t, x, y) not in self.eval_cache for x, y in zip(xs, ys))]
        if not missing:
            return
        rows = [self._row(x, y, system) for x, y in zip(xs, ys)]
        scores = self.model.score(rows, missing, **self.scoring)
        for p, prompt in enumerate(missing):
            for e, (x, y) in enumerate(zip(xs, ys)):
                self.eval_cache[prompt, x, y] = -float(scores.losses[p, e])
                self.seq_cache[prompt, x, y] = f"{x}\n{y}"

    def _evaluate(self, xs: list[str], ys: list[str], preds: list[str]) -> Any:
        """Of what evaluate() has left to be generated: nothing."""
        assert not xs
        return np.zeros(0)
