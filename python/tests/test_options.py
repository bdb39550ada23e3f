"""The lists of options are those of the library."""

from __future__ import annotations

import os
import pathlib

import pytest

import pmpo
from pmpo._core import Keep, _cname, _members, set_options, words
from pmpo._model import metric_bits
from pmpo._pmpo import ffi

# What calls take as arguments of their own, or not at all.
OWN = {"size", "progress", "progress_ud", "how", "dry_run", "score", "prompt", "model",
       "marked_prompt", "split", "custom", "n_custom", "approve", "ask", "ask_ud",
       "seen", "metrics", "judge", "run_loss", "families"}


@pytest.mark.parametrize("listed, structs", [
    (pmpo.ModelOptions, ["pmpo_model_options"]),
    (pmpo.ScoreOptions, ["pmpo_score_options"]),
    (pmpo.EvalOptions, ["pmpo_eval_options"]),
    (pmpo.OptimizeOptions, ["pmpo_optimize_options", "pmpo_score_options"]),
])
def test_every_option_is_listed(listed, structs):
    there = {n for s in structs for n, _ in _members(ffi.typeof(s))} - OWN
    there = {"template" if n == "template_name" else n for n in there}
    if len(structs) > 1:
        there -= {"plain", "noise_floor"}  # of single scorings
    assert set(listed.__annotations__) == there


STRUCTS = [n for n in ffi.list_types()[0] if n.endswith("_options") and ffi.typeof(n).kind == "struct"]


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_word_can_be_set(struct):
    """Fields of words take each word that the library knows, and no other."""
    for name, kind in _members(ffi.typeof(struct)):
        if kind.kind != "enum":
            continue
        o = ffi.new(f"{struct} *")
        known = words(_cname(kind))
        for place, word in enumerate(known):
            set_options(o, {name: word}, Keep())
            assert int(ffi.cast("int", getattr(o, name))) == place
        with pytest.raises(ValueError, match=f"{name} is one of {known[0]}"):
            set_options(o, {name: "never"}, Keep())


@pytest.mark.parametrize("struct, given", [
    ("pmpo_optimize_options", {"library": ["Be brief."]}),
    ("pmpo_optimize_options", {"task": pathlib.Path("task.txt")}),
    ("pmpo_optimize_options", {"proposers": ["edit"]}),
    ("pmpo_score_options", {"template": 5}),
    ("pmpo_model_options", {"tokenizer": 5}),
])
def test_texts_are_texts(struct, given):
    (name,) = given
    with pytest.raises(TypeError, match=f"{name} is a text .str., not "):
        set_options(ffi.new(f"{struct} *"), given, Keep())


@pytest.mark.parametrize("given", [{"dry_run": True}, {"size": 3}])
def test_what_is_no_option_is_refused(given):
    with pytest.raises(TypeError, match="has no "):
        set_options(ffi.new("pmpo_score_options *"), given, Keep())


def test_no_metrics_are_refused():
    with pytest.raises(ValueError, match="metrics is empty"):
        metric_bits([])


def test_files_may_be_paths():
    o, keep = ffi.new("pmpo_model_options *"), Keep()
    set_options(o, {"tokenizer": pathlib.Path("a.gguf"), "ca_file": os.fsdecode(b"\xff")}, keep)
    assert (ffi.string(o.tokenizer), ffi.string(o.ca_file)) == (b"a.gguf", b"\xff")


def test_the_structs_are_found():
    assert {"pmpo_model_options", "pmpo_score_options", "pmpo_optimize_options"} <= set(STRUCTS)
