"""The model that the peers ask, and the marks of its replies: pmpo's own, by mark.c.

Answers are asked for as pmpo asks: the prompt as the system message, the input as the user's, greedy, with as
many tokens at most as the prompts that come out are measured with. Who rewrites has REWRITE_TOKENS.
"""
import concurrent.futures
import json
import random
import subprocess
import threading

REWRITE_TOKENS = 400  # of what a rewriter says, at most
AT_ONCE = 8           # requests


class Reply(str):
    """A reply's text. `complete`: the model ended it, it was not cut off."""
    complete = True

    @classmethod
    def of(cls, text, complete):
        reply = cls(text)
        reply.complete = complete
        return reply


class Refused(Exception):
    """The budget is used up, or the request is one that the server doesn't take (too long)."""


class Chat:
    """Asks through the proxy. A failure that isn't a refusal is kept in `failed`: libraries swallow exceptions."""

    def __init__(self, url, answer_tokens, seed):
        from openai import OpenAI
        self.client = OpenAI(base_url=url, api_key="none", timeout=3600, max_retries=0)
        self.answer_tokens, self.failed, self.too_long = answer_tokens, None, 0
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.draw, self.lock = random.Random(seed), threading.Lock()

    def response(self, messages, max_tokens, temperature=0.0):
        """The client's response object."""
        from openai import APIStatusError
        with self.lock:
            seed = self.draw.randrange(2 ** 31)
        try:
            return self.client.chat.completions.create(model="model", messages=list(messages), seed=seed,
                                                       temperature=temperature, max_tokens=max_tokens)
        except APIStatusError as e:
            if e.status_code in (400, 402):
                self.too_long += e.status_code == 400
                raise Refused(str(e)) from None
            self.failed = e
            raise
        except Exception as e:
            self.failed = e
            raise

    def ask(self, messages, max_tokens, temperature=0.0):
        choice = self.response(messages, max_tokens, temperature).choices[0]
        return Reply.of(choice.message.content or "", choice.finish_reason != "length")

    def answer(self, prompt, text):
        return self.ask([{"role": "system", "content": prompt}, {"role": "user", "content": text}],
                        self.answer_tokens)

    def answers(self, prompts, texts):
        """The answers to pairs of prompt and input, AT_ONCE at a time, in order."""
        return list(self.pool.map(self.answer, prompts, texts))

    def rewrite(self, messages):
        """At temperature 1, by seeds that follow from the peer's."""
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return self.ask(messages, REWRITE_TOKENS, 1.0)


class Marks:
    """Is a reply right? By bench/peers/mark.c over the data files; their examples are numbered in order."""

    def __init__(self, program, metric, files):
        self.child = subprocess.Popen([program, metric, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True)
        self.lock = threading.Lock()

    def __call__(self, example, reply):
        line = json.dumps({"example": example["number"], "reply": reply, "complete": getattr(reply, "complete", True)})
        with self.lock:
            self.child.stdin.write(line + "\n")
            self.child.stdin.flush()
            mark = self.child.stdout.readline().strip()
        if mark not in ("0", "1"):
            raise SystemExit("peers.py: mark ended")
        return mark == "1"


def examples(path, first):
    """The examples of a data file, numbered from `first`; the chosen output of a pair is its target."""
    with open(path, encoding="utf-8") as lines:
        found = [{**json.loads(line), "number": first + i} for i, line in enumerate(lines)]
    return [{**e, "target": e.get("target", e.get("chosen"))} for e in found]


def label(example):
    return example.get("answer") or example["target"]
