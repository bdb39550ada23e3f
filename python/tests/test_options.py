"""The lists of options are those of the library."""

from __future__ import annotations

import pytest

import pmpo
from pmpo._core import _members
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
