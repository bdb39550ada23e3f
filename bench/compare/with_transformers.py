#!/usr/bin/env python3
"""with_transformers.py MODEL_FOLDER DTYPE SIZES UNITS: Hugging Face transformers on the CPU.

Sequences that differ in their last token only are fed once, without it. They are sorted by length
and padded on the right, in batches of the fastest of SIZES (4,16,...); a causal model needs no mask for
that padding, so that attention takes its fast path. The output layer sees target positions only."""
import sys

import torch
import transformers

import work


def load(folder, dtype):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, dtype), attn_implementation="sdpa")
    return model.eval()


def rows_of(sequences):
    """What is fed: ids without the last -> the sequences that it answers; the longest first."""
    rows = {}
    for i, s in enumerate(sequences):
        rows.setdefault(tuple(s.ids[:-1]), []).append(i)
    return sorted(rows.items(), key=lambda row: -len(row[0]))


def score(model, sequences, batch):
    nats = [0.0] * len(sequences)
    rows = rows_of(sequences)
    for at in range(0, len(rows), batch):
        part = rows[at:at + batch]
        fed = torch.zeros(len(part), len(part[0][0]), dtype=torch.long)
        row, place, token, owner = [], [], [], []
        for r, (ids, users) in enumerate(part):
            fed[r, :len(ids)] = torch.tensor(ids)
            for i in users:
                s = sequences[i]
                row += [r] * len(s.targets)
                place += range(s.n_context - 1, len(s.ids) - 1)
                token += s.targets
                owner += [i] * len(s.targets)
        hidden = model.model(input_ids=fed, use_cache=False).last_hidden_state[row, place]
        logprobs = torch.log_softmax(model.lm_head(hidden).float(), dim=-1)
        for i, x in zip(owner, logprobs[range(len(token)), token].tolist()):
            nats[i] -= x
    return nats


def main():
    folder, dtype, sizes, units = sys.argv[1:]
    prompts = work.read(units)
    work.without_cuda()
    model = load(folder, dtype)
    with torch.inference_mode():
        some = work.warm_up(prompts, 64)
        score(model, some[:8], 8)
        batch = work.best_batch([int(n) for n in sizes.split(",")], some, lambda s, n: score(model, s, n))
        work.tell(loaded=True, version=transformers.__version__, batch=batch, threads=torch.get_num_threads(),
                  settings=f"sdpa, right padding, batch {batch}, torch {torch.__version__}")
        work.run(prompts, lambda s: score(model, s, batch))


main()
