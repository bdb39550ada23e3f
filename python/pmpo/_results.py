"""What scoring, analysis and evaluation give: NumPy arrays and plain values.

Shapes: P prompts, E examples, S segments of a prompt, M metrics, T tokens of an
output. Losses and log-probabilities are in nats; NaN: not known, never 0."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._core import fill, text, word
from ._pmpo import ffi, lib

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


# ---- shared -------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What a call cost. prefill_tokens: rows fed to score; output_rows: of
    these, whose logits were read; logical_tokens: what whole sequences, one by
    one, would feed; cached_scores: outputs taken from the cache; prompt_tokens:
    rows fed to generate from; generated_tokens; cached_replies: answers and
    rewrites taken from the cache; dollars paid to servers with a price; seconds
    in the engine."""

    prefill_tokens: int
    output_rows: int
    logical_tokens: int
    cached_scores: int
    prompt_tokens: int
    generated_tokens: int
    cached_replies: int
    dollars: float
    seconds: float


def _array(p: Any, n: int, kind: Any) -> Any:
    """A copy of p[0..n); empty for NULL."""
    if n == 0 or p == ffi.NULL:
        return np.zeros(0, kind)
    raw = ffi.buffer(p, n * np.dtype(kind).itemsize)
    return np.frombuffer(raw, dtype=kind).copy()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain HTML table; every text is escaped."""

    def cell(tag: str, v: object) -> str:
        s = f"{v:.4f}" if isinstance(v, float) else str(v)
        left = " style='text-align:left'" if isinstance(v, str) else ""
        return f"<{tag}{left}>{html.escape(s)}</{tag}>"

    out = ["<table><thead><tr>", *(cell("th", h) for h in head), "</tr></thead>"]
    for row in rows:
        out += ["<tr>", *(cell("td", v) for v in row), "</tr>"]
    return "".join([*out, "</table>"])


# ---- scores ---------------------------------------------------------------------


@dataclass(frozen=True)
class TargetScore:
    """One output of an example: its text, its role ("target", "chosen" or
    "rejected"), nats (minus its log-likelihood, the sum over its tokens),
    prior_nats (with the content-free input; 0: not asked), and by token [T]:
    token_ids, token_logprobs (nats, at most 0), token_ends (bytes of the text
    up to the end of each token; empty for outputs after the first)."""

    text: str
    role: str
    nats: float
    prior_nats: float
    token_ids: npt.NDArray[np.int32]
    token_logprobs: npt.NDArray[np.float32]
    token_ends: npt.NDArray[np.uint32]


_ROLES = ("target", "chosen", "rejected")


def _target(t: Any) -> TargetScore:
    n = t.n_tokens
    return TargetScore(text(t.text), _ROLES[t.role], t.nats, t.prior_nats,
                       _array(t.token_ids, n, np.int32),
                       _array(t.token_logprobs, n, np.float32),
                       _array(t.token_ends, n, np.uint32))


class Scores:
    """Every prompt on every example.

    prompts: list of P; ids: list of E. loss [P]: weighted means of the examples'
    losses, what prompts are compared by. losses [P, E]; weights [E]; formats,
    choices [P, E]: the parts of the target's cost that the options tell apart;
    picked [P, E]: place of the likeliest output in targets, -1 unknown; correct
    [P, E]: the picked one is the target; seam [P, E]: a token crossed from
    prompt to answer. nats [P], n_tokens [P]: of the targets, summed; format,
    choice [P]: weighted means; n_options, n_correct [P]: examples with options,
    and those picked right. targets[p][e]: list of TargetScore, the target first.
    loss_kind: the loss used; end_token: targets end with the end-of-turn token;
    noise_floor: nats, NaN unless it was asked for."""

    def __init__(self, s: Any) -> None:
        ps = [s.prompts[i] for i in range(s.n_prompts)]
        n = ps[0].n_examples if ps else 0

        def grid(field: str, kind: Any) -> Any:
            return np.array([[getattr(p.examples[e], field) for e in range(n)]
                             for p in ps], kind).reshape(len(ps), n)

        def row(field: str, kind: Any) -> Any:
            return np.array([getattr(p, field) for p in ps], kind)

        self.prompts: list[str] = [text(p.prompt) for p in ps]
        self.ids: list[str] = [text(ps[0].examples[e].id) for e in range(n)]
        self.loss: Floats = row("loss", np.float64)
        self.nats: Floats = row("nats", np.float64)
        self.n_tokens: Ints = row("n_tokens", np.int64)
        self.format: Floats = row("format", np.float64)
        self.choice: Floats = row("choice", np.float64)
        self.n_options: Ints = row("n_options", np.int64)
        self.n_correct: Ints = row("n_correct", np.int64)
        self.losses: Floats = grid("loss", np.float64)
        self.formats: Floats = grid("format", np.float64)
        self.choices: Floats = grid("choice", np.float64)
        self.picked: Ints = grid("picked", np.int64)
        self.correct: npt.NDArray[np.bool_] = grid("correct", np.bool_)
        self.seam: npt.NDArray[np.bool_] = grid("seam", np.bool_)
        self.weights: Floats = np.array(
            [ps[0].examples[e].weight for e in range(n)], np.float64)
        self.targets: list[list[list[TargetScore]]] = [
            [[_target(p.examples[e].targets[t])
              for t in range(p.examples[e].n_targets)] for e in range(n)]
            for p in ps]
        self.loss_kind: str = word("pmpo_loss_kind", int(ffi.cast("int", s.loss)))
        self.end_token: bool = bool(s.end_token)
        self.noise_floor: float = s.noise_floor
        self.cost: Cost = fill(Cost, s.cost)
        self.warning: str = text(s.warning)

    def to_pandas(self) -> Any:
        """A row for each prompt and example."""
        import pandas

        p, e = self.losses.shape
        return pandas.DataFrame({
            "prompt": np.repeat(np.array(self.prompts, object), e),
            "id": self.ids * p,
            "loss": self.losses.ravel(),
            "weight": np.tile(self.weights, p),
            "format": self.formats.ravel(),
            "choice": self.choices.ravel(),
            "picked": [self._picked(i, k) for i in range(p) for k in range(e)],
            "correct": [self.correct[i, k] if self.picked[i, k] >= 0 else None
                        for i in range(p) for k in range(e)],
        })

    def _picked(self, p: int, e: int) -> str | None:
        k = int(self.picked[p, e])
        return self.targets[p][e][k].text if k >= 0 else None

    def __len__(self) -> int:
        return len(self.prompts)

    def __repr__(self) -> str:
        return (f"<pmpo.Scores: {len(self.prompts)} prompts, {len(self.ids)} "
                f"examples, loss {', '.join(f'{x:.4f}' for x in self.loss)}>")

    def _repr_html_(self) -> str:
        rows = [(self.prompts[i], float(self.loss[i]), float(self.format[i]),
                 float(self.choice[i]),
                 f"{self.n_correct[i]}/{self.n_options[i]}")
                for i in range(len(self.prompts))]
        return table(["prompt", f"loss ({self.loss_kind}), nats", "format",
                      "choice", "right option"], rows)


# ---- analysis -------------------------------------------------------------------


@dataclass(frozen=True)
class Segment:
    """A part of a prompt: its bytes [begin, end), its text; effect: the loss
    without it less the loss with it, nats (above 0: it helps), with its paired
    95 % interval low..high; verdict: "helps", "hurts", "no clear
    effect" or "not measured" (too long when masked: effect is NaN)."""

    begin: int
    end: int
    text: str
    effect: float
    low: float
    high: float
    verdict: str


def segments_of(p: Any, n: int, noise_floor: float) -> list[Segment]:
    out = []
    for i in range(n):
        e = p[i]
        effect = lib.pmpo_effect_of(ffi.addressof(e), noise_floor)
        out.append(Segment(e.begin, e.end, text(e.text), e.effect, e.low, e.high,
                           word("pmpo_effect", int(effect))))
    return out


class Analysis:
    """What each part of a prompt is worth.

    loss, loss_without: nats, of the whole prompt and of none at all; segments:
    list of S Segment; effects [S]; marked_by_model: the model itself chose the
    parts (marking_note: why not); scores: of the prompt."""

    def __init__(self, a: Any) -> None:
        self.prompt: str = text(a.prompt)
        self.loss: float = a.loss
        self.loss_without: float = a.loss_without
        self.marked_by_model: bool = bool(a.marked_by_model)
        self.marking_note: str = text(a.marking_note)
        self.noise_floor: float = a.noise_floor
        self.segments: list[Segment] = segments_of(a.segments, a.n_segments,
                                                   a.noise_floor)
        self.effects: Floats = np.array([s.effect for s in self.segments],
                                        np.float64)
        self.scores: Scores = Scores(a.scores)
        self.cost: Cost = fill(Cost, a.cost)

    def to_pandas(self) -> Any:
        """A row a segment."""
        import pandas

        return pandas.DataFrame([vars(s) for s in self.segments])

    def __repr__(self) -> str:
        return (f"<pmpo.Analysis: loss {self.loss:.4f}, "
                f"{len(self.segments)} segments>")

    def _repr_html_(self) -> str:
        return table(["segment", "effect, nats", "low", "high", ""],
                     [(s.text, s.effect, s.low, s.high, s.verdict)
                      for s in self.segments])


# ---- evaluation -------------------------------------------------------------------


class Evaluation:
    """How often prompts are answered right.

    prompts: list of P; metrics: list of M names; ids: list of E. value, low,
    high [P, M]: the mean and its 95 % interval, NaN where a metric applies to no
    example; n, n_right [P, M]: examples it applies to, and those of value 1;
    p_value [P, M]: of the difference from the first prompt, where there are two;
    right [P, M, E]: 1, 0, a share, or NaN where it doesn't apply. replies[p][e]:
    generated, "" where no metric asked; complete [P, E]; n_cut_off [P]: replies
    that ran into max_tokens. majority: share of the commonest label;
    NaN where all metrics compare outputs (pairs, judge)."""

    def __init__(self, v: Any) -> None:
        ps = [v.prompts[i] for i in range(v.n_prompts)]
        m, n = v.n_metrics, ps[0].n_examples if ps else 0

        def grid(field: str, kind: Any) -> Any:
            return np.array([[getattr(p.metrics[k], field) for k in range(m)]
                             for p in ps], kind).reshape(len(ps), m)

        self.prompts: list[str] = [text(p.prompt) for p in ps]
        self.metrics: list[str] = [text(ps[0].metrics[k].name) for k in range(m)]
        self.ids: list[str] = [text(ps[0].examples[e].id) for e in range(n)]
        self.value: Floats = grid("value", np.float64)
        self.low: Floats = grid("low", np.float64)
        self.high: Floats = grid("high", np.float64)
        self.p_value: Floats = grid("p_value", np.float64)
        self.n: Ints = grid("n", np.int64)
        self.n_right: Ints = grid("n_right", np.int64)
        self.right: Floats = np.array(
            [[[p.examples[e].right[k] for e in range(n)] for k in range(m)]
             for p in ps], np.float64).reshape(len(ps), m, n)
        self.replies: list[list[str]] = [
            [text(p.examples[e].reply) for e in range(n)] for p in ps]
        self.complete: npt.NDArray[np.bool_] = np.array(
            [[p.examples[e].complete for e in range(n)] for p in ps], np.bool_)
        self.n_cut_off: Ints = np.array([p.n_cut_off for p in ps], np.int64)
        self.majority: float = v.majority
        self.cost: Cost = fill(Cost, v.cost)
        self.warning: str = text(v.warning)

    def to_pandas(self) -> Any:
        """A row for each prompt and metric."""
        import pandas

        p, m = self.value.shape
        return pandas.DataFrame({
            "prompt": np.repeat(np.array(self.prompts, object), m),
            "metric": self.metrics * p,
            "value": self.value.ravel(), "low": self.low.ravel(),
            "high": self.high.ravel(), "n": self.n.ravel(),
            "n_right": self.n_right.ravel(), "p_value": self.p_value.ravel(),
        })

    def __repr__(self) -> str:
        return (f"<pmpo.Evaluation: {len(self.prompts)} prompts, "
                f"{', '.join(self.metrics)}, {len(self.ids)} examples>")

    def _repr_html_(self) -> str:
        p, m = self.value.shape
        return table(["prompt", "metric", "right", "value", "low", "high"],
                     [(self.prompts[i], self.metrics[k],
                       f"{self.n_right[i, k]}/{self.n[i, k]}",
                       float(self.value[i, k]), float(self.low[i, k]),
                       float(self.high[i, k]))
                      for i in range(p) for k in range(m)])


__all__ = ["Analysis", "Cost", "Evaluation", "Scores", "Segment", "TargetScore",
           "segments_of", "table"]
