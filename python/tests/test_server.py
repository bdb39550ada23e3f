"""Models behind a URL, against a server of the tests. PMPO_TEST_SERVER: the
program that serves (tests/serve_fake.c)."""

from __future__ import annotations

import functools
import os
import subprocess
from typing import Any, Iterator

import pytest

import pmpo
from conftest import MODEL


def serve(*arguments: str) -> Iterator[str]:
    with subprocess.Popen([os.environ["PMPO_TEST_SERVER"], *arguments],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as server:
        assert server.stdin and server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


@pytest.fixture
def url() -> Iterator[str]:
    yield from serve("vllm")


@pytest.fixture
def locked() -> Iterator[str]:
    yield from serve("vllm", "s3cret")


def test_scores_are_those_of_the_command_line(url: str, rows: Any, file: Any,
                                              cli: Any) -> None:
    with pmpo.Model(url, model_name="fake") as model:
        assert model.info["dialect"] == "vllm"
        got = model.score(rows, ["Say yes or no.", "So?"])
    told = cli("score", "--json", "--no-cache", "-m", url, "--model-name", "fake", "-d", str(file), "-p", "Say yes or no.",
               "-p", "So?")
    assert list(got.loss) == [p["loss"] for p in told["prompts"]]
    assert got.loss[0] != got.loss[1]


def test_a_run(url: str, rows: Any, tmp_path: Any) -> None:
    with pmpo.Model(url, model_name="fake", concurrency=4, price_in=1.0) as model:
        run = pmpo.optimize(model, rows, "Say yes or no.", iterations=1,
                            path=tmp_path / "a.pmpo", metric="none", no_cache=True)
    assert run.status == "done" and run.cost.dollars > 0
    assert run.best.train_loss <= run.initial.train_loss


def test_keys(locked: str, rows: Any) -> None:
    with pytest.raises(pmpo.Error, match="401"):
        pmpo.Model(locked)
    with pmpo.Model(locked, model_name="fake", api_key="s3cret") as model:
        assert model.score(rows, "So?").loss[0] > 0


def test_keys_come_from_the_environment(locked: str, rows: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pmpo.Error, match="401.*give api_key=, or set PMPO_API_KEY"):
        pmpo.Model(locked, model_name="fake")
    monkeypatch.setenv("PMPO_API_KEY", "s3cret")
    with pmpo.Model(locked, model_name="fake") as model:
        part = pmpo.optimize(model, rows, "Say yes or no.", iterations=1, path=tmp_path / "a.pmpo",
                             metric="none", no_cache=True, budget_tokens=500)
    assert pmpo.resume(part, no_cache=True).status == "done"
    with pytest.raises(pmpo.Error, match="401"): # the keyword goes first, and "" is none
        pmpo.Model(locked, model_name="fake", api_key="other")
    with pytest.raises(pmpo.Error, match="401"):
        pmpo.Model(locked, model_name="fake", api_key="")
    with pmpo.Model(locked, model_name="fake") as model, pytest.raises(pmpo.Error, match="PMPO_REWRITER_API_KEY"):
        model.analyze(rows, "Say yes or no.", rewriter=locked)


def test_a_run_behind_a_key_goes_on(locked: str, rows: Any, tmp_path: Any) -> None:
    with pmpo.Model(locked, model_name="fake", api_key="s3cret") as model:
        part = pmpo.optimize(model, rows, "Say yes or no.", iterations=2, path=tmp_path / "a.pmpo",
                             metric="none", no_cache=True, budget_tokens=500)
    assert part.status == "stopped"
    with pytest.raises(pmpo.Error, match="401"):
        pmpo.resume(part)
    spent = pmpo.resume(part, api_key="s3cret", price_in=1e6, budget_dollars=1.0, no_cache=True)
    assert spent.status == "stopped" and "dollars" in spent.status_reason
    rest = pmpo.resume(part, api_key="s3cret", timeout_s=60, concurrency=2, no_cache=True)
    assert rest.status == "done"


def test_a_judge_scores(url: str, rows: Any, file: Any, cli: Any, model: Any,
                        monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened by its name as by the command line: it says how sure it is."""
    monkeypatch.setattr(pmpo.Model, "__init__",  # this server serves two
                        functools.partialmethod(pmpo.Model.__init__, model_name="fake"))
    prompts = ["Say yes or no.", "So?"]
    got = model.evaluate(rows, prompts, metrics="judge", judge=url, template="raw", max_tokens=4,
                         no_cache=True)
    told = cli("eval", "--json", "-m", MODEL, "-d", str(file), "-p", prompts[0], "-p", prompts[1], "--metric",
               "judge", "--judge", url, "--judge-name", "fake", "--template", "raw", "--max-tokens", "4", "--no-cache")
    assert list(got.value[:, 0]) == [p["metrics"]["judge"]["value"] for p in told["prompts"]]


def test_nobody_there(url: str) -> None:
    with pytest.raises(pmpo.Error, match="127.0.0.1:1"):
        pmpo.Model("http://127.0.0.1:1/v1", timeout_s=2)


def test_chats_alone_do_not_score(rows: Any) -> None:
    for url in serve("chat"):
        with pmpo.Model(url, model_name="fake") as model, pytest.raises(pmpo.Error):
            assert model.info["cant_score"]
            model.score(rows, "So?")
