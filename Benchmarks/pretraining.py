"""Pretraining from nothing: nanoGPT's recipe beside the same model in PyTorch, and TinyStories."""

import argparse
import json
import math
import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
RECIPE = {
    "layers": 4, "heads": 4, "width": 128, "context": 64, "batch": 12, "learningRate": 1e-3,
    "minLearningRate": 1e-4, "warmup": 100, "beta2": 0.99, "weightDecay": 0.1, "validation": 0.1,
}


def pretrain(dataset, folder, *words):
    start = time.perf_counter()
    result = subprocess.run(
        [ROOT / ".build/release/plumbline-engine", "pretrain", "--dataset", dataset, "--output",
         folder, "--json", "tokenizer=characters", *words],
        check=True, capture_output=True, text=True)
    summary = json.loads(result.stdout.splitlines()[-1])
    return summary["metrics"] | {"wall": time.perf_counter() - start}


def ours(steps, seed, folder):
    words = [f"model.{key}={RECIPE[key]}" for key in ("layers", "heads", "width")]
    words += [f"{key}={value}" for key, value in RECIPE.items()
              if key not in ("layers", "heads", "width")]
    return pretrain(
        DATA / "tinyshakespeare/input.txt", folder, "--objective", "next-token",
        "model.architecture=gpt2", f"steps={steps}", f"seed={seed}", "dropout=0", *words)


class PyTorch:
    """GPT-2 as nanoGPT writes it: one fused projection, flash attention, tied output, no dropout."""

    def __init__(self, seed):
        import torch
        from torch import nn

        self.torch = torch
        torch.manual_seed(seed)
        text = (DATA / "tinyshakespeare/input.txt").read_text()
        letters = sorted(set(text))
        # As many tokens as the engine's tokenizer has: three of them special.
        vocabulary, width, heads = len(letters) + 3, RECIPE["width"], RECIPE["heads"]
        ids = torch.tensor([letters.index(letter) for letter in text])
        cut = int(len(ids) * (1 - RECIPE["validation"]))
        self.train_ids, self.held_out = ids[:cut], ids[cut:]

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
                self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
                self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

            def forward(self, x):
                batch, length, _ = x.shape
                q, k, v = self.inputs(self.first(x)).view(
                    batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
                mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, width))
                inner = nn.functional.gelu(self.up(self.second(x)), approximate="tanh")
                return x + self.down(inner)

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.tokens = nn.Embedding(vocabulary, width)
                self.positions = nn.Embedding(RECIPE["context"], width)
                self.blocks = nn.ModuleList(Block() for _ in range(RECIPE["layers"]))
                self.norm = nn.LayerNorm(width)

            def forward(self, ids):
                x = self.tokens(ids) + self.positions.weight[:ids.shape[1]]
                for block in self.blocks:
                    x = block(x)
                return self.norm(x) @ self.tokens.weight.T

        self.model = Model()
        residual = 0.02 / math.sqrt(2 * RECIPE["layers"])
        for name, value in self.model.named_parameters():
            if value.dim() > 1:
                scale = residual if name.endswith(("output.weight", "down.weight")) else 0.02
                nn.init.normal_(value, 0, scale)
            elif name.endswith("bias"):
                nn.init.zeros_(value)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=RECIPE["learningRate"], betas=(0.9, RECIPE["beta2"]),
            weight_decay=RECIPE["weightDecay"])

    def rate(self, step, steps):
        top, low, warmup = (RECIPE[key] for key in ("learningRate", "minLearningRate", "warmup"))
        if step < warmup:
            return top * (step + 1) / warmup
        share = (step - warmup) / max(steps - warmup, 1)
        return low + (top - low) * 0.5 * (1 + math.cos(math.pi * share))

    def step(self, step, steps):
        torch, context = self.torch, RECIPE["context"]
        starts = torch.randint(len(self.train_ids) - context, (RECIPE["batch"],))
        windows = self.train_ids[starts[:, None] + torch.arange(context + 1)]
        logits = self.model(windows[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step, steps)
        self.optimizer.step()

    def train(self, steps):
        """Seconds of the loop alone: neither imports nor reading the text nor validation."""
        start = time.perf_counter()
        for step in range(steps):
            self.step(step, steps)
        return time.perf_counter() - start

    def validation(self):
        torch, context = self.torch, RECIPE["context"]
        count = (len(self.held_out) - 1) // context
        inputs = self.held_out[:count * context].view(count, context)
        targets = self.held_out[1:count * context + 1].view(count, context)
        total = 0.0
        with torch.no_grad():
            for part in range(0, count, 64):
                logits = self.model(inputs[part:part + 64])
                total += torch.nn.functional.cross_entropy(
                    logits.flatten(0, 1), targets[part:part + 64].flatten(), reduction="sum").item()
        return total / (count * context)


def shakespeare(arguments, folder):
    import torch

    # The number of threads that suits PyTorch best on this machine, tried out first.
    rates = {}
    for threads in sorted({1, os.cpu_count() or 1}):
        torch.set_num_threads(threads)
        trial = PyTorch(1)
        trial.train(20)
        rates[threads] = trial.train(60)
    best = min(rates, key=rates.get)
    torch.set_num_threads(best)
    rows = []
    for run in range(arguments.runs):
        measured = ours(arguments.steps, run + 1, Path(folder) / f"shakespeare-{run}")
        peer = PyTorch(run + 1)
        seconds = peer.train(arguments.steps)
        row = {
            "seed": run + 1, "validationLoss": measured["validationLoss"],
            "perplexity": measured["perplexity"], "bitsPerByte": measured["bitsPerByte"],
            "accuracy": measured["accuracy"], "seconds": measured["wall"],
            "pytorchLoss": peer.validation(), "pytorchSeconds": seconds,
            "pytorchThreads": best, "ratio": seconds / measured["wall"],
        }
        rows.append(row)
        print("shakespeare {seed} · plumbline loss {validationLoss:.3f} in {seconds:.1f} s, whole "
              "process · PyTorch {pytorchLoss:.3f} in {pytorchSeconds:.1f} s, its loop alone, "
              "{pytorchThreads} threads · ratio {ratio:.2f}".format(**row), flush=True)
    return rows


def stories(arguments, folder):
    rows = []
    for objective in ("next-token", "masked"):
        measured = pretrain(
            DATA / "tinystories/tinystories_sample.txt", Path(folder) / objective, "--objective",
            objective, "model.architecture=" + {"masked": "bert"}.get(objective, "gpt2"),
            f"steps={arguments.story_steps}", "context=128", "batch=16",
            "microBatchTokens=2048", "learningRate=1e-3", "warmup=100", "seed=1")
        row = {"objective": objective, "steps": arguments.story_steps} | {
            key: measured[key] for key in (
                "validationLoss", "unigramLoss", "perplexity", "bitsPerByte", "accuracy", "wall")}
        row["margin"] = row["unigramLoss"] - row["validationLoss"]
        rows.append(row)
        print("stories {objective:10s} · loss {validationLoss:.3f}, unigram {unigramLoss:.3f}, "
              "margin {margin:.3f} nats · accuracy {accuracy:.3f} · {wall:.0f} s".format(**row),
              flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="shakespeare,stories")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--story-steps", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--output", help="a JSON file for the numbers")
    arguments = parser.parse_args()
    results = {"cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        for part in arguments.parts.split(","):
            results[part] = {"shakespeare": shakespeare, "stories": stories}[part](
                arguments, folder)
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
