"""work.py: what the Python programs of the comparison share: reading sequences, telling results."""
import json
import os
import time


class Sequence:
    """ids[n_context:] are to be scored, each given all ids before it."""

    def __init__(self, row):
        self.prompt, self.ids, self.n_context = row["prompt"], row["ids"], row["n_context"]
        self.targets = self.ids[self.n_context:]


def read(path):
    """The sequences of a file of bench/compare/units.c, as a list for each prompt's number."""
    prompts = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            s = Sequence(json.loads(line))
            prompts.setdefault(s.prompt, []).append(s)
    return prompts


def tell(**row):
    """A line to the driver."""
    os.write(out, (json.dumps(row) + "\n").encode())


def run(prompts, score):
    """Scores each prompt by score(sequences) -> [nats of the targets of each], timed, and tells of it."""
    for number, sequences in prompts.items():
        begin = time.perf_counter()
        nats = score(sequences)
        tell(prompt=number, seconds=time.perf_counter() - begin, nats=[float(x) for x in nats])


def warm_up(prompts, n=8):
    """n sequences whose ids stand backwards: as long as the real ones, in no cache of them."""
    some = next(iter(prompts.values()))[:n]
    return [Sequence({"prompt": 0, "ids": s.ids[::-1], "n_context": s.n_context}) for s in some]


def best_batch(sizes, sequences, score):
    """The size under which score(sequences, size) is fastest; each is tried twice, in turn."""
    if len(sizes) == 1:
        return sizes[0]
    took = {}
    for size in sizes + sizes:
        begin = time.perf_counter()
        score(sequences, size)
        took[size] = min(took.get(size, float("inf")), time.perf_counter() - begin)
    return min(took, key=took.get)


def without_cuda():
    """For the packaged torch, whose CUDA libraries are stubs (scripts/vllm_stubs.py): this question would crash."""
    import torch
    torch.cuda.is_current_stream_capturing = lambda: False


# Libraries print to standard output: that goes to standard error, lines to the driver to where it was.
out = os.dup(1)
os.dup2(2, 1)
