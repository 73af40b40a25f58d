"""Tokens a second of plumbline-engine and of Transformers' generate, on the same weights."""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "Explain in a few sentences why the sky is blue, number {}."


def ours(model, batch, tokens, folder):
    rows = [{"messages": [{"role": "user", "content": QUESTION.format(i)}]} for i in range(batch)]
    source = Path(folder) / "prompts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = subprocess.run(
        [ROOT / ".build/release/plumbline-engine", "sample", "--model", model, "--input", source,
         "--output", Path(folder) / "answers.jsonl", "--max-new-tokens", str(tokens), "--batch",
         str(batch), "--ignore-eos", "--precision", "bf16", "--json", "--quiet"],
        check=True, capture_output=True, text=True)
    return json.loads(result.stdout.splitlines()[-1])["tokensPerSecond"]


def transformers_run(model, tokenizer, batch, tokens):
    import torch

    conversations = [[{"role": "user", "content": QUESTION.format(i)}] for i in range(batch)]
    inputs = tokenizer.apply_chat_template(
        conversations, add_generation_prompt=True, padding=True, return_tensors="pt",
        return_dict=True)
    start = time.perf_counter()
    with torch.inference_mode():
        model.generate(**inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True)
    return batch * tokens / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=ROOT / "models/smollm2-135m-instruct")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", help="a JSON file for the medians")
    arguments = parser.parse_args()

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.bfloat16)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model, padding_side="left")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, 8, 32):
            pairs = [
                (ours(arguments.model, batch, arguments.tokens, folder),
                 transformers_run(model, tokenizer, batch, arguments.tokens))
                for _ in range(arguments.runs)
            ]
            row = {
                "batch": batch,
                "plumbline": statistics.median(a for a, _ in pairs),
                "transformers": statistics.median(b for _, b in pairs),
                "ratio": statistics.median(a / b for a, b in pairs),
            }
            results.append(row)
            print("batch {batch:3d} · plumbline {plumbline:7.1f} tokens/s · transformers "
                  "{transformers:7.1f} · ratio {ratio:.2f}".format(**row), flush=True)
    if arguments.output:
        Path(arguments.output).write_text(
            json.dumps({"cores": os.cpu_count(), "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
