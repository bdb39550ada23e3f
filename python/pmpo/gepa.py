"""A likelihood scorer for GEPA: candidates are compared by the probability that a
model gives to the known answers. Nothing is generated to score.

    adapter = pmpo.gepa.LikelihoodAdapter(model)
    gepa.optimize({"system_prompt": "..."}, trainset, adapter=adapter, reflection_lm=...)

Data are those of GEPA's default adapter: input, answer, additional_context."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gepa.core.adapter import EvaluationBatch

from ._core import Error
from ._model import Model
from ._results import TargetScore

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import ScoreOptions


def _costliest(t: TargetScore) -> str:
    """The piece of the answer that surprised the model most."""
    if not len(t.token_ends):
        return ""
    k = int(np.argmin(t.token_logprobs))
    begin = int(t.token_ends[k - 1]) if k else 0
    return t.text.encode()[begin:int(t.token_ends[k])].decode(errors="replace")


class LikelihoodAdapter:
    """GEPA's adapter: the candidate's only component is the system message (or
    where options["template"] says), the input the user's.

    The score of an example is exp(-loss), between 0 and 1: with the default loss,
    nll, the geometric mean of the probabilities of the answer's tokens; with
    loss="choice" and rows that have options, the answer's share of them. calibrate
    is refused with nll, which it makes negative. GEPA's perfect_score is 1, as it
    is by default. A candidate that is too long for the model has the score 0 for
    all examples of its batch, and a warning says so."""

    propose_new_texts: None = None  # GEPA's own words ask for new prompts

    def __init__(self, model: Model, **options: Unpack[ScoreOptions]) -> None:
        if options.get("calibrate") not in (None, "none") and \
                options.get("loss", "nll") not in ("choice", "preference"):
            raise ValueError("calibrate makes the loss nll negative, and a score is at "
                             "most 1: give loss=\"choice\" or \"preference\"")
        self.model = model
        self.options = options

    def evaluate(self, batch: Sequence[Mapping[str, Any]], candidate: dict[str, str],
                 capture_traces: bool = False) -> Any:
        if len(candidate) != 1:
            raise ValueError("one prompt is scored: the candidate has "
                             + ", ".join(candidate))
        (prompt,) = candidate.values()
        rows = [{k: v for k, v in (("input", d["input"]), ("target", d["answer"]),
                                   ("options", d.get("options"))) if v is not None}
                for d in batch]
        how: ScoreOptions = {"loss": "nll", **self.options}
        try:
            scores = self.model.score(rows, prompt, **how)
        except Error as e:
            if e.name != "PMPO_ETOOLONG":
                raise
            return self._too_long(batch, str(e), capture_traces)
        outputs = [{"nats": ts[0].nats, "picked": ts[int(p)].text if p >= 0 else ""}
                   for ts, p in zip(scores.targets[0], scores.picked[0])]
        told = [{"data": d, "output": o, "feedback": self._feedback(ts[0], o, float(x))}
                for d, o, ts, x in zip(batch, outputs, scores.targets[0],
                                       scores.losses[0])]
        return EvaluationBatch(
            outputs=outputs, scores=[float(x) for x in np.exp(-scores.losses[0])],
            trajectories=told if capture_traces else None, num_metric_calls=len(rows))

    @staticmethod
    def _too_long(batch: Sequence[Mapping[str, Any]], why: str, traces: bool) -> Any:
        """The worst score for all examples, so that the run goes on with other prompts."""
        warnings.warn(f"a candidate has the score 0: {why}", stacklevel=3)
        outputs = [{"nats": np.nan, "picked": ""} for _ in batch]
        told = [{"data": d, "output": o, "feedback": f"The prompt can't be used: {why}"}
                for d, o in zip(batch, outputs)]
        return EvaluationBatch(
            outputs=outputs, scores=[0.0] * len(outputs),
            trajectories=told if traces else None, num_metric_calls=len(outputs))

    @staticmethod
    def _feedback(t: TargetScore, output: Mapping[str, Any], loss: float) -> str:
        said = (f"The right answer is {t.text!r}. The model gives it {t.nats:.2f} nats "
                f"({loss:.2f} a token, or by the loss that was asked for; 0 is sure). ")
        if output["picked"] and output["picked"] != t.text:
            said += f"It finds {output['picked']!r} likelier. "
        piece = _costliest(t)
        return said + (f"It is most surprised by {piece!r}." if piece else "")

    def make_reflective_dataset(self, candidate: dict[str, str], eval_batch: Any,
                                components_to_update: list[str]
                                ) -> dict[str, list[dict[str, Any]]]:
        records = [{
            "Inputs": t["data"]["input"],
            "Generated Outputs": t["output"]["picked"] or "(none: the likelihood of "
                                                          "the right answer was read)",
            "Feedback": t["feedback"] + "".join(
                f"\n{k}: {v}" for k, v in
                (t["data"].get("additional_context") or {}).items())}
            for t in eval_batch.trajectories]
        return {name: records for name in components_to_update}
