"""What the tests share: a model of random weights, examples, the command line.

PMPO_TEST_MODEL: a GGUF file (tests/make_tiny.c makes one); PMPO_TEST_CLI: the
program pmpo of the same build."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile
from typing import Any, Callable

import pytest

import pmpo

MODEL = os.environ["PMPO_TEST_MODEL"]
CLI = os.environ["PMPO_TEST_CLI"]


# One cache folder for module and command line: what is chosen by measuring (who
# multiplies) is remembered there, and must be the same for both.
CACHE = tempfile.TemporaryDirectory(prefix="pmpo-test-")
os.environ["XDG_CACHE_HOME"] = CACHE.name


@pytest.fixture(scope="session")
def model() -> pmpo.Model:
    return pmpo.Model(MODEL)


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return [{"id": f"q{i}", "input": f"Is {i} below 6?",
             "target": "yes" if i < 6 else "no", "options": ["yes", "no"]}
            for i in range(12)]


@pytest.fixture
def file(rows: list[dict[str, Any]], tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


@pytest.fixture
def cli() -> Callable[..., Any]:
    """The command line's --json, read."""

    def call(*arguments: str) -> Any:
        done = subprocess.run([CLI, *arguments], capture_output=True, text=True,
                              check=True, env=os.environ)
        return json.loads(done.stdout)

    return call
