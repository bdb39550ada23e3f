#!/usr/bin/env python3
"""with_lm_eval.py MODEL_FOLDER DTYPE SIZES UNITS: lm-evaluation-harness on the CPU.

Its HFLM answers log-likelihood requests in the form that it makes of texts, token ids of context and
continuation: from texts it would move the newline that the chat template ends with into the continuation, and
score that, too. It sorts, batches, and feeds one row for continuations that differ in their last token."""
import sys
from importlib.metadata import version

import torch
from lm_eval.models.huggingface import HFLM

import work


def score(lm, sequences, batch):
    requests = [(("", ""), s.ids[:s.n_context], s.targets) for s in sequences]
    return [-x for x, greedy in lm._loglikelihood_tokens(requests, disable_tqdm=True, override_bs=batch)]


def main():
    folder, dtype, sizes, units = sys.argv[1:]
    prompts = work.read(units)
    work.without_cuda()
    lm = HFLM(pretrained=folder, dtype=dtype, device="cpu", batch_size=1, max_length=2048)
    some = work.warm_up(prompts, 64)
    score(lm, some[:8], 8)
    batch = work.best_batch([int(n) for n in sizes.split(",")], some, lambda s, n: score(lm, s, n))
    work.tell(loaded=True, version=version("lm_eval"), batch=batch, threads=torch.get_num_threads(),
              settings=f"HFLM, batch {batch}, torch {torch.__version__}")
    work.run(prompts, lambda s: score(lm, s, batch))


main()
