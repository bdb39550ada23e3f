"""Optimising a prompt, and the run that it leaves on disk."""

from __future__ import annotations

import html
import numbers
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._core import (Error, Keep, ProgressFn, UsageError, Watch, check, error_of,
                    fill, path_bytes, set_options, text, texts, word, words)
from ._data import Data, DataLike, data_of
from ._model import (KEY, REWRITER_KEY, Model, is_address, keyed, model_of,
                     run_alone)
from ._options import ConnectionOptions
from ._pmpo import ffi, lib
from ._results import Cost, Segment, segments_of, table

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import OptimizeOptions

# ---- what a run holds -------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """A prompt on the three parts: losses in nats, NaN where it was not
    measured; test_n_correct of test_n_options right by the likeliest option;
    test_n_right of test_n_answers generated answers right, with the 95 %
    interval of the share."""

    prompt: str
    train_loss: float
    val_loss: float
    test_loss: float
    train_format: float
    train_choice: float
    test_format: float
    test_choice: float
    test_n_options: int
    test_n_correct: int
    test_n_answers: int
    test_n_right: int
    test_n_cut_off: int
    test_right_low: float
    test_right_high: float


@dataclass(frozen=True)
class Candidate:
    """A prompt that was proposed: parents, ids of those it was made from; loss
    in nats on the training part, NaN: not scored to the end; fate and reason."""

    id: int
    parents: tuple[int, ...]
    prompt: str
    proposer: str
    loss: float
    lower_bound: float
    fate: str
    reason: str
    reply: str
    hard_case: int
    variant: int
    seed: int


@dataclass(frozen=True)
class Iteration:
    """One iteration: losses in nats on the training part, before and after."""

    index: int
    incumbent_loss: float
    best_loss: float
    marked_by_model: bool
    segments: list[Segment]
    hard_ids: list[str]
    candidates: list[Candidate]
    decision: str
    seconds: float


def _candidate(c: Any) -> Candidate:
    scalars = {f: getattr(c, f) for f in ("id", "loss", "lower_bound", "hard_case",
                                          "variant", "seed")}
    return Candidate(parents=tuple(c.parents[k] for k in range(c.n_parents)),
                     prompt=text(c.prompt), proposer=text(c.proposer),
                     fate=word("pmpo_fate", int(ffi.cast("int", c.fate))),
                     reason=text(c.reason), reply=text(c.reply), **scalars)


def _iteration(i: Any, noise_floor: float) -> Iteration:
    return Iteration(
        index=i.index, incumbent_loss=i.incumbent_loss, best_loss=i.best_loss,
        marked_by_model=bool(i.marked_by_model),
        segments=segments_of(i.segments, i.n_segments, noise_floor),
        hard_ids=texts(i.hard_ids, i.n_hard),
        candidates=[_candidate(i.candidates[k]) for k in range(i.n_candidates)],
        decision=text(i.decision), seconds=i.seconds)


class Run:
    """A run file, read: pmpo.Run("run.pmpo"), also while it is being written.

    best, initial: Outcome; prompt: the best prompt's text; status ("done",
    "running", "stopped", "interrupted") with status_reason; verdict: one
    sentence, "" until the test part is scored; test_gain with its 95 % interval
    test_gain_low..test_gain_high, nats; noise_floor, nats; iterations: list of
    Iteration; settings: every setting as text; notes; cost. refresh() reads the
    file again."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: str = os.fsdecode(path)
        self.refresh()

    def refresh(self) -> Run:
        out, err = ffi.new("pmpo_run **"), ffi.new("pmpo_error *")
        check(lib.pmpo_run_open(path_bytes(self.path), out, err), err)
        try:
            self._read(lib.pmpo_run_describe(out[0]))
        finally:
            lib.pmpo_run_free(out[0])
        return self

    def _read(self, v: Any) -> None:
        self.status: str = text(v.status)
        self.status_reason: str = text(v.status_reason)
        self.scorer: str = text(v.scorer)
        self.rewriter: str = text(v.rewriter)
        self.loss_kind: str = text(v.loss)
        self.seed: int = v.seed
        self.max_iterations: int = v.max_iterations
        self.n_train: int = v.n_train
        self.n_val: int = v.n_val
        self.n_test: int = v.n_test
        self.noise_floor: float = v.noise_floor
        self.initial: Outcome = fill(Outcome, v.initial)
        self.best: Outcome = fill(Outcome, v.best)
        self.best_id: int = v.best_id
        self.test_gain: float = v.test_gain
        self.test_gain_low: float = v.test_gain_low
        self.test_gain_high: float = v.test_gain_high
        self.metric: str = text(v.metric)
        self.answers_gain: float = v.answers_gain
        self.answers_p: float = v.answers_p
        self.verdict: str = text(v.verdict)
        self.loss_check_start: str = text(v.loss_check_start)
        self.loss_check_end: str = text(v.loss_check_end)
        self.notes: list[str] = texts(v.notes, v.n_notes)
        self.settings: dict[str, str] = dict(zip(
            texts(v.setting_names, v.n_settings),
            texts(v.setting_values, v.n_settings)))
        self.iterations: list[Iteration] = [
            _iteration(v.iterations[k], v.noise_floor)
            for k in range(v.n_iterations)]
        self.cost: Cost = fill(Cost, v.cost)

    @property
    def prompt(self) -> str:
        """The best prompt."""
        return self.best.prompt

    @property
    def candidates(self) -> list[Candidate]:
        """Of all iterations."""
        return [c for i in self.iterations for c in i.candidates]

    def data(self, part: str = "train") -> Data:
        """The examples of a part: "train", "validation" or "test"."""
        parts = ("train", "validation", "test")
        if part not in parts:
            raise ValueError(f"parts are {', '.join(parts)}, not {part!r}")
        out, err = ffi.new("pmpo_data **"), ffi.new("pmpo_error *")
        check(lib.pmpo_run_data(path_bytes(self.path), parts.index(part), out,
                                err), err)
        if out[0] == ffi.NULL:
            raise ValueError(f"the run has no {part} part")
        return Data._of(out[0])

    def to_pandas(self) -> Any:
        """A row a candidate, with its iteration."""
        import pandas

        return pandas.DataFrame([{"iteration": i.index, **vars(c)}
                                 for i in self.iterations for c in i.candidates])

    def report(self) -> str:
        """The run's page, as `pmpo report` writes it: HTML that needs nothing
        beside it."""
        return report([self])

    def __repr__(self) -> str:
        return f"<pmpo.Run: {self.path}, {self.status}>"

    def _repr_html_(self) -> str:
        """The report in a frame of its own, so that its style stays inside; and
        above it what matters, for viewers that show no frames."""
        head = table(["", "start", "best"], [
            ("prompt", self.initial.prompt, self.best.prompt),
            ("training loss, nats", self.initial.train_loss, self.best.train_loss),
            ("test loss, nats", self.initial.test_loss, self.best.test_loss)])
        page = html.escape(self.report(), quote=True)
        return (f"<p>{html.escape(self.verdict or self.status)}</p>{head}"
                "<iframe sandbox='allow-scripts' style='width:100%;height:40em;"
                f"border:1px solid #8888' srcdoc=\"{page}\"></iframe>")


def report(runs: Run | str | os.PathLike[str] | Sequence[Run | str | os.PathLike[str]]) -> str:
    """One page of HTML with several runs beside each other; also of a single one."""
    if isinstance(runs, (Run, str, os.PathLike)):
        runs = [runs]
    kept = [ffi.new("char[]", path_bytes(r.path if isinstance(r, Run) else r))
            for r in runs]
    paths = ffi.new("char *[]", kept)
    out, err = ffi.new("pmpo_report **"), ffi.new("pmpo_error *")
    check(lib.pmpo_report_runs(paths, len(kept), out, err), err)
    try:
        return text(lib.pmpo_report_html(out[0]))
    finally:
        lib.pmpo_report_free(out[0])


# ---- optimising ---------------------------------------------------------------------

_STOPS = (lib.PMPO_ECANCELLED, lib.PMPO_EBUDGET) # everything is kept


def _sit(models: list[Model], work: Any, watch: Watch, err: Any,
         path: str, keep: object = None) -> Run:
    """work() with these models for itself; ^C stops it cleanly. keep: what C
    reads meanwhile."""
    if any(x._handle is None for m in models for x in m._joined):
        raise ValueError("a model that is joined is closed: join others, or none")
    code = run_alone([x for m in models for x in [m, *m._joined]], work, watch, keep)
    if code < 0 and code not in _STOPS:
        err.code = code
        raise error_of(err)
    return Run(path)


def _check_path(where: str, force: bool) -> None:
    """Can a run file be made there?"""
    if os.path.lexists(where) and not force:
        raise UsageError(lib.PMPO_EUSAGE, f"{where} exists already: force=True replaces it, "
                         "pmpo.resume goes on with it")
    folder = os.path.dirname(where)
    if folder and not os.path.isdir(folder):
        raise Error(lib.PMPO_EIO, f"{where}: there is no folder {folder}")


def optimize(model: Model | str, data: DataLike, prompt: str | None = None, *,
             rewriter: Model | str | None = None,
             validation: DataLike | None = None, test: DataLike | None = None,
             split: tuple[float, float, float] | None = None,
             path: str | os.PathLike[str] | None = None,
             progress: ProgressFn | None = None,
             **options: Unpack[OptimizeOptions]) -> Run:
    """Improves prompt on data by measurement; returns the finished Run, or one
    that was stopped by a budget or Model.cancel (status "stopped").

    With neither validation nor test, data are split: split gives the sizes of
    training, validation and test part, each a count (1 and more), a share
    (below 1), 0: none, or below 0: the default. rewriter: the model that
    proposes (None: the same). path: the run file (None: pmpo-DATE-TIME.pmpo
    here). Everything is kept there as it happens: after ^C (KeyboardInterrupt
    is raised), a crash or a kill, pmpo.resume(path) goes on. Options:
    pmpo.OptimizeOptions. Progress comes in the calling thread; what the function
    raises stops the run cleanly and is raised here."""
    keep, watch = Keep(), Watch(progress)
    o = ffi.new("pmpo_optimize_options *")
    lib.pmpo_optimize_options_init(o)
    score = ffi.addressof(o, "score")
    own = {name for name, _ in ffi.typeof("pmpo_optimize_options").fields}
    set_options(o, {k: v for k, v in options.items() if k in own}, keep)
    set_options(score, {k: v for k, v in options.items() if k not in own}, keep)
    if prompt is not None:
        o.prompt = keep.pstr(prompt)
    if split is not None:
        if validation is not None or test is not None:
            raise ValueError("split is for data alone: leave it out beside validation or test")
        for size in split:
            if size >= 1 and not isinstance(size, numbers.Integral): # perhaps meant as all of the data
                raise ValueError(f"split: {size!r} is no share, which are below 1, and a count is an int")
        o.split.train, o.split.validation, o.split.test = split
    o.split.seed = o.seed
    watch.into(score)
    where = os.fsdecode(path) if path is not None else time.strftime(
        "pmpo-%Y%m%d-%H%M%S.pmpo")
    _check_path(where, bool(o.force))
    parts = [None if d is None else data_of(d) for d in (data, validation, test)]
    handles = [ffi.NULL if d is None else d._handle for d in parts]
    given = ffi.new("pmpo_optimize_input *", {
        "train": handles[0], "validation": handles[1], "test": handles[2]})
    err = ffi.new("pmpo_error *")
    check(lib.pmpo_optimize_check_data(given, o, err), err)
    scorer = model_of(model) # takes a while: what can be wrong without it was checked
    other = scorer if rewriter is None else model_of(rewriter, REWRITER_KEY, for_generation=True)
    given.scorer, given.rewriter = scorer._alive(), other._alive()
    return _sit([scorer, other], lambda: int(lib.pmpo_optimize(
        given, o, path_bytes(where), ffi.NULL, err)), watch, err, where,
        (keep, parts))


def resume(path: str | os.PathLike[str] | Run, *, model: Model | str | None = None,
           rewriter: Model | str | None = None, iterations: int = 0,
           budget_ms: int = 0, budget_tokens: int = 0,
           budget_dollars: float = 0.0, no_cache: bool = False,
           progress: ProgressFn | None = None,
           **connection: Unpack[ConnectionOptions]) -> Run:
    """Goes on with a run; nothing finished is computed again. The models are
    opened as the run had them, unless given. iterations: a new total; 0: as it
    was. budget_ms, budget_tokens, budget_dollars: for this sitting; 0: none.
    Where the scoring model is on a server, pmpo.ConnectionOptions are of it and
    those joined with it, and without api_key its key is $PMPO_API_KEY; a rewriter's
    is $PMPO_REWRITER_API_KEY. One with another key or a price is given as a
    pmpo.Model."""
    where = path.path if isinstance(path, Run) else os.fsdecode(path)
    watch = Watch(progress)
    server = _connection(connection)
    priced = server.get("price_in") or server.get("price_out")
    if budget_dollars and model is None and rewriter is None and not priced:
        raise ValueError("budget_dollars needs price_in or price_out")
    scorer, other = _models(where, model, rewriter, server)
    o = ffi.new("pmpo_resume_options *")
    lib.pmpo_resume_options_init(o)
    set_options(o, {"iterations": iterations, "budget_ms": budget_ms,
                    "budget_tokens": budget_tokens,
                    "budget_dollars": budget_dollars, "no_cache": no_cache}, Keep())
    watch.into(o)
    err = ffi.new("pmpo_error *")
    return _sit([scorer, other], lambda: int(lib.pmpo_resume(
        scorer._handle, other._handle, path_bytes(where), o, ffi.NULL, err)),
        watch, err, where)


def _connection(given: Mapping[str, object]) -> dict[str, object]:
    """Those that are set; TypeError: another option."""
    for name in given:
        if name not in ConnectionOptions.__annotations__:
            raise TypeError(f"resume has no {name}")
    return {name: value for name, value in given.items() if value is not None}


def _origins(urls: str) -> set[tuple[str, str]]:
    """Scheme, host and port of each of a model's addresses."""
    return {(u.scheme, u.netloc.lower()) for u in map(urlsplit, urls.replace(" ", "").split(","))}


def _opened(run: Any, first: Any, connection: Mapping[str, object], keep: Keep) -> Model:
    """The run's scoring model, joined with the others that it had."""
    how = ffi.new("pmpo_joint *")
    asked = [first]
    while lib.pmpo_run_joined(run, len(asked) - 1,
                              o := ffi.new("pmpo_model_options *"), how):
        asked.append(o)
    served = [a for a in asked if is_address(text(a.model))]
    if connection and not served:
        raise ValueError(f"{', '.join(connection)}: no effect, the run's scoring "
                         "model is no URL; a rewriter on a server is given as a pmpo.Model")
    for a in served:
        ours = _origins(text(a.model)) <= _origins(text(served[0].model)) # whom the key in the environment is for
        set_options(a, keyed(connection, KEY) if ours else connection, keep)
    scorer, *others = [Model._of(a, (run, keep)) for a in asked]
    return scorer.join(*others, how=words("pmpo_joint")[how[0]]) if others else scorer


def _models(path: str, model: Model | str | None, rewriter: Model | str | None,
            connection: Mapping[str, object]) -> tuple[Model, Model]:
    """The run's models: those given, the others opened as it says. A name or an address says where one is now."""
    if model is not None and connection:
        raise ValueError(f"{', '.join(connection)}: no effect beside model: give "
                         "them to pmpo.Model")
    if isinstance(model, Model) and isinstance(rewriter, Model):
        return model, rewriter
    out, err = ffi.new("pmpo_run **"), ffi.new("pmpo_error *")
    check(lib.pmpo_run_open(path_bytes(path), out, err), err)
    run = ffi.gc(out[0], lib.pmpo_run_free) # who opens a model reads its strings
    a, b = ffi.new("pmpo_model_options *"), ffi.new("pmpo_model_options *")
    same, keep = ffi.new("bool *"), Keep()
    check(lib.pmpo_run_models(run, a, b, same, err), err)
    for o, now in ((a, model), (b, rewriter)):
        if now is not None and not isinstance(now, Model):
            o.model = keep.path(now)
    scorer = model if isinstance(model, Model) else _opened(run, a, connection, keep)
    if isinstance(rewriter, Model):
        return scorer, rewriter
    if same[0] and rewriter is None:
        return scorer, scorer
    if is_address(text(b.model)):
        set_options(b, keyed({}, REWRITER_KEY), keep)
    return scorer, Model._of(b, (run, keep))


__all__ = ["Candidate", "Iteration", "Outcome", "Run", "optimize", "report",
           "resume"]
