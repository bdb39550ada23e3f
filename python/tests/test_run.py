from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

import pmpo
from conftest import CLI, MODEL

START = "Answer. Say yes or no."
HOW = dict(no_rewriter=True, template="raw", metric="none", iterations=2,
           no_cache=True)


def best_of(path) -> str:
    return subprocess.run([CLI, "show", "--best", str(path)], check=True,
                          capture_output=True, text=True).stdout


def test_arguments_that_would_be_ignored_are_refused(model, rows, tmp_path):
    with pytest.raises(ValueError, match="split is for data alone"):
        pmpo.optimize(model, rows[:6], START, split=(4, 1, 1), validation=rows[6:9],
                      path=tmp_path / "no.pmpo", **HOW)
    for split in ((1.0, 0, 0), (0.5, 2.0, 0), (4, 1.5, 1)):
        with pytest.raises(ValueError, match="shares?, which are below 1, and a count is an int"):
            pmpo.optimize(model, rows, START, split=split, path=tmp_path / "no.pmpo", **HOW)
    for prompts in ([None], [1.5], [pathlib.Path("a.txt")]):
        with pytest.raises(TypeError, match="a text is a str"):
            model.score(rows, prompts)
    with pytest.raises(TypeError, match="a text is a str"):
        pmpo.optimize(model, rows, ["Say"], path=tmp_path / "no.pmpo", **HOW)
    assert not (tmp_path / "no.pmpo").exists()


def test_models_may_be_given_by_name(model, rows, tmp_path):
    mine = model.analyze(rows, START, template="raw")
    named = model.analyze(rows, START, template="raw", rewriter=MODEL)
    assert [s.effect for s in mine.segments] == [s.effect for s in named.segments]
    path = tmp_path / "named.pmpo"
    pmpo.optimize(model, rows, START, path=path, **{**HOW, "iterations": 1})
    assert pmpo.resume(path, model=MODEL, iterations=2).status == "done"
    other = pmpo.Model(MODEL, precision="f32-fast")
    pmpo.optimize(other, rows, START, path=tmp_path / "fast.pmpo", **{**HOW, "iterations": 1})
    assert pmpo.resume(tmp_path / "fast.pmpo", model=MODEL, iterations=2).status == "done"


def test_run_is_the_command_lines(model, rows, file, tmp_path, cli):
    seen = []
    run = pmpo.optimize(model, rows, START, path=tmp_path / "a.pmpo",
                        progress=seen.append, **HOW)
    assert run.status == "done" and seen[-1].iterations == 2
    subprocess.run([CLI, "optimize", "-m", MODEL, "-d", file, "-p", START, "-o",
                    tmp_path / "b.pmpo", "--rewriter", "none", "--template", "raw",
                    "--metric", "none", "--iterations", "2", "--no-cache"],
                   check=True, capture_output=True)
    other = pmpo.Run(tmp_path / "b.pmpo")
    assert repr(run.best) == repr(other.best)  # bit for bit; NaN is not NaN
    assert repr(run.initial) == repr(other.initial)
    assert run.verdict == other.verdict and run.verdict
    assert [c.loss for c in run.candidates if c.loss == c.loss] == \
        [c.loss for c in other.candidates if c.loss == c.loss]
    assert best_of(run.path).rstrip("\n") == run.prompt
    told = cli("show", "--json", run.path)
    assert told["best"]["train_loss"] == run.best.train_loss


def test_reading(model, rows, tmp_path):
    pytest.importorskip("pandas")
    run = pmpo.optimize(model, rows, START, path=tmp_path / "a.pmpo",
                        split=(6, 3, 3), **HOW)
    assert (run.n_train, run.n_val, run.n_test) == (6, 3, 3)
    assert len(run.data("test")) == 3 and run.settings["iterations"] == "2"
    frame = run.to_pandas()
    assert len(frame) == len(run.candidates) and "prompt" in frame
    page = run._repr_html_()
    assert "srcdoc" in page and "&lt;!doctype html" in page.lower()
    assert "<script" not in page  # the report's own are inside the frame
    assert run.report().lower().startswith("<!doctype html")
    assert pmpo.report([run, run.path]).count("a.pmpo") > 1
    assert pmpo.report(run) == pmpo.report(run.path) == pmpo.report([run])
    assert "done" in repr(run)
    with pytest.raises(ValueError, match="train, validation, test"):
        run.data("dev")


def test_given_parts(model, rows, tmp_path):
    run = pmpo.optimize(model, rows[:6], START, validation=rows[6:9],
                        test=rows[9:], path=tmp_path / "a.pmpo", **HOW)
    assert (run.n_train, run.n_val, run.n_test) == (6, 3, 3)
    with pytest.raises(pmpo.DataError, match="data:1: example q5"):
        pmpo.optimize(model, rows[:6], START, validation=rows[5:9],
                      path=tmp_path / "b.pmpo", **HOW)


def test_existing_files_stay(model, rows, tmp_path):
    path = tmp_path / "a.pmpo"
    pmpo.optimize(model, rows, START, path=path, **HOW)
    with pytest.raises(pmpo.Error, match="a.pmpo"):
        pmpo.optimize(model, rows, START, path=path, **HOW)
    pmpo.optimize(model, rows, START, path=path, force=True, **HOW)


def test_mistakes_are_told_before_a_model_is_opened(rows, tmp_path):
    """The model is none, which would be told as well."""
    old = tmp_path / "old.pmpo"
    old.write_text("mine")
    for says, data, given in [
        ("old.pmpo exists already", rows, dict(path=old)),
        ("there is no folder", rows, dict(path=tmp_path / "none" / "a.pmpo")),
        ("data:1: no target", [{"input": "x"}], {}),
        ("the training part of the split is empty", rows, dict(split=(0, 4, 4))),
        ("data:1: example q5", rows[:6], dict(validation=rows[5:9])),
        ("to freeze is not in the prompt", rows, dict(freeze="zzz")),
        ("unknown metric|not one of|number", rows, dict(metric="number")),
    ]:
        with pytest.raises(pmpo.Error, match=says):
            pmpo.optimize("/nowhere.gguf", data, START,
                          **{**HOW, "path": tmp_path / "new.pmpo", **given})
    assert old.read_text() == "mine" and os.listdir(tmp_path) == ["old.pmpo"]


def test_budgets_stop_and_resume_ends_alike(model, rows, tmp_path):
    whole = pmpo.optimize(model, rows, START, path=tmp_path / "a.pmpo", **HOW)
    part = pmpo.optimize(model, rows, START, path=tmp_path / "b.pmpo",
                         budget_tokens=500, **HOW)
    assert part.status == "stopped" and "budget" in part.status_reason
    rest = pmpo.resume(part, no_cache=True)  # opens the model itself
    assert rest.status == "done" and repr(rest.best) == repr(whole.best)
    more = pmpo.resume(rest.path, model=model, iterations=3)
    assert more.max_iterations == 3


def test_an_exception_in_progress_stops_cleanly(model, rows, tmp_path):
    def fail(p: pmpo.Progress) -> None:
        if p.iteration == 1:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        pmpo.optimize(model, rows, START, path=tmp_path / "a.pmpo",
                      progress=fail, **HOW)
    run = pmpo.Run(tmp_path / "a.pmpo")
    assert run.status in ("stopped", "done")
    assert pmpo.resume(run, model=model).status == "done"


def test_keyboard_interrupt(rows, tmp_path):
    """A real ^C, to a process that works and has no progress function."""
    path = tmp_path / "a.pmpo"
    program = textwrap.dedent(f"""
        import pmpo, sys
        rows = {rows!r}
        m = pmpo.Model({MODEL!r})
        print("go", flush=True)
        try:
            m.score(rows, [f"p {{i}}" for i in range(200000)], template="raw",
                    no_cache=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        # what follows is not cancelled
        print(m.score(rows, "x", template="raw").loss[0] > 0)
        try:
            pmpo.optimize(m, rows, {START!r}, path={str(path)!r}, template="raw",
                          no_rewriter=True, metric="none", iterations=500,
                          patience=0, no_cache=True,
                          progress=lambda p: print(p.stage, flush=True))
        except KeyboardInterrupt:
            print("interrupted too", pmpo.Run({str(path)!r}).status, flush=True)
        """)
    p = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE,
                         text=True)
    assert p.stdout is not None
    lines = []
    for line in p.stdout:
        lines.append(line.strip())
        if lines[-1] == "go":
            threading.Timer(1.0, p.send_signal, [signal.SIGINT]).start()
        if lines[-1] == "masking" and lines.count("masking") == 1:
            p.send_signal(signal.SIGINT)
    assert p.wait() == 0
    assert "interrupted" in lines and "True" in lines
    assert lines[-1] == "interrupted too stopped"
    assert pmpo.resume(path, iterations=1).status == "done"


def test_default_path(model, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = pmpo.optimize(model, rows, START, **HOW)
    assert run.path.startswith("pmpo-") and pathlib.Path(run.path).exists()
    assert os.listdir(tmp_path) == [run.path]


def test_no_run():
    with pytest.raises(pmpo.Error, match="nowhere"):
        pmpo.Run("/nowhere.pmpo")


def test_joined_models(rows, file, tmp_path):
    """A prompt for two models: the command line's run, and resumed with both."""
    other = os.environ["PMPO_TEST_CHAT"]
    with pmpo.Model(MODEL) as first, pmpo.Model(other) as second:
        assert first.join(second, how="max") is first
        with pytest.raises(pmpo.UsageError):
            first.join(second, second)
        run = pmpo.optimize(first, rows, START, path=tmp_path / "a.pmpo", **HOW)
    assert run.settings["joint"] == "max"
    subprocess.run([CLI, "optimize", "-m", MODEL, "-m", other, "--joint", "max", "-d", file, "-p", START,
                    "-o", tmp_path / "b.pmpo", "--rewriter", "none", "--template", "raw", "--metric", "none",
                    "--iterations", "2", "--no-cache"], check=True, capture_output=True)
    told = pmpo.Run(tmp_path / "b.pmpo")
    assert repr(run.best) == repr(told.best) and run.verdict == told.verdict
    more = pmpo.resume(run, iterations=3)  # both are opened again; nothing is left to propose
    assert more.status == "done" and repr(more.best) == repr(run.best)
    with pmpo.Model(MODEL) as alone, pytest.raises(pmpo.Error, match="joint|model"):
        pmpo.resume(run, model=alone, rewriter=alone, iterations=4)
    with pmpo.Model(MODEL) as m, pytest.raises(ValueError, match="mean, max"):
        m.join(m, how="least")


def test_closing_a_joined_model(rows, tmp_path):
    """The one that it is joined with goes on by itself, but does not optimise as if nothing were missing."""
    first, second = pmpo.Model(MODEL), pmpo.Model(os.environ["PMPO_TEST_CHAT"])
    third = pmpo.Model(os.environ["PMPO_TEST_CHAT"])
    first.join(second)
    second.close()
    loss = first.score(rows, "x", template="raw").loss[0]
    assert loss > 0
    first.cancel()
    with pytest.raises(pmpo.Cancelled):
        first.score(rows, "y", template="raw", no_cache=True)
    with pytest.raises(ValueError, match="joined is closed"):
        pmpo.optimize(first, rows, START, path=tmp_path / "a.pmpo", **HOW)
    with pytest.raises(ValueError, match="closed"):
        first.join(second)
    first.join(third).join()  # alone again: third is free
    third.close()
    assert pmpo.optimize(first, rows, START, path=tmp_path / "b.pmpo", **HOW).status == "done"
    first.close()


def test_a_model_joined_to_a_closed_one_is_free():
    with pmpo.Model(os.environ["PMPO_TEST_CHAT"]) as second:
        with pmpo.Model(MODEL) as first:
            first.join(second)
        assert second.info["n_vocab"] == 259
        second.cancel()


def test_no_options_without_effect(model, rows, tmp_path):
    path = tmp_path / "a.pmpo"
    pmpo.optimize(model, rows, START, path=path, **HOW)
    with pytest.raises(ValueError, match="api_key: no effect, the run's scoring model is no URL"):
        pmpo.resume(path, api_key="s3cret")
    with pytest.raises(ValueError, match="timeout_s: no effect beside model"):
        pmpo.resume(path, model=model, timeout_s=5)
    with pytest.raises(ValueError, match="budget_dollars needs price_in"):
        pmpo.resume(path, budget_dollars=1.0)
    for other in ({"api_kee": "s3cret"}, {"precision": "f32"}):
        with pytest.raises(TypeError, match=f"resume has no {next(iter(other))}"):
            pmpo.resume(path, **other)
