"""The Python that README and docs/python.md show runs as it stands there, on the tiny chat model."""
import os
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
ROWS = [{"input": f"Is {i} even?", "target": "Yes" if i % 2 == 0 else "No", "options": ["Yes", "No"]} for i in range(12)]


def blocks(page):
    """Its indented blocks that begin with an import of pmpo."""
    text = (TOP / page).read_text()
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M)
    plain = [re.sub(r"^    ", "", b, flags=re.M).strip("\n") for b in found]
    return [b for b in plain if b.startswith("import pmpo")]


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_what_the_page_shows_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # runs are made where one stands
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shown = blocks(page)
    assert shown
    for block in shown:
        code, n = re.subn(r'"qwen2[^"]*"', repr(os.environ["PMPO_TEST_CHAT"]), block)
        assert n == 1
        names = {"rows": ROWS}
        exec(compile(code, page, "exec"), names)
        assert names["run"].prompt and names["run"].verdict
        if "scores" in names:
            assert names["scores"].loss.shape == (2,)
