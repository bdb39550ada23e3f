"""pmpo: a better prompt for a language model, found by measuring.

    import pmpo

    model = pmpo.Model("smollm2-135m-instruct")
    rows = [{"input": "Is 7 prime?", "target": "Yes", "options": ["Yes", "No"]}]
    scores = model.score(rows, ["Answer yes or no.", "Be brief."])
    scores.loss                      # nats, one for each prompt
    run = pmpo.optimize(model, "train.jsonl", "Answer yes or no.")
    run.prompt, run.verdict

Everything is done by the library libpmpo; numbers are those of the command line,
bit for bit. docs/python.md introduces the module.
"""

from ._core import (Cancelled, DataError, Error, ModelError, Progress,
                    UsageError)
from ._data import Data, DataLike
from ._model import Model
from ._options import (ConnectionOptions, EvalOptions, ModelOptions,
                       OptimizeOptions, ScoreOptions)
from ._pmpo import ffi as _ffi
from ._pmpo import lib as _lib
from ._results import (Analysis, Cost, Evaluation, Scores, Segment,
                       TargetScore)
from ._run import Candidate, Iteration, Outcome, Run, optimize, report, resume

__version__: str = _ffi.string(_lib.pmpo_version()).decode()

__all__ = [
    "Analysis", "Cancelled", "Candidate", "ConnectionOptions", "Cost", "Data",
    "DataError", "DataLike", "Error", "EvalOptions", "Evaluation", "Iteration", "Model", "ModelError",
    "ModelOptions", "OptimizeOptions", "Outcome", "Progress", "Run",
    "ScoreOptions", "Scores", "Segment", "TargetScore", "UsageError", "optimize",
    "report", "resume",
]
