"""Models, and what can be asked of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from . import _core
from ._core import Keep, ProgressFn, Watch, check, set_options, text
from ._data import DataLike, data_of
from ._pmpo import ffi, lib
from ._results import Analysis, Evaluation, Scores

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import EvalOptions, ModelOptions, ScoreOptions


def _prompts(prompts: str | Sequence[str]) -> list[str]:
    return [prompts] if isinstance(prompts, str) else list(prompts)


def metric_bits(names: str | Iterable[str] | None) -> int:
    """The library's bits of metrics' names; 0: it chooses."""
    if names is None:
        return 0
    asked = names.split(",") if isinstance(names, str) else list(names)
    known: list[str] = []
    while name := text(lib.pmpo_metric_name(len(known))):
        known.append(name)
    for a in asked:
        if a not in known:
            raise ValueError(f"metrics are {', '.join(known)}, not {a!r}")
    return sum(1 << known.index(a) for a in set(asked))


def run_alone(models: Iterable[Model], work: Callable[[], int], watch: Watch) -> int:
    """work() with these models for itself; ^C cancels it in all of them."""
    distinct = sorted({id(m): m for m in models}.values(), key=id) # no two calls wait for each other
    with ExitStack() as locks:
        for m in distinct:
            locks.enter_context(m._lock)
        handles = [m._alive() for m in distinct]

        def stop() -> None:
            for h in handles:
                lib.pmpo_cancel(h)

        try:
            return _core.run(work, watch, stop)
        finally:
            for h in handles:
                lib.pmpo_uncancel(h)


class Model:
    """A model that scores, and generates where that is asked for.

    name: a GGUF file, a name of `pmpo models list`, or the address of a server;
    None: $PMPO_MODEL, else the default. Options: pmpo.ModelOptions. One call at
    a time: others wait. Ends with close(), a with statement, or by itself.
    Raises ModelError: no such model, or it does not fit."""

    def __init__(self, name: str | os.PathLike[str] | None = None, *,
                 progress: ProgressFn | None = None,
                 **options: Unpack[ModelOptions]) -> None:
        keep, watch = Keep(), Watch(progress)
        o = ffi.new("pmpo_model_options *")
        lib.pmpo_model_options_init(o)
        set_options(o, options, keep)
        if name is not None:
            o.model = keep.cstr(os.fspath(name))
        watch.into(o)
        self._open(o, watch)

    def _open(self, o: Any, watch: Watch) -> None:
        out, err = ffi.new("pmpo_model **"), ffi.new("pmpo_error *")
        self._lock, self._ending = threading.Lock(), threading.Lock()
        self._joined: list[Model] = []
        self._handle: Any = None
        try:
            check(_core.run(lambda: int(lib.pmpo_model_open(o, out, err)), watch), err)
        except BaseException: # a model that was opened all the same has no owner
            lib.pmpo_model_free(out[0])
            raise
        self._handle = ffi.gc(out[0], lib.pmpo_model_free)

    @classmethod
    def _of(cls, o: Any) -> Model:
        """Opened with an options struct that is filled."""
        m = cls.__new__(cls)
        m._open(o, Watch(None))
        return m

    # ---- what it is

    @property
    def info(self) -> dict[str, Any]:
        """Everything that pmpo_model_info tells: name, path, precision,
        identity, n_params, n_context (positions), threads, note, ..."""
        i = lib.pmpo_model_describe(self._alive())
        return {name: text(v) if isinstance(v, ffi.CData) else v
                for name, _ in ffi.typeof("pmpo_model_info").fields
                for v in [getattr(i, name)]}

    @property
    def name(self) -> str:
        return text(lib.pmpo_model_describe(self._alive()).name)

    def _alive(self) -> Any:
        if self._handle is None:
            raise ValueError("the model is closed")
        return self._handle

    def join(self, *others: Model, how: str = "mean") -> Model:
        """Makes this model stand for itself and the others in optimize and resume: there, the loss of a prompt is
        the mean ("mean") or the largest ("max") of its losses on all of them, at most 8. Everything else, and all that
        is generated, is of this model alone. The others stay open as long as they are joined; joined to none, it is
        alone again. Returns itself. Raises UsageError: a model is given twice, or has others joined to it."""
        joints = _core.words("pmpo_joint")
        if how not in joints:
            raise ValueError(f"joints are {', '.join(joints)}, not {how!r}")
        handles = ffi.new("pmpo_model *[]", [m._alive() for m in others])
        err = ffi.new("pmpo_error *")
        with self._lock:
            check(lib.pmpo_model_join(self._alive(), handles, len(others), joints.index(how), err), err)
            self._joined = list(others)
        return self

    def cancel(self) -> None:
        """Asks the call in progress, in another thread, to stop soon: it raises
        Cancelled. Without one, the next call does. Safe from any thread."""
        with self._ending:
            lib.pmpo_cancel(self._alive())

    def close(self) -> None:
        """Gives its memory back. A call in progress is waited for."""
        with self._lock:
            with self._ending: # what is cancelled meanwhile is alive
                handle, self._handle = self._handle, None
            if handle is not None:
                ffi.release(handle)
            self._joined = []

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<pmpo.Model: closed>" if self._handle is None else (
            f"<pmpo.Model: {self.name}, {self.info['precision']}>")

    # ---- calling

    def score(self, data: DataLike, prompts: str | Sequence[str], *,
              progress: ProgressFn | None = None,
              **options: Unpack[ScoreOptions]) -> Scores:
        """What each of P prompts is worth on the E examples of data: losses in
        nats, [P] and [P, E]. Options: pmpo.ScoreOptions."""
        keep, watch, d = Keep(), Watch(progress), data_of(data)
        o = ffi.new("pmpo_score_options *")
        lib.pmpo_score_options_init(o)
        set_options(o, options, keep)
        watch.into(o)
        ps, n = keep.pstrs(_prompts(prompts))
        out, err = ffi.new("pmpo_scores **"), ffi.new("pmpo_error *")
        check(run_alone([self], lambda: int(lib.pmpo_score(
            self._handle, d._handle, ps, n, o, out, err)), watch), err)
        try:
            return Scores(out[0])
        finally:
            lib.pmpo_scores_free(out[0])

    def analyze(self, data: DataLike, prompt: str, *, max_segments: int = 5,
                rewriter: Model | str | None = None,
                progress: ProgressFn | None = None,
                **options: Unpack[ScoreOptions]) -> Analysis:
        """What each of the S <= max_segments parts of prompt is worth: its
        effect on the loss, nats, [S]. rewriter marks the parts (None: this
        model). Options: pmpo.ScoreOptions."""
        keep, watch, d = Keep(), Watch(progress), data_of(data)
        o = ffi.new("pmpo_analyze_options *")
        lib.pmpo_analyze_options_init(o)
        score = ffi.addressof(o, "score")
        set_options(score, options, keep)
        watch.into(score)
        o.max_segments = max_segments
        marks = self if rewriter is None else model_of(rewriter, for_generation=True)
        o.rewriter = marks._alive()
        out, err = ffi.new("pmpo_analysis **"), ffi.new("pmpo_error *")
        check(run_alone([self, marks], lambda: int(lib.pmpo_analyze(
            self._handle, d._handle, keep.pstr(prompt), o, out, err)), watch), err)
        try:
            return Analysis(out[0])
        finally:
            lib.pmpo_analysis_free(out[0])

    def evaluate(self, data: DataLike, prompts: str | Sequence[str], *,
                 metrics: str | Iterable[str] | None = None,
                 judge: Model | str | None = None,
                 progress: ProgressFn | None = None,
                 **options: Unpack[EvalOptions]) -> Evaluation:
        """How often the answers under each of P prompts are right, by each of M
        metrics (docs/cli.md; None: options where they are known, else exact):
        shares [P, M] with 95 % intervals. Options: pmpo.EvalOptions."""
        keep, watch, d = Keep(), Watch(progress), data_of(data)
        o = ffi.new("pmpo_eval_options *")
        lib.pmpo_eval_options_init(o)
        set_options(o, options, keep)
        o.metrics = metric_bits(metrics)
        judges = self if judge is None else model_of(judge)
        if judge is not None:
            o.judge = judges._alive()
        watch.into(o)
        ps, n = keep.pstrs(_prompts(prompts))
        out, err = ffi.new("pmpo_eval **"), ffi.new("pmpo_error *")
        check(run_alone([self, judges], lambda: int(lib.pmpo_eval_run(
            self._handle, d._handle, ps, n, o, out, err)), watch), err)
        try:
            return Evaluation(out[0])
        finally:
            lib.pmpo_eval_free(out[0])


def model_of(m: Model | str | os.PathLike[str] | None, **options: Any) -> Model:
    return m if isinstance(m, Model) else Model(m, **options)


__all__ = ["Model", "metric_bits", "model_of", "run_alone"]
