#!/usr/bin/env python3
"""with_vllm.py MODEL_FOLDER DTYPE whole|next UNITS: vLLM on the CPU, its offline engine.

whole: each sequence with prompt_logprobs, which never reads the prefix cache. next: one token is asked for after
each distinct beginning of targets, with the log-probabilities of the tokens that are wanted there; these requests
read the prefix cache. All sequences of a prompt are handed over at once."""
import sys

import work

from vllm import LLM, SamplingParams, __version__
from vllm.inputs import TokensPrompt


def whole(llm, sequences):
    how = SamplingParams(max_tokens=1, temperature=0, prompt_logprobs=0, detokenize=False)
    out = llm.generate([TokensPrompt(prompt_token_ids=s.ids) for s in sequences], how, use_tqdm=False)
    return [-sum(o.prompt_logprobs[i][s.ids[i]].logprob for i in range(s.n_context, len(s.ids)))
            for s, o in zip(sequences, out)]


def next_tokens(llm, sequences):
    asked = {} # a beginning -> the tokens wanted after it
    for s in sequences:
        for i in range(s.n_context, len(s.ids)):
            asked.setdefault(tuple(s.ids[:i]), set()).add(s.ids[i])
    out = llm.generate(
        [TokensPrompt(prompt_token_ids=list(ids)) for ids in asked],
        [SamplingParams(max_tokens=1, temperature=0, logprob_token_ids=sorted(tokens), detokenize=False)
         for tokens in asked.values()], use_tqdm=False)
    found = {ids: o.outputs[0].logprobs[0] for ids, o in zip(asked, out)}
    return [-sum(found[tuple(s.ids[:i])][s.ids[i]].logprob for i in range(s.n_context, len(s.ids)))
            for s in sequences]


def main():
    folder, dtype, form, units = sys.argv[1:]
    prompts = work.read(units)
    llm = LLM(folder, dtype=dtype, max_model_len=2048, block_size=32)
    score = whole if form == "whole" else next_tokens
    score(llm, work.warm_up(prompts))
    work.tell(loaded=True, version=__version__,
              settings=f"offline engine, {'prompt_logprobs' if form == 'whole' else 'logprob_token_ids'}, compiled, "
                       f"{llm.llm_engine.model_config.dtype}")
    work.run(prompts, lambda s: score(llm, s))


if __name__ == "__main__":
    main()
