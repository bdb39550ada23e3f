"""Names and types of what the calls take, for editors and type checkers. What
each means, and its default, stands in pmpo.h and docs/cli.md; the library
itself says what it doesn't take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict


def with_fixed(options: Mapping[str, object], **fixed: object) -> Any:
    """The options, and those that an adapter sets itself: TypeError where these
    are given, too."""
    for name, value in fixed.items():
        if name in options:
            raise TypeError(f"{name} is always {value!r} here")
    return {**options, **fixed}


PLACE = "{{prompt}}"  # where the template `place` puts the prompt


def indent_before(text: str) -> str:
    """By what `place` indents a prompt's further lines behind this text: its last line,
    where that is nothing but spaces (docs/templates.md)."""
    line = text.rsplit("\n", 1)[-1]
    return "" if line.strip(" ") else line


def refuse_places(texts: Iterable[object]) -> None:
    """ValueError where data have the letters that mean the prompt's place."""
    for text in texts:
        if PLACE in str(text):
            raise ValueError(f"data with {PLACE} in them can't be told from the "
                             f"prompt's place: {str(text)[:60]!r}")


class ConnectionOptions(TypedDict, total=False):
    """Of models on servers; prices are in dollars for a million tokens."""

    api_key: str
    key_hint: str
    ca_file: str
    insecure: bool
    concurrency: int
    timeout_s: int
    price_in: float
    price_out: float


class ModelOptions(ConnectionOptions, total=False):
    """precision: of the weights. threads: 0: all processors. gpu_layers: -1:
    all. memory_bytes: cap for weights and working memory; 0: what is free.
    for_generation: it only generates, as the model of an `eval` by answers
    does. The others are of servers."""

    precision: Literal["auto", "native", "f16", "bf16", "f32", "f32-fast"]
    products: Literal["auto", "own", "blas"]
    threads: int
    gpu_layers: int
    memory_bytes: int
    for_generation: bool
    model_name: str
    dialect: Literal["vllm", "sglang", "echo"]
    tokenizer: str


class ScoreOptions(TypedDict, total=False):
    """loss in nats; template: docs/templates.md; limit: the
    first examples only, 0: all."""

    loss: Literal["auto", "nll", "preference", "choice"]
    reduction: Literal["mean", "sum"]
    loss_on: Literal["target", "answer"]
    normalize: Literal["none", "length"]
    calibrate: Literal["none", "content-free"]
    beta: float
    template: str
    end: Literal["auto", "yes", "no"]
    limit: int
    no_cache: bool
    plain: bool
    noise_floor: bool


class EvalOptions(TypedDict, total=False):
    """regex: for the metric of that name; max_tokens: of an answer."""

    regex: str
    template: str
    end: Literal["auto", "yes", "no"]
    limit: int
    max_tokens: int
    seed: int
    no_cache: bool


class OptimizeOptions(TypedDict, total=False):
    """Scoring as in ScoreOptions; the rest is pmpo_optimize_options."""

    loss: Literal["auto", "nll", "preference", "choice"]
    reduction: Literal["mean", "sum"]
    loss_on: Literal["target", "answer"]
    normalize: Literal["none", "length"]
    calibrate: Literal["none", "content-free"]
    beta: float
    template: str
    end: Literal["auto", "yes", "no"]
    limit: int
    no_cache: bool
    freeze: str
    task: str
    iterations: int
    hard: int
    variants: int
    segments: int
    temperature: float
    top_p: float
    max_reply_tokens: int
    max_prompt_tokens: int
    length_price: float
    patience: int
    demos: int
    demos_as: Literal["text", "turns"]
    proposers: str
    library: str
    no_rewriter: bool
    form: Literal["auto", "large", "small"]
    race: Literal["off", "exact", "paired"]
    metric: Literal["auto", "none", "exact", "number", "choice"]
    shortlist: int
    max_answer_tokens: int
    no_mask: bool
    no_hard_cases: bool
    no_loss_check: bool
    lowest_loss: bool
    allow_copy: bool
    no_guard: bool
    paper: bool
    seed: int
    budget_ms: int
    budget_tokens: int
    budget_dollars: float
    force: bool
