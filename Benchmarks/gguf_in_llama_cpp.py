"""Greedy tokens of llama.cpp from a GGUF that plumbline-engine wrote, and of the engine from the same."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from llama_cpp import Llama

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / ".build/release/plumbline-engine"
PROMPTS = [
    "The capital of France is", "Once upon a time, there was a", "def fibonacci(n):",
    "The four seasons are", "Water boils at", "To be, or not to be",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=ROOT / ".build/benchmarks/smollm2-bf16")
    parser.add_argument("--tokens", type=int, default=48)
    arguments = parser.parse_args()

    different = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gguf, back = folder / "model.gguf", folder / "back"
        run = [ENGINE, "convert", arguments.model, gguf, "--format", "gguf", "--quiet"]
        subprocess.run(run, check=True)
        subprocess.run([ENGINE, "convert", gguf, back, "--quiet"], check=True)
        (folder / "in.jsonl").write_text(
            "".join(json.dumps({"prompt": prompt}) + "\n" for prompt in PROMPTS))
        subprocess.run(
            [ENGINE, "sample", "--model", back, "--input", folder / "in.jsonl", "--output",
             folder / "out.jsonl", "--temperature", "0", "--max-new-tokens", str(arguments.tokens),
             "--precision", "fp32", "--ignore-eos", "--quiet"], check=True)
        ours = [json.loads(line)["responses"][0]["ids"]
                for line in (folder / "out.jsonl").read_text().splitlines()]
        model = Llama(str(gguf), n_ctx=512, verbose=False)
        for prompt, expected in zip(PROMPTS, ours):
            ids = model.tokenize(prompt.encode(), add_bos=False, special=True)
            model.reset()
            theirs = []
            for token in model.generate(ids, temp=0, repeat_penalty=1.0, top_k=1):
                theirs.append(token)
                if len(theirs) == arguments.tokens:
                    break
            same = next((i for i, (a, b) in enumerate(zip(theirs, expected)) if a != b),
                        arguments.tokens)
            different += same != arguments.tokens
            print(f"{same:3d} of {arguments.tokens} tokens alike · {prompt}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
