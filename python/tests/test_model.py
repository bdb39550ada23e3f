from __future__ import annotations

import inspect
import math
import os
import signal
import socket
import sys
import threading
import time

import numpy as np
import pytest

import pmpo
from conftest import MODEL
from pmpo._core import Keep, Watch, run
from pmpo._model import _Opening
from pmpo._pmpo import ffi, lib

PROMPTS = ["Say yes or no.", "So?"]


def test_scores_are_the_command_lines(model, rows, file, cli):
    s = model.score(rows, PROMPTS, template="raw", no_cache=True)
    told = cli("score", "--json", "-m", MODEL, "-d", str(file), "-p", PROMPTS[0],
               "-p", PROMPTS[1], "--template", "raw", "--no-cache")
    assert s.losses.shape == (2, 12) and s.losses.dtype == np.float64
    for p, prompt in enumerate(told["prompts"]):
        assert s.loss[p] == prompt["loss"]  # bit for bit
        assert s.nats[p] == prompt["nats"]
        assert s.format[p] == prompt["format"]
        for e, example in enumerate(prompt["examples"]):
            assert s.ids[e] == example["id"]
            assert s.losses[p, e] == example["loss"]
            for t, target in enumerate(example["targets"]):
                mine = s.targets[p][e][t]
                assert mine.nats == target["nats"]
                assert list(mine.token_ids) == target["token_ids"]
                assert mine.token_logprobs.dtype == np.float32
                assert [float(x) for x in mine.token_logprobs] == \
                    target["token_logprobs"]
    assert model.info["identity"] == told["model"]["identity"]


def test_shapes_and_tables(model, rows):
    pytest.importorskip("pandas")
    s = model.score(rows, PROMPTS, template="raw")
    frame = s.to_pandas()
    assert len(frame) == 24 and list(frame["loss"][:12]) == list(s.losses[0])
    assert np.isclose(s.loss[0], s.losses[0].mean())
    assert s.n_options[0] == 12 and s.n_correct[0] == s.correct[0].sum()
    assert "<b>" not in model.score(rows, "<b>", template="raw")._repr_html_()


def test_options_reach_the_library(model, rows):
    a = model.score(rows, "x", template="raw", loss="nll")
    b = model.score(rows, "x", template="raw", loss="nll", reduction="sum")
    assert a.loss_kind == "nll" and b.loss[0] > a.loss[0]
    assert math.isnan(a.noise_floor)
    assert model.score(rows, "x", template="raw", noise_floor=True).noise_floor >= 0
    assert model.score(rows, "x", template="raw", limit=3).losses.shape == (1, 3)
    with pytest.raises(ValueError, match="auto, nll, preference, choice"):
        model.score(rows, "x", loss="l2")
    with pytest.raises(TypeError, match="has no los"):
        model.score(rows, "x", los="nll")


def test_analysis(model, rows, file, cli):
    prompt = "Say yes. Say no. Think."
    a = model.analyze(rows, prompt, template="raw", no_cache=True)
    told = cli("analyze", "--json", "-m", MODEL, "-d", str(file), "-p", prompt,
               "--template", "raw", "--no-cache")
    assert a.loss == told["loss"]
    assert [s.effect for s in a.segments] == [s["effect"] for s in told["segments"]]
    assert [prompt.encode()[s.begin:s.end].decode() for s in a.segments] == \
        [s.text for s in a.segments]
    assert "Think." in a._repr_html_() and a.effects.shape == (len(a.segments),)


def test_evaluation(model, rows, file, cli):
    v = model.evaluate(rows, PROMPTS, metrics=["options", "exact"],
                       template="raw", max_tokens=4)
    told = cli("eval", "--json", "-m", MODEL, "-d", str(file), "-p", PROMPTS[0],
               "-p", PROMPTS[1], "--metric", "options,exact", "--template", "raw",
               "--max-tokens", "4")
    assert v.value.shape == (2, 2) and v.right.shape == (2, 2, 12)
    for p, prompt in enumerate(told["prompts"]):
        for k, (name, m) in enumerate(prompt["metrics"].items()):
            assert v.metrics[k] == name and v.value[p, k] == m["value"]
            assert (v.low[p, k], v.high[p, k]) == (m["low"], m["high"])
    assert len(v.replies[0]) == 12
    w = model.evaluate(rows, PROMPTS, metrics="options, exact", template="raw", max_tokens=4)
    assert w.metrics == v.metrics
    with pytest.raises(ValueError, match="options-mean"):
        model.evaluate(rows, "x", metrics="accuracy")


def test_failures():
    with pytest.raises(pmpo.ModelError, match="nowhere") as e:
        pmpo.Model("/nowhere.gguf")
    assert e.value.name == "PMPO_EMODEL"
    with pytest.raises(ValueError, match="precision is one of"):
        pmpo.Model(MODEL, precision="f8")


def test_closing(rows):
    with pmpo.Model(MODEL) as m:
        assert m.info["n_vocab"] == 259
    assert "closed" in repr(m)
    with pytest.raises(ValueError, match="closed"):
        m.score(rows, "x", template="raw")


def test_long_texts_fail_as_usage(model):
    with pytest.raises(pmpo.Error, match="q1") as e:
        model.score([{"id": "q1", "input": "x" * 5000, "target": "y"}], "p",
                    template="raw")
    assert e.value.name == "PMPO_ETOOLONG"


def test_other_threads_run_meanwhile(model, rows):
    """The interpreter's lock is not held during a call."""
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    t = threading.Thread(target=tick)
    t.start()
    begin = time.monotonic()
    model.score(rows * 1, [f"p {i}" for i in range(60)], template="raw",
                no_cache=True)
    end = time.monotonic()
    stop.set()
    t.join()
    inside = [x for x in ticks if begin < x < end]
    assert len(inside) > 20
    assert max(np.diff(inside)) < 0.5 * (end - begin)


def test_progress_comes_in_the_callers_thread(model, rows):
    seen = []
    model.score(rows, PROMPTS, template="raw", no_cache=True,
                progress=lambda p: seen.append((threading.current_thread(), p)))
    assert seen and all(t is threading.main_thread() for t, _ in seen)
    assert seen[-1][1].stage == "scoring" and seen[-1][1].total > 0


def test_what_progress_raises_ends_the_call(model, rows):
    def fail(p):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        model.score(rows, PROMPTS, template="raw", no_cache=True, progress=fail)
    assert model.score(rows, "x", template="raw").losses.shape == (1, 12)


def test_what_is_made_is_freed_where_progress_raises(model, rows, monkeypatch):
    """Also when the call has succeeded by then."""
    freed = []

    class Counting:
        def __getattr__(self, name):
            return getattr(lib, name)

        def pmpo_scores_free(self, p):
            freed.append(p != ffi.NULL)
            lib.pmpo_scores_free(p)

        def pmpo_cancel(self, handle): # it comes too late
            pass

    def fail(p):
        raise RuntimeError("enough")

    monkeypatch.setattr("pmpo._model.lib", Counting())
    with pytest.raises(RuntimeError, match="enough"):
        model.score(rows, PROMPTS, template="raw", no_cache=True, progress=fail)
    assert freed == [True]


@pytest.mark.parametrize("line", ["continue", "job.start()", "report = watch"])
def test_an_interrupt_between_the_lines(line):
    """Wherever ^C comes, the work is stopped and has ended when it is raised."""
    source, first = inspect.getsourcelines(run)
    number = first + next(i for i, s in enumerate(source) if line in s)
    stopped, over, raised = threading.Event(), threading.Event(), []

    def work():
        stopped.wait(30)
        time.sleep(0.1)
        over.set()
        return 0

    def stop():
        stopped.set()
        return True

    def trace(frame, event, arg):
        if frame.f_code is not run.__code__:
            return None
        was = frame.f_lineno == number and event == "line"
        if trace.armed and not raised: # the line after it, or the next turn
            raised.append(frame.f_lineno)
            raise KeyboardInterrupt
        trace.armed = trace.armed or was
        return trace

    trace.armed = False
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(work, Watch(None), stop)
    finally:
        sys.settrace(before)
    assert raised and stopped.is_set() and over.is_set()


def test_an_interrupt_while_the_thread_starts(monkeypatch):
    """Work that has not begun never begins; one that has is stopped."""
    begun, stopped, over = [], threading.Event(), threading.Event()

    def work():
        begun.append(True)
        stopped.wait(30)
        over.set()
        return 0

    def stop():
        stopped.set()
        return True

    for late in (False, True):
        def start(self, late=late, real=threading.Thread.start):
            if late:
                real(self)
                while not begun:
                    time.sleep(0.01)
            raise KeyboardInterrupt

        with monkeypatch.context() as m:
            m.setattr(threading.Thread, "start", start)
            with pytest.raises(KeyboardInterrupt):
                run(work, Watch(None), stop)
        assert bool(begun) == late and over.is_set() == late


def test_the_model_in_its_own_progress(model, rows):
    """A call that would wait for itself is refused; what doesn't wait is not."""
    for use in (lambda: model.score(rows, "x", template="raw"), model.close, model.join):
        with pytest.raises(RuntimeError, match="in use by this call"):
            model.score(rows, PROMPTS, template="raw", no_cache=True, progress=lambda p: use())
    with pmpo.Model(MODEL) as other:
        model.score(rows, PROMPTS, template="raw", no_cache=True,
                    progress=lambda p: (model.info, other.score(rows, "x", template="raw")))


def test_an_interrupt_while_a_model_opens():
    """It is raised at once, whatever the opening waits for, here a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        begin = time.monotonic()
        threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            pmpo.Model(url, timeout_s=120)
        assert time.monotonic() - begin < 20
    for t in threading.enumerate():
        if t.name == "pmpo":
            t.join(60)  # nobody listens any longer
            assert not t.is_alive()


@pytest.mark.parametrize("first", ["work", "drop"])
def test_what_was_opened_for_nobody_is_freed(first):
    keep, o = Keep(), ffi.new("pmpo_model_options *")
    lib.pmpo_model_options_init(o)
    o.model = keep.cstr(MODEL)
    opening = _Opening(o, keep)
    if first == "work":
        assert opening.work() == 0 and opening.out[0] != ffi.NULL
        assert opening.drop()
    else:
        assert not opening.drop()
        assert opening.work() == 0
    assert opening.out[0] == ffi.NULL
    assert opening.drop()


def test_cancel_from_another_thread(model, rows):
    many = [f"prompt {i}" for i in range(3000)]
    threading.Timer(0.3, model.cancel).start()
    with pytest.raises(pmpo.Cancelled):
        model.score(rows, many, template="raw", no_cache=True)
