"""Other prompt optimisers on pmpo's data, model and start prompt; see run.sh.

Each runs as its documentation recommends for a small budget, the model rewrites for itself. Answers are asked
for as pmpo asks: the prompt as the system message, the input as the user's, greedy. What a reply's answer is
is read here in a simple way, since an optimiser needs it thousands of times; what is reported is measured by
`pmpo eval`, for all alike.
"""
import argparse
import json
import os
import random
import re
import sys
import tempfile
import time

from proxy import Proxy, Server, model_path

START = "Let's think step by step."
FIXED = [START, "Please output directly and only output the final answer.",
         "First think about the principles that the question involves, then solve it step by step.",
         "First rephrase the question so that nothing in it is ambiguous, then solve it step by step."]
REPLY_TOKENS = 400  # of any reply at most
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # nothing is fetched


# ---- data and marks -----------------------------------------------------------


def examples(path):
    return [json.loads(line) for line in open(path)] if path and os.path.exists(path) else []


def label(example):
    return example.get("answer") or example["target"]


def number_of(text):
    found = re.findall(r"-?\d[\d,]*\.?\d*", text.rsplit("####", 1)[-1])
    found = found or re.findall(r"-?\d[\d,]*\.?\d*", text)
    try:
        return float(found[-1].replace(",", "").rstrip(".")) if found else None
    except ValueError:
        return None


def is_right(metric, reply, example):
    want = label(example)
    if metric == "number":
        return number_of(reply) is not None and number_of(reply) == number_of(want)
    if metric == "choice":
        found = re.findall(r"\(([A-Z])\)|\b([A-Z])\b(?=[.):]|$)", reply.strip())
        return bool(found) and (found[-1][0] or found[-1][1]) == want.strip("() ")
    options = example.get("options") or [want]
    at = {o: [m.start() for m in re.finditer(re.escape(o.lower()), reply.lower())] for o in options}
    last = max((p[-1], o) for o, p in at.items() if p) if any(at.values()) else (0, None)
    return last[1] is not None and last[1].lower() == want.lower()


def feedback(right, example):
    return ("The answer is right." if right else f"The answer is wrong. The right answer is {label(example)}.") \
        + f" A worked example of a right output: {example['target']}"


# ---- the model ----------------------------------------------------------------


class Chat:
    def __init__(self, url):
        from openai import OpenAI
        self.client = OpenAI(base_url=url, api_key="none", timeout=3600, max_retries=0)

    def __call__(self, messages, temperature=0.0, seed=0):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        reply = self.client.chat.completions.create(model="model", messages=list(messages), temperature=temperature,
                                                    seed=seed, max_tokens=REPLY_TOKENS)
        return reply.choices[0].message.content or ""


# ---- the peers: each returns (prompt, what happened) --------------------------


def gepa(job):
    import gepa as lib
    from gepa.adapters.default_adapter.default_adapter import EvaluationResult
    draw = random.Random(job.seed)

    def rows(list_):
        return [{"input": e["input"], "answer": label(e), "additional_context": {}, "example": e} for e in list_]

    def mark(data, response):
        right = is_right(job.metric, response, data["example"])
        return EvaluationResult(float(right), feedback(right, data["example"]))

    result = lib.optimize(seed_candidate={"system_prompt": START}, trainset=rows(job.train), valset=rows(job.val),
                          task_lm=job.chat, evaluator=mark,
                          reflection_lm=lambda text: job.chat(text, 1.0, draw.randrange(2 ** 31)),
                          stop_callbacks=[lambda _: job.proxy.used_up()], reflection_minibatch_size=3,
                          seed=job.seed, raise_on_exception=False, max_metric_calls=100000)
    best = result.best_candidate
    return best["system_prompt"], f"{len(result.candidates)} candidates"


def miprov2(job):
    import dspy
    lm = dspy.LM("openai/model", api_base=job.proxy.url, api_key="none", cache=False, temperature=0.0,
                 max_tokens=REPLY_TOKENS, num_retries=0)
    dspy.configure(lm=lm)
    program = dspy.Predict(dspy.Signature("question -> answer", START))

    def rows(list_):
        return [dspy.Example(question=e["input"], answer=label(e), whole=e).with_inputs("question") for e in list_]

    def mark(example, prediction, trace=None):
        return is_right(job.metric, getattr(prediction, "answer", "") or "", example.whole)

    teacher = dspy.MIPROv2(metric=mark, auto=None, num_candidates=4, max_bootstrapped_demos=0,
                           max_labeled_demos=0, num_threads=1, seed=job.seed, verbose=False, max_errors=10000)
    try:
        found = teacher.compile(program, trainset=rows(job.train), valset=rows(job.val), num_trials=8,
                                minibatch=False)
        return found.signature.instructions, f"score {getattr(found, 'score', None)}"
    except Exception as e:  # it has nothing to show before its end
        must_be_refusal(job, e)
        return START, f"ended early: {type(e).__name__}"


def capo(job):
    import pandas
    from promptolution.llms import APILLM
    from promptolution.optimizers import CAPO
    from promptolution.predictors.base_predictor import BasePredictor
    from promptolution.tasks.reward_tasks import RewardTask
    from promptolution.utils.callbacks import BaseCallback
    random.seed(job.seed)
    both = job.train + job.val
    by_input = {e["input"]: e for e in both}

    class Whole(BasePredictor):
        def _extract_preds(self, preds):
            return preds

    class Stop(BaseCallback):
        def on_step_end(self, optimizer):
            return not job.proxy.used_up()

    def reward(reply, whole):
        return float(is_right(job.metric, reply, by_input[whole]))

    llm = APILLM(api_url=job.proxy.url, model_id="model", api_key="none", max_concurrent_calls=4,
                 max_tokens=REPLY_TOKENS, call_timeout_s=3600, gather_timeout_s=7200, max_retries=0)
    table = pandas.DataFrame([{"x": e["input"], "y": label(e), "whole": e["input"]} for e in both])
    task = RewardTask(df=table, reward_function=reward, x_column="x", y_column="y", reward_columns=["whole"],
                      task_description="Solve the task.", n_subsamples=5, eval_strategy="sequential_block",
                      seed=job.seed)
    optimizer = CAPO(predictor=Whole(llm), task=task, meta_llm=llm, initial_prompts=list(FIXED),
                     crossovers_per_iter=2, upper_shots=2, max_n_blocks_eval=4, create_fs_reasoning=False,
                     df_few_shots=table.sample(min(4, len(table)), random_state=job.seed), callbacks=[Stop()])
    try:
        found = optimizer.optimize(1000)
        happened = "stopped by the budget"
    except Exception as e:
        must_be_refusal(job, e)
        found, happened = optimizer.prompts, f"ended early: {type(e).__name__}"
    first = found[0]
    text = first.construct_prompt() if hasattr(first, "construct_prompt") else str(first)
    return text, happened


def textgrad(job):
    import textgrad as tg
    from textgrad.engine.base import EngineLM

    class Engine(EngineLM):
        model_string = "model"
        system_prompt = "You are a helpful, creative, and smart assistant."

        def generate(self, prompt, system_prompt=None, **_):
            return job.chat([{"role": "system", "content": system_prompt or self.system_prompt},
                             {"role": "user", "content": prompt}])

        def __call__(self, prompt, **more):
            return self.generate(prompt, **more)

    engine = Engine()
    tg.set_backward_engine(engine, override=True)
    draw = random.Random(job.seed)
    prompt = tg.Variable(START, requires_grad=True, role_description="system prompt to the language model")
    model = tg.BlackboxLLM(engine, prompt)
    descent = tg.TextualGradientDescent(engine=engine, parameters=[prompt])

    def right_of(text):
        return sum(is_right(job.metric, job.chat([{"role": "system", "content": text},
                                                  {"role": "user", "content": e["input"]}]), e) for e in job.val)

    steps = 0
    best = (right_of(START), START)
    try:
        while not job.proxy.used_up():
            descent.zero_grad()
            losses = []
            for e in draw.sample(job.train, min(3, len(job.train))):
                question = tg.Variable(e["input"], requires_grad=False, role_description="query to the model")
                loss = tg.TextLoss("Evaluate the answer to the question. The right answer is " + label(e)
                                   + ". Be critical, and say shortly what in the system prompt would have helped.")
                losses.append(loss(model(question)))
            tg.sum(losses).backward()
            descent.step()
            steps += 1
            now = right_of(prompt.value)
            if now < best[0]:
                prompt.set_value(best[1])
            else:
                best = (now, prompt.value)
        happened = f"{steps} steps"
    except Exception as e:
        must_be_refusal(job, e)
        happened = f"{steps} steps, then {type(e).__name__}"
    return best[1], happened


def must_be_refusal(job, error):
    """An optimiser may only end by an error when the proxy has refused it tokens."""
    if not job.proxy.refused:
        raise error


PEERS = {"gepa": gepa, "miprov2": miprov2, "capo": capo, "textgrad": textgrad}


# ---- all ----------------------------------------------------------------------


def main():
    p = argparse.ArgumentParser()
    p.add_argument("peer", choices=PEERS)
    p.add_argument("model")
    p.add_argument("train")
    p.add_argument("val")
    p.add_argument("metric")
    p.add_argument("seed", type=int)
    p.add_argument("tokens", type=int)
    p.add_argument("--server", help="the program llama-server")
    p.add_argument("--upstream", type=int, help="port of a server that runs already")
    job = p.parse_args()
    job.train, job.val = examples(job.train), examples(job.val)
    job.val = job.val or job.train
    server = None
    if not job.upstream:
        server = Server(job.server, model_path(job.model), int(os.environ.get("PMPO_THREADS", "2")))
    job.proxy = Proxy(job.upstream or server.port, job.tokens, REPLY_TOKENS)
    job.chat = Chat(job.proxy.url)
    begin, out = time.monotonic(), os.dup(1)
    os.dup2(2, 1)  # what libraries print is not the document
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            prompt, happened = PEERS[job.peer](job)
    finally:
        if server:
            server.close()
    document = {"before": START, "after": prompt, "verdict": happened, "seconds": round(time.monotonic() - begin, 1),
                "tokens": {"prefill": 0, "prompt": job.proxy.prompt, "generated": job.proxy.generated},
                "usable": {"calls": job.proxy.calls, "refused": job.proxy.refused}}
    os.write(out, (json.dumps(document) + "\n").encode())
    sys.stdout.flush()
    os._exit(0)  # some libraries leave threads behind


if __name__ == "__main__":
    main()
