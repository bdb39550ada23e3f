"""pmpo as an optimiser of mlflow.genai.optimize_prompts.

    result = mlflow.genai.optimize_prompts(
        predict_fn=predict, train_data=rows, prompt_uris=[prompt.uri],
        optimizer=pmpo.mlflow.PmpoOptimizer(model), scorers=[...])

The training data need the right answers (expectations or outputs). What is
optimised is the instruction of each prompt; its variables stay where they are."""

from __future__ import annotations

import json
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlflow.genai.optimize.optimizers import BasePromptOptimizer
from mlflow.genai.optimize.types import PromptOptimizerOutput

from ._core import ProgressFn
from ._data import _plain
from ._model import Model
from ._options import PLACE, indent_before, refuse_places, with_fixed
from ._run import Run, optimize

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import OptimizeOptions

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def cut(template: str) -> tuple[str, str, str] | None:
    """before, instruction, after: the instruction is what stands before the first
    variable, else what stands after the last one; None: only variables."""
    found = list(_VARIABLE.finditer(template))
    spans = [(0, found[0].start()), (found[-1].end(), len(template))] if found \
        else [(0, len(template))]
    for begin, end in spans:
        text = template[begin:end]
        core = text.strip()
        if core:
            at = begin + text.index(core)
            return template[:at], core, template[at + len(core):]
    return None


def fill(template: str, inputs: Mapping[str, Any]) -> str:
    """The template with its variables filled in, as PromptVersion.format does."""
    return _VARIABLE.sub(lambda m: str(inputs[m[1]]), template)


def _said(value: Any) -> str | None:
    """The value as an answer; None: what is missing (NaN, too), and lists and the like."""
    value = _plain(value)
    return None if value is None or isinstance(value, (list, dict, set, frozenset)) \
        else str(value)


def answer_of(record: Mapping[str, Any], name: str | None) -> str | None:
    """The right answer of a record of training data; None: it has none."""
    known = record.get("expectations")
    if not isinstance(known, Mapping):
        known = {}
    found = known.get("expected_response" if name is None else name)
    if name is None and "expected_response" not in known and len(known) == 1:
        found = next(iter(known.values()))
    said = _said(found)
    outputs = record.get("outputs")
    if isinstance(outputs, Mapping):
        outputs = next(iter(outputs.values())) if len(outputs) == 1 else None
    return _said(outputs) if said is None else said


class PmpoOptimizer(BasePromptOptimizer):  # type: ignore[misc]
    """Optimises each prompt by the likelihood of the right answers.

    What is scored is what a predict_fn sends that gives the formatted prompt to
    the model: a text prompt as one user message, a chat prompt as its messages.
    expectation: which of the expectations is the answer (None:
    "expected_response", the only one, or the outputs); records without one that is
    a text or a number are left out, with a warning. A prompt is left alone,
    with a warning, where a variable is not among the inputs (it is another
    prompt's output), or where it has no instruction. Where scorers are given, both
    ends are scored by them, and prompts that they find worse are not returned.
    folder: where the run files go. Other options: pmpo.OptimizeOptions."""

    def __init__(self, model: Model, *, rewriter: Model | None = None,
                 expectation: str | None = None,
                 folder: str | os.PathLike[str] | None = None,
                 progress: ProgressFn | None = None,
                 **options: Unpack[OptimizeOptions]) -> None:
        self.model = model
        self.rewriter = rewriter
        self.expectation = expectation
        self.folder = folder
        self.progress = progress
        self.options: OptimizeOptions = with_fixed(
            {"metric": "none", **options}, template="place")
        self.runs: dict[str, Run] = {}

    def optimize(self, eval_fn: Callable[..., Any] | None,
                 train_data: list[dict[str, Any]], target_prompts: dict[str, str],
                 enable_tracking: bool = True) -> Any:
        if not train_data:
            raise ValueError("pmpo measures prompts on known answers: give train_data")
        folder = os.fspath(self.folder or tempfile.mkdtemp(prefix="pmpo-mlflow-"))
        os.makedirs(folder, exist_ok=True)
        self.runs = {}
        known = self._answered(train_data)
        better = dict(target_prompts)
        for name, template in target_prompts.items():
            better[name] = self._one(name, template, known, folder)
        out = PromptOptimizerOutput(optimized_prompts=better)
        if eval_fn is not None:
            out.initial_eval_score, out.initial_eval_score_per_scorer = \
                _scores(eval_fn(dict(target_prompts), train_data))
            out.final_eval_score, out.final_eval_score_per_scorer = \
                _scores(eval_fn(dict(better), train_data))
            first, last = out.initial_eval_score, out.final_eval_score
            if first is not None and last is not None and last < first:
                warnings.warn("the scorers find the new prompts worse: the old ones "
                              "are returned", stacklevel=2)
                out.optimized_prompts = dict(target_prompts)
                out.final_eval_score = first
                out.final_eval_score_per_scorer = out.initial_eval_score_per_scorer
        return out

    def _answered(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records with a right answer; a warning tells of the others."""
        known = [r for r in data if answer_of(r, self.expectation)]
        where = self.expectation or "expected_response"
        if not known:
            raise ValueError(f"none of the {len(data)} records has an answer that is a "
                             f"text or a number, in expectations ({where}) or outputs; "
                             "expectation= names another of the expectations")
        if len(known) < len(data):
            warnings.warn(f"{len(data) - len(known)} of {len(data)} records are left out: "
                          f"they have no answer that is a text or a number, in "
                          f"expectations ({where}) or outputs", stacklevel=3)
        return known

    def _one(self, name: str, template: str, data: list[dict[str, Any]],
             folder: str) -> str:
        chat = _messages(template)
        home = next((i for i, m in enumerate(chat or [])
                     if m["role"] == "system"), 0)
        text = chat[home]["content"] if chat else template
        parts = cut(text)
        variables = set(_VARIABLE.findall(template))
        if not parts or any(not variables <= set(r["inputs"]) for r in data):
            warnings.warn(f"the prompt {name} stays as it is: it has no instruction, or "
                          "variables that the inputs lack", stacklevel=3)
            return template
        before, instruction, after = parts
        messages = chat or [{"role": "user", "content": template}]
        indent = indent_before(before)
        start = instruction.replace("\n" + indent, "\n")
        if start.replace("\n", "\n" + indent) != instruction or any(
                indent_before(fill(before, r["inputs"])) != indent for r in data):
            warnings.warn(f"the prompt {name} stays as it is: its lines are not indented "
                          "alike; textwrap.dedent may help", stacklevel=3)
            return template
        rows = [self._row(record, [
            (m["role"], *((before, after) if i == home else (m["content"],)))
            for i, m in enumerate(messages)]) for record in data]
        safe = re.sub(r"\W", "_", name)
        run = optimize(self.model, rows, start, rewriter=self.rewriter,
                       path=os.path.join(folder, safe + ".pmpo"),
                       progress=self.progress, **self.options)
        self.runs[name] = run
        if _VARIABLE.search(run.prompt):  # would be filled in
            return template
        new = before + run.prompt.replace("\n", "\n" + indent) + after
        if not chat:
            return new
        return json.dumps([{**m, "content": new if i == home else m["content"]}
                           for i, m in enumerate(chat)])

    def _row(self, record: Mapping[str, Any], messages: list[tuple[str, ...]]
             ) -> dict[str, Any]:
        """An example for `place`: of each message its role and the texts between which
        the prompt stands."""
        inputs = record["inputs"]
        refuse_places(inputs.values())
        return {"target": answer_of(record, self.expectation), "messages": [
            {"role": role, "content": PLACE.join(fill(p, inputs) for p in parts)}
            for role, *parts in messages]}


def _messages(template: str) -> list[dict[str, Any]] | None:
    """The messages of a chat prompt, which comes as JSON; None: a text prompt."""
    try:
        found = json.loads(template)
    except ValueError:
        return None
    chat = isinstance(found, list) and found and all(
        isinstance(m, dict) and isinstance(m.get("content"), str) for m in found)
    return found if chat else None


def _scores(records: list[Any]) -> tuple[float | None, dict[str, float]]:
    """Means of the records' scores."""
    if not records or any(r.score is None for r in records):
        return None, {}
    each: dict[str, list[float]] = {}
    for r in records:
        for k, v in r.individual_scores.items():
            each.setdefault(k, []).append(float(v))
    return (sum(float(r.score) for r in records) / len(records),
            {k: sum(v) / len(v) for k, v in each.items()})
