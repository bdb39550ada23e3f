"""Models, and what can be asked of them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """The library's bits of metrics' names, in a text with commas between them; 0: it
    chooses."""
    if names is None:
        return 0
    asked = ([n.strip() for n in names.split(",")] if isinstance(names, str)
             else list(names))
    if not asked:
        raise ValueError("metrics is empty: None lets the data choose")
    known: list[str] = []
    while name := text(lib.pmpo_metric_name(len(known))):
        known.append(name)
    for a in asked:
        if a not in known:
            raise ValueError(f"metrics are {', '.join(known)}, not {a!r}")
    return sum(1 << known.index(a) for a in set(asked))


def alone(models: Iterable[Model]) -> ExitStack:
    """These models for the caller itself, until it ends. RuntimeError: the caller has one already, in whose progress
    function it is."""
    distinct = sorted({id(m): m for m in models}.values(), key=id) # no two calls wait for each other
    with ExitStack() as locks:
        for m in distinct:
            locks.enter_context(m._lock)
            if m._in_use: # by this thread: the lock keeps others out
                raise RuntimeError("the model is in use by this call: its progress function can't use it")
        return locks.pop_all()


def run_alone(models: Iterable[Model], work: Callable[[], int], watch: Watch, keep: object) -> int:
    """work() with these models for itself; ^C cancels it in all of them. keep: what C reads meanwhile."""
    distinct = list({id(m): m for m in models}.values())
    with alone(distinct):
        for m in distinct:
            m._alive()

        def stop() -> bool:
            for m in distinct:
                m._tell(lib.pmpo_cancel)
            return True

        try:
            for m in distinct:
                m._in_use = True
            return _core.run(work, watch, stop, (keep, distinct))
        finally:
            for m in distinct:
                m._in_use = False
                m._tell(lib.pmpo_uncancel)


KEY, REWRITER_KEY, JUDGE_KEY = "PMPO_API_KEY", "PMPO_REWRITER_API_KEY", "PMPO_JUDGE_API_KEY"


def is_address(name: str | os.PathLike[str] | None) -> bool:
    """Is the model meant by name on a server?"""
    meant = os.environ.get("PMPO_MODEL", "") if name is None else os.fsdecode(name)
    return meant.startswith(("http://", "https://"))


def keyed(given: Mapping[str, object], variable: str) -> dict[str, Any]:
    """Options of a model on a server, with the key in the environment where none is given; api_key="": none."""
    o: dict[str, Any] = {"api_key": os.environ.get(variable, ""), "key_hint": f"give api_key=, or set {variable}"}
    o.update({name: value for name, value in given.items() if value is not None})
    return o


class _Opening:
    """A model being opened, in a thread of its own. Nothing stops that: who is interrupted drops it, and the thread
    frees what it opened."""

    def __init__(self, o: Any, keep: object) -> None:
        self._o, self._keep = o, keep # what o points into lives as long as the thread
        self.out, self.err = ffi.new("pmpo_model **"), ffi.new("pmpo_error *")
        self._turn = threading.Lock()
        self._ended = self._dropped = False

    def work(self) -> int:
        code = int(lib.pmpo_model_open(self._o, self.out, self.err))
        with self._turn:
            self._ended = True
            self._free()
        return code

    def drop(self) -> bool:
        """The model has no owner. Has the opening ended?"""
        with self._turn:
            self._dropped = True
            self._free()
            return self._ended

    def _free(self) -> None:
        if self._ended and self._dropped:
            lib.pmpo_model_free(self.out[0])
            self.out[0] = ffi.NULL


class Model:
    """A model that scores, and generates where that is asked for.

    name: a GGUF file, a name of `pmpo models list`, or the address of a server;
    None: $PMPO_MODEL, else the default. Options: pmpo.ModelOptions; a server's
    key is api_key, else $PMPO_API_KEY, and api_key="" gives none. One call at
    a time: others wait. Ends with close(), a with statement, or by itself.
    Raises ModelError: no such model, or it does not fit."""

    def __init__(self, name: str | os.PathLike[str] | None = None, *,
                 progress: ProgressFn | None = None,
                 **options: Unpack[ModelOptions]) -> None:
        keep, watch = Keep(), Watch(progress)
        o = ffi.new("pmpo_model_options *")
        lib.pmpo_model_options_init(o)
        set_options(o, keyed(options, KEY) if is_address(name) else options, keep)
        if name is not None:
            o.model = keep.path(name)
        watch.into(o)
        self._open(o, watch, keep)

    def _open(self, o: Any, watch: Watch, keep: object) -> None:
        """keep: what o points into."""
        # _lock: of a call; _ending, taken after it: of what another thread may do during a call.
        self._lock, self._ending = threading.RLock(), threading.Lock()
        self._in_use = False
        self._joined: list[Model] = []
        self._joined_to: weakref.WeakSet[Model] = weakref.WeakSet() # perhaps no longer
        self._handle: Any = None
        opening = _Opening(o, keep)
        try:
            check(_core.run(opening.work, watch, opening.drop), opening.err)
        except BaseException:
            opening.drop()
            raise
        self._handle = ffi.gc(opening.out[0], lib.pmpo_model_free)

    @classmethod
    def _of(cls, o: Any, keep: object) -> Model:
        """Opened with an options struct that is filled; keep: what it points into."""
        m = cls.__new__(cls)
        m._open(o, Watch(None), keep)
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
        is generated, is of this model alone. Once one of the others is closed, optimize and resume refuse this model;
        joined to none, it is alone again. Returns itself. Raises UsageError: a model is given twice, or has others
        joined to it."""
        joints = _core.words("pmpo_joint")
        if how not in joints:
            raise ValueError(f"joints are {', '.join(joints)}, not {how!r}")
        err = ffi.new("pmpo_error *")
        with alone([self, *others]):
            handles = ffi.new("pmpo_model *[]", [m._alive() for m in others])
            with self._ending:
                check(lib.pmpo_model_join(self._alive(), handles, len(others), joints.index(how), err), err)
                self._joined = list(others)
            for m in others:
                m._joined_to.add(self)
        return self

    def cancel(self) -> None:
        """Asks the call in progress, in another thread, to stop soon: it raises
        Cancelled. Without one, the next call does. Safe from any thread."""
        self._tell(lib.pmpo_cancel)

    def _tell(self, what: Callable[[Any], None]) -> None:
        """pmpo_cancel or pmpo_uncancel, while neither this model nor one that is joined is closed."""
        with self._ending:
            what(self._alive())

    def close(self) -> None:
        """Gives its memory back. A call in progress is waited for."""
        with alone([self]):
            for m in list(self._joined_to):
                m._forget(self)
            with self._ending: # what is cancelled meanwhile is alive
                handle, self._handle = self._handle, None
            if handle is not None:
                ffi.release(handle)
            self._joined = []

    def _forget(self, other: Model) -> None:
        """The library no longer looks at `other`, which is being closed; that it was joined stays known."""
        with self._ending:
            if other in self._joined and self._handle is not None:
                lib.pmpo_model_join(self._handle, ffi.NULL, 0, 0, ffi.NULL)

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
        try: # what is made is freed also where progress raises after it
            check(run_alone([self], lambda: int(lib.pmpo_score(
                self._handle, d._handle, ps, n, o, out, err)), watch, keep), err)
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
        marks = self if rewriter is None else model_of(rewriter, REWRITER_KEY, for_generation=True)
        o.rewriter = marks._alive()
        out, err = ffi.new("pmpo_analysis **"), ffi.new("pmpo_error *")
        try:
            check(run_alone([self, marks], lambda: int(lib.pmpo_analyze(
                self._handle, d._handle, keep.pstr(prompt), o, out, err)), watch, keep), err)
            return Analysis(out[0])
        finally:
            lib.pmpo_analysis_free(out[0])

    def evaluate(self, data: DataLike, prompts: str | Sequence[str], *,
                 metrics: str | Iterable[str] | None = None,
                 judge: Model | str | None = None,
                 progress: ProgressFn | None = None,
                 **options: Unpack[EvalOptions]) -> Evaluation:
        """How often the answers under each of P prompts are right, by each of M
        metrics (docs/cli.md; None: options where they are known, pairs
        where rejected outputs are, else by the form of the answers number, choice or exact): shares [P, M] with 95 % intervals. Options: pmpo.EvalOptions."""
        keep, watch, d = Keep(), Watch(progress), data_of(data)
        o = ffi.new("pmpo_eval_options *")
        lib.pmpo_eval_options_init(o)
        set_options(o, options, keep)
        o.metrics = metric_bits(metrics)
        judges = self if judge is None else model_of(judge, JUDGE_KEY)
        if judge is not None:
            o.judge = judges._alive()
        watch.into(o)
        ps, n = keep.pstrs(_prompts(prompts))
        out, err = ffi.new("pmpo_eval **"), ffi.new("pmpo_error *")
        try:
            check(run_alone([self, judges], lambda: int(lib.pmpo_eval_run(
                self._handle, d._handle, ps, n, o, out, err)), watch, keep), err)
            return Evaluation(out[0])
        finally:
            lib.pmpo_eval_free(out[0])


def model_of(m: Model | str | os.PathLike[str] | None, variable: str = KEY, **options: Any) -> Model:
    """m, opened where it is a name; variable: of the environment, with its server's key."""
    if isinstance(m, Model):
        return m
    return Model(m, **keyed(options, variable)) if is_address(m) else Model(m, **options)


__all__ = ["KEY", "REWRITER_KEY", "Model", "is_address", "keyed", "metric_bits", "model_of", "run_alone"]
