"""Other prompt optimisers on pmpo's data, model and start prompt; see run.sh.

Each runs as its documentation recommends for a small budget, the model rewrites for itself. Replies get pmpo's own
marks while it searches, and what comes out is measured by `pmpo eval`, for all alike (model.py).
"""
import argparse
import json
import os
import random
import sys
import tempfile
import time

from model import REWRITE_TOKENS, Chat, Marks, Refused, Reply, examples, label
from proxy import Proxy, Server, model_path, wait_until_ready

START = "Let's think step by step."
FIXED = [START, "Please output directly and only output the final answer.",
         "First think about the principles that the question involves, then solve it step by step.",
         "First rephrase the question so that nothing in it is ambiguous, then solve it step by step."]
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # nothing is fetched


def feedback(right, example):
    return ("The answer is right." if right else f"The answer is wrong. The right answer is {label(example)}.") \
        + f" A worked example of a right output: {example['target']}"


# ---- the peers: each returns (prompt, what happened) --------------------------


def gepa(job):
    import gepa as lib
    from gepa.adapters.default_adapter.default_adapter import DefaultAdapter, EvaluationResult

    def mark(data, response):
        right = job.marks(data["example"], response)
        return EvaluationResult(float(right), feedback(right, data["example"]))

    class AtOnce(DefaultAdapter):
        """The default adapter, whose replies come several at a time."""

        def evaluate(self, batch, candidate, capture_traces=False):
            prompt = next(iter(candidate.values()))
            replies = iter(job.chat.answers([prompt] * len(batch), [x["input"] for x in batch]))
            self.model = lambda messages: next(replies)
            return super().evaluate(batch, candidate, capture_traces)

    def rows(list_):
        return [{"input": e["input"], "answer": label(e), "additional_context": {}, "example": e} for e in list_]

    def is_over(_):
        return job.proxy.used_up() or job.chat.failed is not None

    result = lib.optimize(seed_candidate={"system_prompt": START}, trainset=rows(job.train), valset=rows(job.val),
                          adapter=AtOnce(model=lambda messages: "", evaluator=mark), reflection_lm=job.chat.rewrite,
                          stop_callbacks=[is_over], reflection_minibatch_size=3, seed=job.seed,
                          raise_on_exception=False, max_metric_calls=100000)
    best = result.best_candidate
    return best["system_prompt"], f"{len(result.candidates)} candidates"


def miprov2(job):
    import dspy
    cut = "\x00"  # at the end of a reply that was cut off

    class Model(dspy.BaseLM):
        def __init__(self, max_tokens):
            super().__init__(model="model", temperature=0.0, max_tokens=max_tokens, cache=False)

        def forward(self, prompt=None, messages=None, **more):
            messages = messages or [{"role": "user", "content": prompt}]
            how = {**self.kwargs, **more}
            response = job.chat.response(messages, how["max_tokens"], how.get("temperature") or 0.0)
            for choice in response.choices:
                choice.message.content = (choice.message.content or " ") + cut * (choice.finish_reason == "length")
            return response

    def is_ours(signature):
        return list(signature.input_fields) == ["question"] and list(signature.output_fields) == ["answer"]

    class AsMeasured(dspy.ChatAdapter):
        """The program that is optimised asks as its prompt is measured, in no frame of fields; the rest as ever."""

        def format(self, signature, demos, inputs):
            if not is_ours(signature):
                return super().format(signature, demos, inputs)
            return [{"role": "system", "content": signature.instructions},
                    {"role": "user", "content": inputs["question"]}]

        def parse(self, signature, completion):
            if not is_ours(signature):
                return super().parse(signature, completion.rstrip(cut))
            return {"answer": Reply.of(completion.rstrip(cut), not completion.endswith(cut))}

    answering, rewriting = Model(job.reply_tokens), Model(REWRITE_TOKENS)
    dspy.configure(lm=answering, adapter=AsMeasured())
    program = dspy.Predict(dspy.Signature("question -> answer", START))

    def rows(list_):
        # What begins with dspy_ isn't shown to the model.
        return [dspy.Example(question=e["input"], answer=label(e), dspy_whole=e).with_inputs("question")
                for e in list_]

    def mark(example, prediction, trace=None):
        return job.marks(example.dspy_whole, getattr(prediction, "answer", None) or "")

    teacher = dspy.MIPROv2(metric=mark, prompt_model=rewriting, task_model=answering, auto="light",
                           max_bootstrapped_demos=0, max_labeled_demos=0, num_threads=8, seed=job.seed,
                           max_errors=10000)
    try:
        found = teacher.compile(program, trainset=rows(job.train), valset=rows(job.val))
    except Exception as e:  # it has nothing to show before its end
        must_be_refusal(job, e)
        return START, f"ended early: {type(e).__name__}"
    return found.signature.instructions, f"score {getattr(found, 'score', None)}"


def capo(job):
    import numpy
    import pandas
    from promptolution.llms.base_llm import BaseLLM
    from promptolution.optimizers import CAPO
    from promptolution.predictors.base_predictor import BasePredictor
    from promptolution.tasks.reward_tasks import RewardTask
    from promptolution.utils.callbacks import BaseCallback
    random.seed(job.seed)
    numpy.random.seed(job.seed)
    both = random.sample(job.train + job.val, len(job.train + job.val))
    by_input = {e["input"]: e for e in both}

    class Rewriter(BaseLLM):
        def _get_response(self, prompts, system_prompts):
            return list(job.chat.pool.map(job.chat.rewrite, (
                [{"role": "system", "content": s}, {"role": "user", "content": p}]
                for s, p in zip(system_prompts, prompts))))

    class AsMeasured(BasePredictor):
        """Asks with the prompt as the system message, as it is measured. The prediction of a right reply is the
        target: by that the library tells which replies may be demonstrations, too."""

        def predict(self, prompts, xs, system_prompts=None):
            replies = job.chat.answers([prompts] * len(xs) if isinstance(prompts, str) else prompts, xs)
            known = [by_input[x] for x in xs]
            return ([e["target"] if job.marks(e, reply) else str(reply) for e, reply in zip(known, replies)],
                    [f"{x}\n{reply}" for x, reply in zip(xs, replies)])

        def _extract_preds(self, preds):
            return preds

    class Stop(BaseCallback):
        steps = 0

        def on_step_end(self, optimizer):
            self.steps += 1
            return not job.proxy.used_up()

    llm = Rewriter()
    table = pandas.DataFrame([{"x": e["input"], "y": e["target"], "whole": e["input"]} for e in both])
    task = RewardTask(df=table, reward_function=lambda pred, whole: float(pred == by_input[whole]["target"]),
                      x_column="x", y_column="y", reward_columns=["whole"], task_description="Solve the task.",
                      n_subsamples=5, eval_strategy="sequential_block", seed=job.seed)
    shots = task.pop_datapoints(n=5)  # as many as a prompt has at most; its own choice, a tenth, is fewer here
    stop = Stop()
    optimizer = CAPO(predictor=AsMeasured(llm), task=task, meta_llm=llm, initial_prompts=list(FIXED),
                     df_few_shots=shots, callbacks=[stop])
    try:
        found = optimizer.optimize(1000)
    except Exception as e:
        must_be_refusal(job, e)
        return START, f"ended early: {type(e).__name__}"
    if not job.proxy.used_up():
        raise SystemExit("peers.py: CAPO ended before its budget")  # it only logs what goes wrong
    if stop.steps == 0:
        return START, "no step within the budget"
    return found[0].construct_prompt(), f"{stop.steps} steps"


def textgrad(job):
    import textgrad as tg
    from textgrad.engine.base import EngineLM

    class Engine(EngineLM):
        model_string = "model"
        system_prompt = "You are a helpful, creative, and smart assistant."

        def __init__(self, ask):
            self.ask = ask

        def generate(self, prompt, system_prompt=None, **_):
            return str(self.ask(system_prompt or self.system_prompt, prompt))

        def __call__(self, prompt, **more):
            return self.generate(prompt, **more)

    rewriter = Engine(lambda system, text: job.chat.ask(
        [{"role": "system", "content": system}, {"role": "user", "content": text}], REWRITE_TOKENS))
    tg.set_backward_engine(rewriter, override=True)
    draw = random.Random(job.seed)
    prompt = tg.Variable(START, requires_grad=True, role_description="system prompt to the language model")
    model = tg.BlackboxLLM(Engine(job.chat.answer), prompt)
    descent = tg.TextualGradientDescent(engine=rewriter, parameters=[prompt])

    def right_of(text):
        replies = job.chat.answers([text] * len(job.val), [e["input"] for e in job.val])
        return sum(job.marks(e, reply) for e, reply in zip(job.val, replies))

    def step():
        descent.zero_grad()
        losses = []
        for e in draw.sample(job.train, min(3, len(job.train))):
            question = tg.Variable(e["input"], requires_grad=False, role_description="query to the model")
            loss = tg.TextLoss("Evaluate the answer to the question. The right answer is " + label(e)
                               + ". Be critical, and say shortly what in the system prompt would have helped.")
            losses.append(loss(model(question)))
        tg.sum(losses).backward()
        descent.step()

    steps = unusable = 0
    best = (right_of(START), START)
    while not job.proxy.used_up() and not job.proxy.refused and unusable < 100:
        try:
            steps += 1
            step()
            now = right_of(prompt.value)
            best = max(best, (now, prompt.value), key=lambda x: x[0])
        except (IndexError, Refused):  # the rewriter's reply has no <IMPROVED_VARIABLE>; or the request is too long
            unusable += 1
        prompt.set_value(best[1])
    return best[1], f"{steps} steps, {unusable} of them without a usable reply"


def must_be_refusal(job, error):
    """An optimiser may only end by an error when it was refused tokens, or asked with too long a prompt."""
    if not (job.proxy.refused or job.chat.too_long) or job.chat.failed:
        raise error


PEERS = {"gepa": gepa, "miprov2": miprov2, "capo": capo, "textgrad": textgrad}


# ---- all ----------------------------------------------------------------------


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("peer", choices=PEERS)
    p.add_argument("model")
    p.add_argument("train")
    p.add_argument("val")
    p.add_argument("metric")
    p.add_argument("seed", type=int)
    p.add_argument("tokens", type=int)
    p.add_argument("reply_tokens", type=int)
    p.add_argument("--server", help="the program llama-server")
    p.add_argument("--upstream", type=int, help="port of a server that runs already")
    p.add_argument("--mark", required=True, help="the program of mark.c")
    return p.parse_args()


def run(job):
    """(prompt, what happened) in an empty folder, in which libraries may leave what they want."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        prompt, happened = PEERS[job.peer](job)
        os.chdir("/")
    if job.chat.failed:
        raise SystemExit(f"peers.py: a request failed: {job.chat.failed}")
    if not job.proxy.spent():
        raise SystemExit("peers.py: it asked nothing")
    return prompt, happened


def main():
    job = arguments()
    files = [os.path.abspath(f) for f in (job.train, job.val) if os.path.exists(f)]
    job.train = examples(files[0], 0)
    job.val = examples(files[1], len(job.train)) if len(files) > 1 else []
    job.val = job.val or job.train
    job.marks = Marks(os.path.abspath(job.mark), job.metric, files)
    server, out = None, os.dup(1)
    os.dup2(2, 1)  # what libraries print is not the document
    try:
        if job.upstream:
            wait_until_ready(job.upstream)
        else:
            server = Server(job.server, model_path(job.model), int(os.environ.get("PMPO_THREADS", "2")))
        job.proxy = Proxy(job.upstream or server.port, job.tokens, max(REWRITE_TOKENS, job.reply_tokens))
        job.chat = Chat(job.proxy.url, job.reply_tokens, job.seed)
        begin = time.monotonic()
        prompt, happened = run(job)
    finally:
        if server:
            server.close()
    document = {"before": START, "after": prompt, "verdict": happened, "seconds": round(time.monotonic() - begin, 1),
                "tokens": {"prefill": 0, "prompt": job.proxy.prompt, "generated": job.proxy.generated},
                "usable": {"calls": job.proxy.calls, "refused": job.proxy.refused, "too_long": job.chat.too_long,
                           "cached_tokens": job.proxy.cached, "own_server": server is not None}}
    os.write(out, (json.dumps(document) + "\n").encode())
    sys.stdout.flush()
    os._exit(0)  # some libraries leave threads behind


if __name__ == "__main__":
    main()
