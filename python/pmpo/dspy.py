"""pmpo for DSPy: an optimiser, a metric, and a local model as DSPy's LM.

    import dspy, pmpo, pmpo.dspy

    model = pmpo.Model("qwen2.5-coder-0.5b-instruct")
    dspy.configure(lm=pmpo.dspy.LM(model))
    program = pmpo.dspy.PMPO(model).compile(student, trainset=examples)

What is scored are the messages that DSPy's adapter makes: the signature is rendered
with a mark where its instructions stand, and pmpo's template `place` puts each
candidate there. Needs dspy 3."""

from __future__ import annotations

import os
import tempfile
import typing
import warnings
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import dspy
import numpy as np
from dspy.teleprompt import Teleprompter
from dspy.utils.exceptions import AdapterParseError

from ._core import Cancelled, ProgressFn
from ._model import Model
from ._options import PLACE, ScoreOptions, indent_before, refuse_places, with_fixed
from ._run import Run, optimize

if TYPE_CHECKING:
    from ._options import OptimizeOptions

# ---- rendering ----------------------------------------------------------------------


def _adapter() -> Any:
    return dspy.settings.adapter or dspy.ChatAdapter()


def messages_of(signature: Any, demos: Iterable[Mapping[str, Any]],
                inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """What DSPy would send, as role and content."""
    return [{"role": m["role"], "content": m["content"]}
            for m in _adapter().format(signature, list(demos), dict(inputs))]


def _answer(signature: Any, outputs: Mapping[str, Any]) -> str:
    """What the model would have to say for these outputs."""
    return str(_adapter().format_assistant_message_content(signature, dict(outputs)))


def _options(signature: Any, outputs: Mapping[str, Any]) -> list[str] | None:
    """All answers, where the signature's only output is one of a few words."""
    if len(signature.output_fields) != 1:
        return None
    (name, field), = signature.output_fields.items()
    if typing.get_origin(field.annotation) is not Literal:
        return None
    values = typing.get_args(field.annotation)
    return [_answer(signature, {name: v}) for v in values] \
        if outputs[name] in values else None


def row_of(signature: Any, demos: Iterable[Mapping[str, Any]],
           inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """One call of a predictor as an example for the template `place`."""
    refuse_places(inputs.values())
    refuse_places(v for d in demos for v in d.values())
    row: dict[str, Any] = {
        "messages": messages_of(signature.with_instructions(PLACE), demos, inputs),
        "target": _answer(signature, outputs)}
    options = _options(signature, outputs)
    if options:
        row["options"] = options
    return row


# ---- a local model for DSPy ------------------------------------------------------------


class LM(dspy.BaseLM):  # type: ignore[misc]
    """A pmpo.Model as DSPy's language model, so that one copy of the weights
    answers and scores. Decoding is greedy, whatever temperature is asked for."""

    def __init__(self, model: Model, max_tokens: int = 512, **kwargs: Any) -> None:
        super().__init__(model=f"pmpo/{model.name}", temperature=0.0,
                         max_tokens=max_tokens, **kwargs)
        self.pmpo_model = model

    def forward(self, prompt: str | None = None,
                messages: list[dict[str, Any]] | None = None,
                **kwargs: Any) -> SimpleNamespace:
        told = messages or [{"role": "user", "content": prompt or ""}]
        limit = kwargs.get("max_tokens") or self.kwargs["max_tokens"]
        v = self.pmpo_model.evaluate([{"messages": told, "target": "-"}], "",
                                     metrics="exact", max_tokens=limit)
        said = SimpleNamespace(role="assistant", content=v.replies[0][0],
                               tool_calls=None, reasoning_content=None)
        choice = SimpleNamespace(
            index=0, message=said,
            finish_reason="stop" if v.complete[0, 0] else "length")
        return SimpleNamespace(choices=[choice], model=self.model, usage={
            "prompt_tokens": v.cost.prompt_tokens,
            "completion_tokens": v.cost.generated_tokens,
            "total_tokens": v.cost.prompt_tokens + v.cost.generated_tokens})

    def copy(self, **kwargs: Any) -> LM:
        other = LM(self.pmpo_model, self.kwargs["max_tokens"])
        other.kwargs.update(kwargs)
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> LM:
        return self.copy()


# ---- the metric --------------------------------------------------------------------------


def _same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Are these inputs the same text?"""
    return a.keys() == b.keys() and all(
        a[k] is b[k] or str(a[k]) == str(b[k]) for k in a)


def _is_call_of(example: Any, call: Any) -> bool:
    """Has the call the example's values, in those of its input fields that the
    example has?"""
    shared = [k for k in call[1] if k in example]
    return _same({k: call[1][k] for k in shared}, {k: example[k] for k in shared})


class LogLikelihood:
    """A metric: the log-likelihood of the given answer, nats a token, at most 0.

    metric(example, prediction, trace) scores the example's own outputs under the
    messages of the predictor that gives them (the last call of the trace whose
    output fields the example has), whatever was answered. It tells prompts apart
    where accuracy is all 0 or all 1. Nothing is generated.

    Without a trace it reads DSPy's own, which has calls for other examples, too: the
    example's is the one that gave the prediction, else the one whose inputs are
    those of the example. ValueError: there is none, or several that differ."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __call__(self, example: Any, prediction: Any = None, trace: Any = None,
                 *_: Any) -> float:
        able = [c for c in list(trace or dspy.settings.trace or [])
                if all(k in example for k in c[0].signature.output_fields)]
        if not able:
            raise ValueError("no predictor of the trace has outputs that the example "
                             "gives")
        calls = [c for c in able if c[2] is prediction] or [
            c for c in able if _is_call_of(example, c)]
        if not calls:
            raise ValueError("no call in the trace has the example's inputs: which one "
                             "is the example's can't be told")
        predictor, inputs, _outputs = calls[-1]
        if not trace and any(not _same(inputs, c[1]) for c in calls):
            raise ValueError(
                "calls with different inputs may be the example's: pass the trace of "
                "this example alone, or let the program return the predictor's own "
                "prediction")
        signature = predictor.signature
        return self.of(signature, predictor.demos, inputs,
                       {k: example[k] for k in signature.output_fields})

    def of(self, signature: Any, demos: Iterable[Mapping[str, Any]],
           inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> float:
        """The same of one call."""
        row = {"messages": messages_of(signature, demos, inputs),
               "target": _answer(signature, outputs)}
        return -float(self.model.score([row], "", loss="nll").loss[0])


# ---- the optimiser ---------------------------------------------------------------------------


def _matches(example: Any, prediction: Any, trace: Any = None) -> bool:
    """All outputs that the example gives are the prediction's."""
    labels = example.labels()
    return bool(labels.keys()) and all(
        str(getattr(prediction, k, None)).strip() == str(labels[k]).strip()
        for k in labels.keys())


def _line_of(e: Exception) -> str:
    """The exception as one line."""
    return f"{type(e).__name__}: {' '.join(str(e).split())[:200]}"


class PMPO(Teleprompter):  # type: ignore[misc]
    """Optimises the instructions and demonstrations of every predictor of a
    program, one predictor after the other, by the likelihood of known outputs.

    model: scores. rewriter: proposes (None: the same). metric(example,
    prediction, trace): tells whose traces are worth learning from, for
    predictors whose outputs the examples don't give (None: the outputs that they
    give must be right). max_demos: demonstrations at most, 0: none are tried;
    demo_sets: how many choices of them. folder: where the run files go, one a
    predictor (None: a temporary folder). Other options: pmpo.OptimizeOptions.
    Its metric, of accuracy, stays none, its template place.

    After compile(), program.pmpo_runs has a Run by the predictor's name. The
    program saves and loads as any program does."""

    def __init__(self, model: Model, *, rewriter: Model | None = None,
                 metric: Callable[..., Any] | None = None, max_demos: int = 3,
                 demo_sets: int = 6, folder: str | os.PathLike[str] | None = None,
                 progress: ProgressFn | None = None,
                 **options: Any) -> None:
        super().__init__()
        self.model = model
        self.rewriter = rewriter
        self.metric = metric or _matches
        self.max_demos = max_demos
        self.demo_sets = demo_sets
        self.folder = folder
        self.progress = progress
        self.options: OptimizeOptions = with_fixed(options, metric="none",
                                                   template="place")

    def compile(self, student: Any, *, trainset: list[Any],
                teacher: Any | None = None, valset: list[Any] | None = None,
                **_: Any) -> Any:
        program = student.reset_copy()
        for mine, old in zip(program.predictors(), student.predictors()):
            mine.signature = old.signature
            mine.demos = list(old.demos)
        folder = os.fspath(self.folder or tempfile.mkdtemp(prefix="pmpo-dspy-"))
        os.makedirs(folder, exist_ok=True)
        runs: dict[str, Run] = {}
        for name, predictor in program.named_predictors():
            calls, failed = self._calls(program, teacher, predictor, trainset)
            kept, _unused = self._calls(program, teacher, predictor, valset or [])
            if len(calls) < 3:
                warnings.warn(f"{name}: {len(calls)} of {len(trainset)} examples "
                              "give it inputs and outputs (where replies don't parse, "
                              "a teacher's may); it stays as it is"
                              + (f"; the last failure: {_line_of(failed)}" if failed
                                 else ""), stacklevel=2)
                continue
            path = os.path.join(folder, name.replace(os.sep, "_") + ".pmpo")
            runs[name] = self._improve(predictor, calls, kept, path)
        program.pmpo_runs = runs
        program._compiled = True
        return program

    def _calls(self, program: Any, teacher: Any | None, predictor: Any,
               examples: list[Any]
               ) -> tuple[list[tuple[dict[str, Any], dict[str, Any]]], Exception | None]:
        """Inputs and known outputs of `predictor` in these examples' traces. What
        the examples give is taken from them; the rest, such as reasoning or
        what an earlier predictor passes on, from traces that end well. Also the last
        exception; it is raised where all examples end with one, unless DSPy couldn't
        read the reply, and nothing is learnt."""
        place = [id(p) for p in program.predictors()].index(id(predictor))
        source = teacher or program
        wanted = source.predictors()[place]
        fields = list(predictor.signature.output_fields)
        out = []
        failed: Exception | None = None
        n_failed = 0
        for example in examples:
            with dspy.context(trace=[]):
                try:
                    prediction = source(**example.inputs())
                except Cancelled:
                    raise
                except Exception as e: # what it can't answer teaches nothing
                    failed, n_failed = e, n_failed + 1
                    if not self._given(example, fields):
                        continue
                    prediction = None
                trace = list(dspy.settings.trace)
            found = [t for t in trace if t[0] is wanted]
            given = {k: example[k] for k in fields if k in example}
            if not found and len(given) == len(fields) and \
                    len(program.predictors()) == 1:
                found = [(wanted, dict(example.inputs()), given)]
            if not found:
                continue
            if len(given) < len(fields) and (
                    prediction is None
                    or not self.metric(example, prediction, trace)):
                continue
            _, inputs, said = found[-1]
            outputs = {k: given[k] if k in given else said[k] for k in fields}
            out.append((dict(inputs), outputs))
        if failed and not out and n_failed == len(examples) and \
                not isinstance(failed, AdapterParseError):
            raise failed
        return out, failed

    @staticmethod
    def _given(example: Any, fields: list[str]) -> bool:
        return all(k in example for k in fields)

    def _improve(self, predictor: Any, calls: list[Any], kept: list[Any],
                 path: str) -> Run:
        signature = predictor.signature

        def rows(of: list[Any], demos: list[Any], what: str) -> list[dict[str, Any]]:
            return [{"id": f"{what}{i}", **row_of(signature, demos, x, y)}
                    for i, (x, y) in enumerate(of)]

        run = optimize(self.model, rows(calls, predictor.demos, "t"),
                       signature.instructions, rewriter=self.rewriter,
                       validation=rows(kept, predictor.demos, "v") or None,
                       path=path, progress=self.progress, **self.options)
        # The demonstrations come from the training part and are judged on the
        # validation part.
        by_id = dict(zip([f"t{i}" for i in range(len(calls))], calls))
        learnt = [by_id[e["id"]] for e in run.data("train")]
        held = kept or [by_id[e["id"]] for e in
                        (run.data("validation") if run.n_val else [])]
        predictor.signature = signature.with_instructions(run.prompt)
        self._check(predictor, run, held or learnt)
        if self.max_demos and held:
            predictor.demos = self._choose(predictor, run.prompt, learnt,
                                           lambda demos: rows(held, demos, "h"))
        return run

    def _choose(self, predictor: Any, prompt: str, learnt: list[Any],
                rows: Callable[[list[Any]], list[dict[str, Any]]]) -> list[Any]:
        """The demonstrations, of learnt calls, with the lowest loss on rows(them),
        if it is lower than that of those there are by two standard errors."""
        rng = np.random.default_rng(self.options.get("seed", 1))
        base = self._losses(rows(predictor.demos), prompt)
        best, best_gain = list(predictor.demos), 0.0
        for _ in range(self.demo_sets):
            n = int(rng.integers(1, min(self.max_demos, len(learnt)) + 1))
            picked = rng.permutation(len(learnt))[:n]
            demos = [dspy.Example(**learnt[i][0], **learnt[i][1]).with_inputs(
                *learnt[i][0]) for i in picked]
            gains = base - self._losses(rows(demos), prompt)
            error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 \
                else np.inf
            if gains.mean() > max(best_gain, 2 * error):
                best, best_gain = demos, float(gains.mean())
        return best

    def _losses(self, rows: list[dict[str, Any]], prompt: str) -> Any:
        how: ScoreOptions = {k: v for k, v in self.options.items()  # type: ignore
                             if k in ScoreOptions.__annotations__ and k != "limit"}
        return self.model.score(rows, prompt, **how).losses[0]

    @staticmethod
    def _check(predictor: Any, run: Run, calls: list[Any]) -> None:
        """What DSPy will send is what was scored."""
        x, y = calls[0]
        scored = filled(row_of(predictor.signature, predictor.demos, x, y)["messages"],
                        run.prompt)
        if scored != messages_of(predictor.signature, predictor.demos, x):
            raise RuntimeError("the adapter changes the instructions: what DSPy "
                               "would send is not what was scored")


def filled(messages: list[dict[str, str]], prompt: str) -> list[dict[str, str]]:
    """The messages with the prompt in its places, as the template `place` puts it
    there (docs/templates.md)."""

    def put(content: str) -> str:
        parts = content.split(PLACE)
        out = before = parts[0]
        for part in parts[1:]:
            out += prompt.replace("\n", "\n" + indent_before(before)) + part
            before += PLACE + part
        return out

    return [{**m, "content": put(m["content"])} for m in messages]
