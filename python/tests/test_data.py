from __future__ import annotations

import math
import os

import numpy as np
import pytest

import pmpo


def test_rows_frames_sets_and_paths_are_alike(rows, file):
    pandas = pytest.importorskip("pandas")
    a = pmpo.Data(rows)
    assert len(a) == 12 and list(a) == list(pmpo.Data(file))
    assert list(pmpo.Data(pandas.DataFrame(rows))) == list(a)
    datasets = pytest.importorskip("datasets")
    assert list(pmpo.Data(datasets.Dataset.from_list(rows))) == list(a)


def test_what_is_missing(rows):
    pandas = pytest.importorskip("pandas")
    rows[3]["answer"] = "y"
    rows[4]["weight"] = 2
    frame = pandas.DataFrame(rows)  # NaN in all the other rows
    d = pmpo.Data(frame)
    assert d[3]["answer"] == "y" and "answer" not in d[4]
    assert d[4]["weight"] == 2 and d[3]["weight"] == 1


def test_numpy_values():
    d = pmpo.Data([{"input": "x", "target": "a", "weight": np.float32(0.5),
                    "options": np.array(["a", "b"])}])
    assert d[0]["options"] == ["a", "b"] and d[0]["weight"] == 0.5


def test_other_columns_may_be_anything():
    import datetime
    d = pmpo.Data([{"input": "x", "target": "a", "when": datetime.date(2026, 1, 1),
                    "image": b"\x00", "far": math.inf, "hash": 2**64 - 1,
                    "nul": "a\0b", "half": "\ud800", "examples": ["x"], "a\0": 1}])
    assert d[0]["target"] == "a"
    with pytest.raises(pmpo.DataError, match='data:2: "input"'):
        pmpo.Data([{"input": "x", "target": "a"}, {"input": b"x", "target": "a"}])
    with pytest.raises(pmpo.DataError, match='data:1: "prompt"'):
        pmpo.Data([{"prompt": b"x", "target": "a"}])
    with pytest.raises(pmpo.DataError, match='data:1: "input": .*surrogate'):
        pmpo.Data([{"input": "x\ud800", "target": "a"}])
    with pytest.raises(pmpo.DataError, match='data:1: "weight"'):
        pmpo.Data([{"input": "x", "target": "a", "weight": math.inf}])


def test_texts_come_back_as_they_are():
    odd = "  ünïcode\r\n\ttab \u2028 \U0001f600 "
    assert pmpo.Data([{"input": odd, "target": odd}])[0]["target"] == odd


def test_messages():
    m = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    d = pmpo.Data([{"messages": m, "chosen": "a", "rejected": ["b"]}])
    assert d[0]["messages"] == m and d[0]["rejected"] == ["b"]


def test_drawn_rejected_outputs_stay_drawn():
    rows = [{"input": f"q{i}", "chosen": f"a{i}", "rejected": ["b"], "rejected_drawn": True}
            for i in range(3)]
    once = pmpo.Data(rows)
    assert once[0]["rejected_drawn"] and once[0]["rejected"] == ["b"]
    assert list(pmpo.Data(list(once))) == list(once)


@pytest.mark.parametrize("bad, says", [
    ([{"input": "x"}], "data:1: no target"),
    ([{"input": "x", "target": "a"}, {"input": "y", "target": ""}], "data:2:"),
    ([], "no examples"),
    ([{"input": "x", "target": "a", "weight": -1}], "weight"),
])
def test_mistakes_name_the_row(bad, says):
    with pytest.raises(pmpo.DataError, match=says) as e:
        pmpo.Data(bad)
    assert e.value.name == "PMPO_EDATA" and e.value.code == -3
    assert isinstance(e.value, ValueError)


def test_no_such_file():
    with pytest.raises(pmpo.Error, match="No such file"):
        pmpo.Data("/nowhere.jsonl")


def test_no_rows():
    with pytest.raises(TypeError, match="rows of dicts"):
        pmpo.Data([1, 2])
    with pytest.raises(ValueError):
        pmpo.Data([{"input": "x", "target": "a", "weight": math.inf}])


def test_indices_and_frames(rows):
    pytest.importorskip("pandas")
    d = pmpo.Data(rows, limit=5)
    assert len(d) == 5 and d[-1]["id"] == "q4"
    with pytest.raises(IndexError):
        d[5]
    assert list(d.to_pandas()["id"]) == [f"q{i}" for i in range(5)]


def test_a_files_name_need_not_be_utf8(file):
    odd = os.fsencode(file) + b"\xff"
    os.link(file, odd)
    assert len(pmpo.Data(os.fsdecode(odd))) == 12
    with pytest.raises(ValueError, match="NUL"):
        pmpo.Data("a\0b")
