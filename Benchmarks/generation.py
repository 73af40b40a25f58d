"""Speed of plumbline-engine and of Transformers on the same weights: one table, and JSON.

Each row starts both programs, lets each run once unseen, and then has them take turns. Both use all
cores, the same ids and the same precision (rows of training name both). `--only WORD` picks rows.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / ".build/release/plumbline-engine"
WORKER = Path(__file__).with_name("transformers_worker.py")
CACHE = ROOT / ".build/benchmarks"
# The engine's own bound, for both: beside any other load, Transformers' default is many times slower.
SPINS = "1000"

# name, model, kind, sizes, our precision, theirs, goal
CASES = [
    ("decode, batch 1", "smollm2", "generate", dict(batch=1), "bf16", "bf16", 2.5),
    ("decode, batch 8", "smollm2", "generate", dict(batch=8), "bf16", "bf16", 4),
    ("decode, batch 32", "smollm2", "generate", dict(batch=32), "bf16", "bf16", 5),
    ("15M decode, batch 32", "llama15m", "generate", dict(batch=32), "bf16", "bf16", 8),
    ("15M decode, batch 32, fp32", "llama15m", "generate", dict(batch=32), "fp32", "fp32", 8),
    ("prompts 4 × 256", "smollm2", "prompt", dict(batch=4, tokens=256), "bf16", "bf16", 1.3),
    ("training step vs fp32", "smollm2", "train", dict(batch=4, tokens=128), "auto", "fp32", 2),
    ("training step vs autocast", "smollm2", "train", dict(batch=4, tokens=128), "auto", "autocast",
     1.3),
    ("LoRA step vs fp32", "smollm2", "lora", dict(batch=4, tokens=128), "auto", "fp32", 2),
    ("LoRA step vs autocast", "smollm2", "lora", dict(batch=4, tokens=128), "auto", "autocast", 1.3),
    ("load", "smollm2", "load", {}, "bf16", "bf16", 1),
]


def models():
    """SmolLM2 as published, in bf16, and a random Llama of 15 million weights."""
    CACHE.mkdir(parents=True, exist_ok=True)
    smollm2 = CACHE / "smollm2-bf16"
    if not smollm2.exists():
        source = ROOT / "vendor/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
        subprocess.run([ENGINE, "convert", source, smollm2, "--dtype", "BF16"], check=True)
    llama = CACHE / "llama15m"
    if not llama.exists():
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig(
            hidden_size=288, intermediate_size=768, num_hidden_layers=6, num_attention_heads=6,
            num_key_value_heads=6, vocab_size=32_000, max_position_embeddings=256,
            tie_word_embeddings=True)).save_pretrained(llama)
    return {"smollm2": smollm2, "llama15m": llama}


class Turns:
    """One of the two programs, which runs when it is told to."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=os.environ | {"GOMP_SPINCOUNT": SPINS})
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended with status {self.process.wait()}")
        return json.loads(line)

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        summary = self.answer()
        self.process.stdin.close()
        self.process.wait()
        return summary


def flags(sizes, runs):
    return [word for key, value in (sizes | {"runs": runs}).items()
            for word in (f"--{key.replace('_', '-')}", value)]


def measure(case, folders, runs):
    name, model, kind, sizes, our_precision, their_precision, goal = case
    shared = [kind, "--model", folders[model], *flags(sizes, runs)]
    ours = Turns([ENGINE, "bench", *shared, "--precision", our_precision, "--stepwise", "--json"])
    theirs = Turns([sys.executable, WORKER, *shared, "--precision", their_precision])
    pairs = [(ours.run()["seconds"], theirs.run()["seconds"]) for _ in range(runs)]
    our, their = ours.end(), theirs.end()
    assert our["threads"] == their["threads"], (our, their)
    ratios = [b / a for a, b in pairs]
    return {
        "name": name, "model": model, "kind": kind, **sizes, "precision": our_precision,
        "theirPrecision": their_precision, "runs": runs,
        "seconds": our["medianSeconds"], "theirSeconds": their["medianSeconds"],
        "tokensPerSecond": our["tokensPerSecond"], "theirTokensPerSecond": their["tokensPerSecond"],
        "ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios),
        "goal": goal, "peakBytes": our["peakBytes"], "theirPeakBytes": their["peakBytes"],
        "threads": our["threads"],
    }


def limits():
    """Bytes a second that the memory gives, and operations a second of the matrix unit."""
    import torch

    def best(repeats, body):
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            body()
            times.append(time.perf_counter() - start)
        return min(times)

    numbers = torch.ones(1 << 28)
    bandwidth = numbers.nbytes / best(9, numbers.sum)
    square = torch.randn(2048, 2048)
    operations = {}
    for name, matrix in [("fp32", square), ("bf16", square.bfloat16())]:
        operations[name] = 2 * 2048**3 / best(9, lambda matrix=matrix: matrix @ matrix)
    return {"bytesPerSecond": bandwidth, "operationsPerSecond": operations}


def weight_bytes(folder):
    """What a decoding step reads: all weights once; a tied embedding is the output's matrix."""
    return (folder / "model.safetensors").stat().st_size


def show(row):
    return ("| {name} | {tokensPerSecond:,.0f} | {theirTokensPerSecond:,.0f} | {ratio:.2f} "
            "({lowest:.2f} to {highest:.2f}) | {goal} | {seconds:.3f} s | {theirSeconds:.3f} s | "
            "{ours:,.0f} | {theirs:,.0f} |").format(
                **row, ours=row["peakBytes"] / 1e6, theirs=row["theirPeakBytes"] / 1e6)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="rows whose name holds this")
    parser.add_argument("--output", help="a JSON file for all numbers")
    arguments = parser.parse_args()

    folders = models()
    limit = limits()
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                      if line.startswith("model name")), platform.machine())
    print(f"{os.cpu_count()} cores ({processor}), load {os.getloadavg()[0]:.1f}; memory "
          f"{limit['bytesPerSecond'] / 1e9:.1f} GB/s; matrices of 2048: "
          + ", ".join(f"{name} {value / 1e9:,.0f} GFLOP/s"
                      for name, value in limit["operationsPerSecond"].items()) + "\n")
    print("| | tokens/s | Transformers | ratio (range) | goal | a run | theirs | peak MB | theirs |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    rows = []
    for case in CASES:
        if arguments.only and arguments.only not in case[0]:
            continue
        row = measure(case, folders, arguments.runs)
        if case[0] == "decode, batch 1":
            used = weight_bytes(folders["smollm2"]) * row["tokensPerSecond"]
            row["bandwidthShare"] = used / limit["bytesPerSecond"]
        rows.append(row)
        print(show(row), flush=True)
    for row in rows:
        if "bandwidthShare" in row:
            print(f"\nbatch 1 reads its weights at {row['bandwidthShare']:.0%} of the memory's speed")
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(
            {"processor": processor, "cores": os.cpu_count(), "limits": limit, "rows": rows},
            indent=2) + "\n")


if __name__ == "__main__":
    main()
