"""What `plumbline-engine bench --stepwise --json` does, done by Transformers: the same words in and out."""

import argparse
import json
import re
import statistics
import sys
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM


def rows(count, length, vocabulary):
    """The ids of Sources/plumbline-engine/Workload.swift."""
    return torch.tensor(
        [[(row * 7919 + i * 104_729 + 17) % vocabulary for i in range(length)] for row in range(count)])


def load(arguments, dtype):
    return AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype)


def generation(arguments, dtype):
    model = load(arguments, dtype)
    new = arguments.tokens if arguments.kind == "generate" else 1
    length = arguments.prompt_tokens if arguments.kind == "generate" else arguments.tokens
    ids = rows(arguments.batch, length, model.config.vocab_size)
    mask = torch.ones_like(ids)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0

    def run():
        with torch.inference_mode():
            model.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=new, do_sample=False)

    return run, arguments.batch * (new if arguments.kind == "generate" else length)


def training(arguments, autocast):
    model = load(arguments, torch.float32)
    if arguments.kind == "lora":
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(
            model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", lora_dropout=0))
    model.train()
    ids = rows(arguments.batch, arguments.tokens, model.config.vocab_size)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # The fused one is the fastest that PyTorch has; the Trainer's default is slower.
    optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.0, fused=True)

    def run():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        optimizer.step()
        assert torch.isfinite(loss)

    return run, arguments.batch * arguments.tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["generate", "prompt", "train", "lora", "load"])
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--prompt-tokens", type=int, default=16)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--precision", choices=["fp32", "bf16", "autocast"], default="bf16")
    arguments = parser.parse_args()

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    dtype = torch.float32 if arguments.precision == "fp32" else torch.bfloat16
    if arguments.kind == "load":
        run, tokens = lambda: load(arguments, dtype), 0
    elif arguments.kind in ("train", "lora"):
        run, tokens = training(arguments, arguments.precision == "autocast")
    else:
        run, tokens = generation(arguments, dtype)
    if arguments.kind != "load":
        run()
    print(json.dumps({"ready": True}), flush=True)
    seconds = []
    for number in range(1, arguments.runs + 1):
        if not sys.stdin.readline():
            return
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
        print(json.dumps({"run": number, "seconds": seconds[-1],
                          "tokensPerSecond": tokens / seconds[-1]}), flush=True)
    median = statistics.median(seconds)
    # getrusage would count the process that started this one.
    peak = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    print(json.dumps({"medianSeconds": median, "tokensPerSecond": tokens / median,
                      "peakBytes": peak, "threads": torch.get_num_threads()}), flush=True)


if __name__ == "__main__":
    main()
